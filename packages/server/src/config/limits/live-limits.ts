import { limit } from './setting.ts';

/** Connections, joins and rosters. */
export const liveLimits = {
  ...limit(
    'framesPerSecondMax',
    'per second',
    'Frames of one connection to a live channel, five times that at once; then closed with `rate_limited`.',
  ),
  ...limit(
    'streamMessagesPerSecondMax',
    'per second',
    'Stream messages of one connection, and at once; then `rate_limited` …',
  ),
  ...limit('streamMessageBytesPerSecondMax', 'bytes per second', '… bytes of them, and at once …'),
  ...limit(
    'channelStreamMessagesPerSecondMax',
    'per second',
    '… and of all connections of a channel, and at once: each goes to everybody in it.',
  ),
  ...limit(
    'pendingFramesMax',
    'count',
    'Frames of one that wait for an earlier one to be decided; then closed with `rate_limited`.',
  ),
  ...limit(
    'helloMs',
    'milliseconds',
    'From an open WebSocket to its first frame; then closed with `hello_timeout`.',
  ),
  ...limit('closingMs', 'milliseconds', 'For the closing handshake; then the socket is cut.'),
  ...limit(
    'socketBacklogBytesMax',
    'bytes',
    'Waiting for one WebSocket; then it is told `slow_reader` and cut. At least four of the largest frames, of 1 MiB.',
  ),
  ...limit(
    'joinBurstSeconds',
    'seconds',
    'So many seconds’ worth of joins from one address, or with one token, may come at once.',
  ),
  ...limit(
    'ownTokenJoinsPerSecondMax',
    'per second',
    'Joins with one token that names its user; then `rate_limited` …',
  ),
  ...limit('ownTokenJoinsBurst', 'count', '… and at once.'),
  ...limit(
    'memberChangesPerSecondMax',
    'per second',
    'Resumes, changes of role and new tokens of one connection; then `rate_limited` … As many changes of its streams are recorded.',
  ),
  ...limit('memberChangesBurst', 'count', '… and at once.'),
  ...limit(
    'joinBucketsMax',
    'count',
    'Addresses, tokens and connections whose budgets are remembered, of each.',
  ),
  ...limit(
    'rosterWindowsMax',
    'count',
    'Different windows of one roster that are followed; the next is `windows_full`. Round ones are free.',
  ),
  ...limit('rosterWindowsReserved', 'count', 'So many more for those whose token has a publish privilege.'),
  ...limit(
    'rosterWaitingBytesMax',
    'bytes',
    'Changes that wait for the end of a reader’s snapshot; then `slow_reader`.',
  ),
  ...limit('rosterRingChangesMax', 'count', 'Changes kept of one roster for readers that come back …'),
  ...limit('rosterRingChangesTotalMax', 'count', '… of all; beyond it the one that grows keeps a quarter …'),
  ...limit('rosterRingIdleMs', 'milliseconds', '… until this long after the last reader.'),
  ...limit('bodyBytesMax', 'bytes', 'The body of a request; a larger one is `body_too_large`.'),
  ...limit('bodyMs', 'milliseconds', 'For a body to be whole; then `body_invalid`.'),
} as const;
