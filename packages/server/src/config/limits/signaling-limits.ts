import { appLimit, limit } from './setting.ts';

/** The limits of users of signaling, and of what they are told. */
export const signalingLimits = {
  ...appLimit(
    'signalingSubscriptionsMax',
    'count',
    'Channels of a kind that one user subscribes to; the next is refused −11005.',
  ),
  ...appLimit(
    'signalingRostersMax',
    'count',
    'Rosters, and views of them, that one session follows; the next is refused −11005.',
  ),
  ...appLimit(
    'signalingFollowedUsersMax',
    'count',
    'Users whose metadata one session follows; the next is refused −12017.',
  ),
  ...appLimit(
    'signalingTopicsMax',
    'count',
    'Topics of a stream channel that one user subscribes to; the next is refused −11014.',
  ),
  ...appLimit(
    'signalingFollowedPublishersMax',
    'count',
    'Publishers whose messages one session gets, each counted by topic; the next fails with 20003.',
  ),
  ...appLimit('signalingWaitsMax', 'count', 'Locks that one session waits for; the next is refused −14003.'),
  ...appLimit(
    'signalingPublishesPerSecondMax',
    'per second',
    'Messages of one session, five times that at once; more are refused −10021.',
  ),
  ...appLimit(
    'signalingTopicMessagesPerSecondMax',
    'per second',
    'Messages of one session in one topic, five times that at once; more are refused −11025.',
  ),
  ...appLimit(
    'signalingRequestsPerSecondMax',
    'per second',
    'Requests of each other kind, the same way; more are refused −10021.',
  ),
  ...appLimit(
    'signalingRenewalsPerSecondMax',
    'per second',
    'Subscriptions that logins and renewed tokens of one user touch; more are `rate_limited`.',
  ),
  ...appLimit(
    'signalingDeliveredBytesPerSecondMax',
    'bytes per second',
    'What messages of one session put on others’ connections; more are refused −11025.',
  ),
  ...appLimit(
    'signalingKeptBytesPerSecondMax',
    'bytes per second',
    'Messages of one session that are kept; more are refused −10021.',
  ),
  ...appLimit(
    'signalingUserBacklogBytesMax',
    'bytes',
    'Waiting for a user; then messages to them are refused −11025. Well below `socketBacklogBytesMax`.',
  ),
  ...limit(
    'signalingFramesPerSecondMax',
    'per second',
    'Frames of one signaling connection, five times that at once; then closed with `rate_limited`.',
  ),
  ...limit(
    'signalingPendingFramesMax',
    'count',
    'Frames of one that wait for an earlier one to be decided; then closed with `rate_limited` …',
  ),
  ...limit('signalingPendingCharsMax', 'characters', '… and their characters.'),
  ...limit(
    'signalingBacklogBytesMax',
    'bytes',
    'Waiting for all signaling clients together; then those with the most are cut.',
  ),
  ...limit(
    'signalingRosterChannelsMax',
    'count',
    'Channels whose rosters are followed; the next is refused −13013.',
  ),
  ...limit(
    'signalingRosterRingCharsMax',
    'characters',
    'Characters of changes kept of one roster for those who come back …',
  ),
  ...limit(
    'signalingRosterRingCharsTotalMax',
    'characters',
    '… and of all; beyond it the one that grows keeps a quarter.',
  ),
  ...limit(
    'signalingSnapshotUsersMax',
    'count',
    'Users in a presence snapshot; the rest is in the pages of online users.',
  ),
  ...limit(
    'signalingSnapshotMergeUsersMin',
    'count',
    'With more users in a channel, snapshots wait for others that want one …',
  ),
  ...limit('signalingSnapshotMergeMs', 'milliseconds', '… this long.'),
  ...limit(
    'signalingStartBytes',
    'bytes',
    'Waiting for a session; then it is told of no further subscription how things are there.',
  ),
  ...limit('signalingStartsMax', 'count', 'Snapshots of one session that are made at once; the next waits.'),
  ...limit('signalingWindowChangesMax', 'count', 'Presence changes in one interval; then it is told early …'),
  ...limit('signalingWindowNewcomersMax', 'count', '… as with so many watchers that came during it.'),
  ...limit(
    'signalingFoldIdleMs',
    'milliseconds',
    'Presence of a channel is kept in memory this long after it was last watched.',
  ),
  ...limit(
    'ownerPublishersMax',
    'count',
    'Names that the owner of the server publishes under whose rates are remembered.',
  ),
  ...limit(
    'recentRatesMax',
    'count',
    'Users whose session ended a moment ago, whose rates the next one goes on with.',
  ),
} as const;
