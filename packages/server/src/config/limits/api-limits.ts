import { limit } from './setting.ts';

/** The REST API, and lines of the log. */
export const apiLimits = {
  ...limit('eventStreamsMax', 'count', 'Event streams open at once; the next is `too_many_connections`.'),
  ...limit('snapshotStreamsMax', 'count', 'Snapshots read at once; the next is `too_many_connections`.'),
  ...limit('snapshotStreamMs', 'milliseconds', 'A snapshot takes no longer; then it breaks off.'),
  ...limit('loginFailuresMax', 'count', 'Wrong logins from one address at once; then `rate_limited` …'),
  ...limit('loginFailureMs', 'milliseconds', '… but for one in this time.'),
  ...limit(
    'idempotencyMs',
    'milliseconds',
    'A POST with an idempotency key is not done again for this long …',
  ),
  ...limit('idempotencyKeysMax', 'count', '… of so many keys, the newest …'),
  ...limit('idempotencyBytesMax', 'bytes', '… and so many bytes of answers.'),
  ...limit('loginAddressesMax', 'count', 'Addresses whose wrong logins, and right ones, are remembered.'),
  ...limit(
    'subscriberEventsScanMax',
    'count',
    'Positions of the log read for one answer with events of a signaling channel’s subscribers.',
  ),
  ...limit(
    'subscriberWaitersMax',
    'count',
    'Requests that wait for such events; the next is `too_many_connections`.',
  ),
  ...limit(
    'rosterSnapshotsMax',
    'count',
    'Rosters kept so that the pages of a listing agree; then `no_longer_kept`.',
  ),
  ...limit('rosterSnapshotMs', 'milliseconds', 'One is kept this long after its last page.'),
  ...limit('eventStreamPingMs', 'milliseconds', 'A silent event stream gets a comment this often.'),
  ...limit(
    'limitedLinesMax',
    'count',
    'Lines of the log of one kind that strangers cause, in one window; the rest is counted …',
  ),
  ...limit('limitedLinesPerAddressMax', 'count', '… those of one address …'),
  ...limit('limitedLinesMs', 'milliseconds', '… and the window.'),
} as const;
