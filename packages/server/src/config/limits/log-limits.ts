import { appLimit, limit } from './setting.ts';

/** Channels, what is in them, and what each app may have. */
export const logLimits = {
  ...appLimit(
    'channelMembersMax',
    'count',
    'Members of one channel, broadcasters counted; an audience member more is `channel_full`, broadcasters still come in.',
  ),
  ...appLimit(
    'channelHostsMax',
    'count',
    'Broadcasters of one channel; the next is `hosts_full`. They come in beyond `channelMembersMax`, until the channel has so many members more: then `channel_full`.',
  ),
  ...appLimit(
    'channelHostsReserved',
    'count',
    'The last of them, for those whose token has a publish privilege.',
  ),
  ...appLimit(
    'channelUserMembersMax',
    'count',
    'Members of one live channel that are linked to one user; what would link another is `links_full`.',
  ),
  ...appLimit('appChannelsMax', 'count', 'Open live channels of one app; the next is `channels_full`.'),
  ...appLimit('streamMembersMax', 'count', 'Users in one stream channel; the next is refused −11007.'),
  ...appLimit(
    'memberTopicsMax',
    'count',
    'Topics of a stream channel in which one user publishes; the next is `topics_full`.',
  ),
  ...appLimit(
    'channelPublishersMax',
    'count',
    'Publishers of all topics of a stream channel, each counted by topic; the next is `publishers_full`.',
  ),
  ...appLimit(
    'signalingStatesMax',
    'count',
    'Temporary states of one user in a channel; more are `states_full`.',
  ),
  ...limit(
    'metadataBytesMax',
    'bytes',
    'One set of metadata, keys and values, and one value. A longer set is `metadata_full`; one value that is longer is `body_invalid` over REST, −12012 over signaling.',
  ),
  ...appLimit('metadataItemsMax', 'count', 'Items of one set of metadata; more are `metadata_full`.'),
  ...appLimit('channelLocksMax', 'count', 'Locks of one channel; the next is `locks_full`.'),
  ...appLimit(
    'appSignalingChannelsMax',
    'count',
    'Signaling channels of one app in use, or with metadata or locks, and users with metadata; the next is `channels_full`.',
  ),
  ...appLimit(
    'appKeptBytesMax',
    'bytes',
    'Metadata and locks of one app, in memory; more is `metadata_full` or `locks_full`.',
  ),
  ...appLimit('authorKeptBytesMax', 'bytes', 'What one user wrote of that; the same happens.'),
  ...appLimit(
    'appTextBytesMax',
    'bytes',
    'States and topics of one app, in memory; more is `states_full` or `publishers_full`.',
  ),
  ...appLimit('appRulesMax', 'count', 'Kicking rules of one app; the next is `rate_limited`.'),
  ...appLimit(
    'endingKeptMs',
    'milliseconds',
    'It is remembered this long that others ended a membership or a session …',
  ),
  ...appLimit(
    'endingsMax',
    'count',
    '… and so many times of one app, kicks and replacements each; the oldest are forgotten.',
  ),
  ...appLimit(
    'appAccountsMax',
    'count',
    'String accounts of one app with another uid than that of their name; the one unused for longest loses it.',
  ),
  ...appLimit('appSeenUidsMax', 'count', 'Different uids of which one app remembers who had them.'),
  ...appLimit(
    'messageAheadMsMax',
    'milliseconds',
    'Times of kept messages are at most this far ahead of the clock, one a millisecond in a conversation; then refused −10021.',
  ),
  ...limit('commandQueueMax', 'count', 'Commands that wait to be decided; the next is `overloaded`.'),
  ...limit('batchCommandsMax', 'count', 'Commands decided in one append.'),
} as const;
