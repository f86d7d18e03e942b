import { limit } from './setting.ts';

/** WHIP and WHEP. */
export const mediaLimits = {
  ...limit(
    'mediaRequestsPerSecondMax',
    'per second',
    'WHIP and WHEP requests of one client; then `rate_limited`.',
  ),
  ...limit(
    'mediaSessionsMax',
    'count',
    'WHIP and WHEP sessions of the server; the next is `too_many_connections`.',
  ),
  ...limit('sessionsPerConnectionMax', 'count', 'Those of one connection.'),
  ...limit(
    'plainSessionsPerMemberMax',
    'count',
    'Those of one user in one channel that are members by themselves.',
  ),
} as const;
