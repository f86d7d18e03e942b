import { limit } from './setting.ts';

/** WHIP and WHEP. */
export const mediaLimits = {
  ...limit(
    'mediaRequestsPerSecondMax',
    'per second',
    'WHIP and WHEP requests of one client, ten times that at once; then `rate_limited`.',
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
  ...limit(
    'mediaEngineSessionsMax',
    'count',
    'Sessions of the media process; the next is `media_unavailable`.',
  ),
  ...limit('mediaEngineRequestsMax', 'count', 'Requests that wait for it; the next is `media_unavailable` …'),
  ...limit('mediaEngineRequestMs', 'milliseconds', '… as is one that it does not answer by then.'),
  ...limit(
    'mediaConnectMs',
    'milliseconds',
    'From an offer until media is connected; then the session ends.',
  ),
  ...limit(
    'mediaRestartedSessionsMax',
    'count',
    'Sessions that have restarted ICE; the next restart is refused.',
  ),
  ...limit(
    'mediaTcpConnectionsMax',
    'count',
    'Connections of media over TCP; the next takes the place of one that has shown nothing yet, or is closed.',
  ),
  ...limit(
    'mediaTcpConnectionsPerAddressMax',
    'count',
    'Those of one address, or one /64 of IPv6; the next is closed.',
  ),
  ...limit(
    'mediaResendsPerSecondMax',
    'per second',
    'Packets that are sent to one player once more; it does without the rest.',
  ),
} as const;
