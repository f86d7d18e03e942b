/**
 * Every limit that is a setting (config/limits/), with its unit, what happens at it, and what it is where nothing is set. Parts take the
 * limits that they need in their options. Chosen, not measured, unless a line says otherwise. Those that are none are in fixed-limits.ts.
 */
export const limits = {
  /** Members in one channel; the next join is refused with `channel_full`. */
  channelMembersMax: 200_000,
  /** Keys of one user's temporary state in a signaling channel (spec: signaling 3.4); more are refused with `states_full`. */
  signalingStatesMax: 32,
  /** Bytes of the keys and values of one set of metadata (spec: signaling 4.1); more are refused with `metadata_full`. */
  metadataBytesMax: 16 * 1024,
  /** Items of one set; more are refused in the same way. Chosen: each change is told with all of them, 150 kB at most, or 20 a second cut readers off. */
  metadataItemsMax: 1_000,
  /**
   * Bytes of all metadata of one app, keys, values and `metadataItemBytes` an item, and of its locks, each counted as `lockBytes`;
   * beyond it sets and locks that are there can be read and removed, and what would add to them is refused with `metadata_full` or
   * `locks_full`. All of it is in memory.
   */
  appKeptBytesMax: 1024 ** 3,
  /** One user's share of that, bytes, wherever they wrote it; beyond it they are refused in the same way. The server's owner has no share to keep to. */
  authorKeptBytesMax: 16 * 1024 ** 2,
  /**
   * About what all temporary states and topics of one app's users take in memory, bytes; beyond it what would add to them is refused
   * with `states_full` or `publishers_full`. What is there may become less, and goes with its user.
   */
  appTextBytesMax: 1024 ** 3,
  /** Locks of one channel (spec: signaling 4.2); the next is refused with `locks_full`. */
  channelLocksMax: 32,
  /** Channels of a kind that one user subscribes to over signaling (spec: signaling 2.3); the next is refused −11005. */
  signalingSubscriptionsMax: 100,
  /** Users in one stream channel (spec: signaling 2.2); the next is refused −11007. */
  streamMembersMax: 1_000,
  /** Topics of a stream channel in which one user publishes (spec: signaling 2.6); the next is refused with `topics_full`. */
  memberTopicsMax: 8,
  /** Publishers of all topics of a stream channel, each counted by topic; the next is refused with `publishers_full`. Chosen: a snapshot of them fits one frame. */
  channelPublishersMax: 2_000,
  /** Topics of a stream channel that one user subscribes to (spec: signaling 2.6); the next is refused −11014. */
  signalingTopicsMax: 50,
  /** Publishers, each counted by topic and channel, whose messages one session gets; the next fails with 20003. */
  signalingFollowedPublishersMax: 10_000,
  /** Messages from one session in one topic, per second (spec: signaling 2.6), with a burst of five times that; then refused −11025. */
  signalingTopicMessagesPerSecondMax: 200,
  /** Users whose metadata one session follows; the next is refused −12017. */
  signalingFollowedUsersMax: 100,
  /** Rosters of channels, and views of them, that one session follows; the next is refused −11005. */
  signalingRostersMax: 20,
  /** Channels whose rosters are followed, whether anybody is in them or not; the next is refused −13013. About 5 KB each. */
  signalingRosterChannelsMax: 20_000,
  /**
   * Characters of the changes of one such roster that are kept for readers that come back, about: this much to twice as much.
   * Chosen: some 4,000 joins or leaves, and never more because states are long. `…TotalMax`: of all rosters together; beyond it the
   * one that grows keeps a quarter.
   */
  signalingRosterRingCharsMax: 1024 * 1024,
  signalingRosterRingCharsTotalMax: 256 * 1024 * 1024,
  /** Locks that one session waits for; the next is refused −14003. */
  signalingWaitsMax: 32,
  /** Users in a presence snapshot; the rest of a larger channel is in the pages of online users. */
  signalingSnapshotUsersMax: 10_000,
  /** In channels with more users than `signalingSnapshotMergeUsersMin`, snapshots wait this long for others that want one, milliseconds. */
  signalingSnapshotMergeMs: 100,
  signalingSnapshotMergeUsersMin: 1_000,
  /**
   * Bytes on the way to a session with which it is told of no further subscription how things are there (presence, metadata, locks,
   * topics); the next waits until it has taken some. With the snapshots under way well below `socketBacklogBytesMax`.
   */
  signalingStartBytes: 1024 * 1024,
  /** Snapshots of one session that are being made at once; the next one waits. */
  signalingStartsMax: 2,
  /** Presence changes collected in one interval; then it is told early. */
  signalingWindowChangesMax: 5_000,
  /** Watchers that came during one interval, each with a part of its own; then it is told early. */
  signalingWindowNewcomersMax: 200,
  /** The folded people of a channel are kept in memory this long after they were last asked for or watched, milliseconds. */
  signalingFoldIdleMs: 60_000,
  /** Names under which the server's owner publishes whose rates are remembered; beyond it those unused for longest begin anew. */
  ownerPublishersMax: 1_000,
  /** Wrong logins of customers from one address (IPv6: /64) at once; beyond them logins from there are refused `rate_limited`, unread … */
  loginFailuresMax: 20,
  /** … but for one in so many milliseconds. */
  loginFailureMs: 3_000,
  /** Addresses remembered for that, and addresses of right logins; the oldest goes first. */
  loginAddressesMax: 10_000,
  /** Lines of the log of one kind that strangers can cause: so many a minute, a megabyte an hour at the most … */
  limitedLinesMax: 60,
  /** … of one address (IPv6: /64) so many; how many were left out is told. Chosen, not measured. */
  limitedLinesPerAddressMax: 10,
  limitedLinesMs: 60_000,
  /** Time for which a POST over REST with an idempotency key is not done again, milliseconds: three days. */
  idempotencyMs: 3 * 24 * 3_600_000,
  /** Idempotency keys that are remembered on disk; beyond it the oldest are forgotten … */
  idempotencyKeysMax: 100_000,
  /** … and bytes of the answers under them; the same happens. */
  idempotencyBytesMax: 256 * 1024 ** 2,
  /** Positions of the log that are read for one answer with the events of a signaling channel's subscribers. */
  subscriberEventsScanMax: 20_000,
  /** Requests that wait for such events, each of which looks at every record meanwhile; the next is refused with `too_many_connections`. */
  subscriberWaitersMax: 100,
  /** Frames from one signaling connection, per second, on average, with a burst of five times that; then closed with `rate_limited`. */
  signalingFramesPerSecondMax: 200,
  /**
   * Subscriptions of one user that logging in, coming back and renewing the login's token touch, per second, with a burst of five
   * times that; then closed with `rate_limited`, or refused −10021. Each may write two records. Chosen: all that one user has.
   */
  signalingRenewalsPerSecondMax: 200,
  /** Messages from one session, per second (spec: signaling 6.1), with a burst of five times that; then refused −10021. */
  signalingPublishesPerSecondMax: 60,
  /**
   * Bytes that the messages of one session may put on others' connections, per second, with a burst of five times that; then
   * refused −11025. Without it one user could cut off everybody in a large channel as slow readers.
   */
  signalingDeliveredBytesPerSecondMax: 64 * 1024 * 1024,
  /**
   * Bytes waiting for a user with which messages to them are refused −11025. Well below `socketBacklogBytesMax`, or anybody could
   * cut off anybody with a burst of long messages.
   */
  signalingUserBacklogBytesMax: 1024 * 1024,
  /** Bytes of messages that one session has kept in the history, per second, with a burst of five times that; then refused −10021. */
  signalingKeptBytesPerSecondMax: 256 * 1024,
  /**
   * Most that the times of kept messages may be ahead of the clock, milliseconds: a conversation has one in a millisecond, so a
   * thousand per second; beyond it refused −10021.
   */
  messageAheadMsMax: 1_000,
  /** Kept messages on disk, bytes, of all apps; beyond it the oldest are deleted before their time. */
  messageBytesMax: 16 * 1024 ** 3,
  /** Time for which a request for messages may wait for them to catch up with the log, milliseconds; then `overloaded`, −15003. */
  messageWaitMs: 5_000,
  /** Requests waiting for that; the next is refused with `overloaded`. */
  messageWaitersMax: 1_000,
  /** Requests of each other kind from one session, as above. */
  signalingRequestsPerSecondMax: 20,
  /** Users whose session ended a moment ago, whose rates the next one goes on with; of more those who went first begin anew. About 500 bytes each. */
  recentRatesMax: 100_000,
  /** Frames of one signaling connection that wait while an earlier one is being decided; then closed with `rate_limited`. */
  signalingPendingFramesMax: 1_024,
  /** Their characters; the same happens. Chosen: more than all that the rates allow to be decided. */
  signalingPendingCharsMax: 4 * 1024 * 1024,
  /** Broadcasters in one channel; the next is refused with `hosts_full` (spec: 128 is the ceiling asked of others). */
  channelHostsMax: 128,
  /** The last of them, kept for those whose token has a publish privilege: one token that lacks it cannot keep them out. */
  channelHostsReserved: 16,
  /**
   * Members of one live channel that are linked to one user of signaling; what would link another is refused with `links_full`. Each change of
   * one of them costs as much as there are. Chosen: a camera, a shared screen and a few devices are ten.
   */
  channelUserMembersMax: 100,
  /** Channels open at once in one app; the next is refused with `channels_full`. */
  appChannelsMax: 100_000,
  /** Signaling channels of one app that somebody subscribes to, or that have metadata or locks, and users with metadata; the next is refused with `channels_full`. */
  appSignalingChannelsMax: 1_000_000,
  /**
   * Time for which it is remembered that others ended a membership or a session, milliseconds of the log's time: its client is told, should it
   * come back. A token is good for a day at most: a client that comes later needs another one from its app, which so lets it in anew.
   */
  endingKeptMs: 25 * 3_600_000,
  /** Endings remembered in one app, kicks and replacements each; beyond it the oldest are forgotten, and a client that comes back to one joins anew. About 250 bytes each. */
  endingsMax: 100_000,
  /** String accounts of one app with another uid than that of their name; for the next, the one unused for longest gets that of its name again. */
  appAccountsMax: 1_000_000,
  /** Different uids of which one app remembers who had them; of more those seen longest ago are forgotten. About 16 bytes each. */
  appSeenUidsMax: 1_048_576,
  /** Time for which either is remembered without being used, days. Default of `accounts.days`. */
  accountDays: 90,
  /** Kicking rules in one app; the next is refused with `rate_limited`. */
  appRulesMax: 10_000,
  /** WebSockets of the whole server; the next is closed with `too_many_connections`. Default of `listen.socketsMax`. */
  connectionsMax: 100_000,
  /** WebSockets from one address; the next is closed with `too_many_connections`. Default of `listen.socketsPerAddressMax`. */
  connectionsPerAddressMax: 20_000,
  /**
   * New memberships from one address, or /64 of IPv6, per second, on average, with a burst of `joinBurstSeconds` times that; then refused
   * with `rate_limited`. Chosen: everybody behind the address of a campus may come at once, and a join and leave of about 1 kB fill
   * `retentionBytes` in five days at least. Default of `limits.joinsPerAddress`.
   */
  joinsPerAddress: 20,
  /** The same with one token that is good for anybody; the audience of an app may share it. Default of `limits.joinsPerToken`. */
  joinsPerToken: 200,
  joinBurstSeconds: 250,
  /** New memberships with one token that names its user, per second, and at once; the same happens. Chosen: more than a page that is loaded over and over. */
  ownTokenJoinsPerSecondMax: 2,
  ownTokenJoinsBurst: 100,
  /**
   * Times that one connection is resumed, changes its member's role or renews its token, together, per second, and at once; the same
   * happens. Each may write two records, and a role is told to receivers. As many times, beside them, it changes what it sends: what is more is recorded
   * later, as it is then. Chosen: more than any network breaks, or person clicks.
   */
  memberChangesPerSecondMax: 1,
  memberChangesBurst: 60,
  /** Addresses, tokens and connections whose budgets are remembered, of each; those unused for longest begin anew. */
  joinBucketsMax: 16_384,
  /**
   * HTTP requests being answered, those included whose body is still coming; the next is refused with `too_many_connections`
   * and its connection closed. Default of `listen.requestsMax`.
   */
  requestsMax: 10_000,
  /** The same from one address: what a backend needs that waits for events of every app. Default of `listen.requestsPerAddressMax`. */
  requestsPerAddressMax: 1_000,
  /** Time for a hello after the socket opened, milliseconds; then closed with `hello_timeout`. */
  helloMs: 5_000,
  /** Frames from one connection, per second, on average, with a burst of five times that; then closed with `rate_limited`. */
  framesPerSecondMax: 20,
  /** Stream messages of one connection, per second, on average and at once; then `rate_limited`. The original's limit of a data stream. */
  streamMessagesPerSecondMax: 60,
  /** Bytes of them, per second, on average and at once. The original's limit of a client. */
  streamMessageBytesPerSecondMax: 30 * 1024,
  /** Stream messages of all connections of a channel, per second, on average and at once: each goes to everybody. Chosen: five that send as fast as they may. */
  channelStreamMessagesPerSecondMax: 300,
  /** Bytes waiting for all readers of signaling together; then those with the most waiting are cut, until it is less. */
  signalingBacklogBytesMax: 512 * 1024 * 1024,
  /** Bytes waiting for one reader; then it is told `slow_reader` and cut. */
  socketBacklogBytesMax: 4 * 1024 * 1024,
  /**
   * Time for which the log is kept once a snapshot is past it, and so how long notices wait for a receiver that fails, hours:
   * 7 days. An endpoint that is further behind loses them and is told which. Default of `retention.hours`.
   */
  retentionHours: 7 * 24,
  /** Size of that part of the log, bytes: some 30 million events. Default of `retention.bytes`. Beyond it each app has its own room: */
  retentionBytes: 8 * 1024 ** 3,
  /**
   * Room of an app with receivers that are behind, beside the log, bytes: some 700,000 events. Beyond it they lose the oldest,
   * and are told which. Default of `retention.bytesPerApp`.
   */
  retentionBytesPerApp: 256 * 1024 ** 2,
  /** Lives of channels that one endpoint is told one by one that it lost events of; the rest is summed up in one notice. */
  lostLivesMax: 5_000,
  /** Commands waiting to be decided; the next is refused with `overloaded`. */
  commandQueueMax: 50_000,
  /** Commands decided in one append. Measured on the notes' disk: 500 rows of 200 B per fsync reach 110k rows/s. */
  batchCommandsMax: 1_000,
  /** REST, WHIP and WHEP bodies, bytes; then `body_too_large`. */
  bodyBytesMax: 128 * 1024,
  /** Time for a body to be whole, milliseconds; then `body_invalid`. The largest one at 35 kbit/s. */
  bodyMs: 30_000,
  /** Sessions of one engine process; the next is answered `media_unavailable`. 200 to 250 playing is what one core carried. */
  mediaEngineSessionsMax: 2_000,
  /** Requests waiting for the media process; the next is answered `media_unavailable`. */
  mediaEngineRequestsMax: 1_000,
  /** Time for the media process to answer a request, milliseconds; then `media_unavailable`. */
  mediaEngineRequestMs: 10_000,
  /** Time from offer to connected, milliseconds; then gone, `never-connected`. */
  mediaConnectMs: 15_000,
  /** Sessions that have restarted ICE, each with a socket and its packets copied once more; the next restart is refused. */
  mediaRestartedSessionsMax: 500,
  /** Connections of media over TCP; at the limit the oldest without a good check makes room for the next, else that is closed. */
  mediaTcpConnectionsMax: 4_000,
  /** Those of one address, or one /64 of IPv6; the next is closed. An office behind one address has as many viewers over TCP. */
  mediaTcpConnectionsPerAddressMax: 500,
  /** Packets resent to one player per second; further asks in that second are ignored. */
  mediaResendsPerSecondMax: 500,
  /** WHIP and WHEP sessions of the whole server; then `too_many_connections`. */
  mediaSessionsMax: 2_000,
  /** WHIP and WHEP requests with one token from one address, of one session, or without a good token from one address; per second, on average, with a burst of ten times that; then `rate_limited`. */
  mediaRequestsPerSecondMax: 50,
  /** Those of one app, if `media.sessionsPerAppMax` says nothing else; then `too_many_connections`. Half of all. */
  mediaSessionsPerAppMax: 1_000,
  /**
   * WHIP and WHEP sessions of one user in one channel that are members by themselves; then `too_many_connections`. One is in
   * use; those it replaced, and those that never connect, are there for some seconds more.
   */
  plainSessionsPerMemberMax: 16,
  /** WHIP and WHEP sessions of one connection; then `too_many_connections`. */
  sessionsPerConnectionMax: 64,
  /** Events kept in the history: this many days … */
  historyDaysMax: 90,
  /** … and this many of the newest log positions; what is older is deleted, and asked for answers `no_longer_kept`. About 500 bytes each. */
  historyRowsMax: 10_000_000,
  /** Time for which a request may wait for the history to catch up with the log, milliseconds; then `overloaded`. */
  historyWaitMs: 5_000,
  /** Requests waiting for the history; the next is refused with `overloaded`. */
  historyWaitersMax: 1_000,
  /** Deliveries that can be searched: those of this many days … */
  deliveryDaysMax: 30,
  /** … and this many of the newest; what is older is deleted. About 2 kB each, up to 6 kB where receivers answer at length. */
  deliveryRowsMax: 1_000_000,
  /** Requests and answers that wait for the file of deliveries, characters; beyond it the oldest are dropped, never their outcome. */
  deliveryDetailQueueCharsMax: 16 * 1024 * 1024,
  /** Outcomes that wait for a file that cannot be written; beyond it the oldest are not searchable. About 300 bytes each. */
  deliveryOutcomeQueueMax: 100_000,
  /** Characters of requests and answers shown with one delivery; further attempts come without them. A batch has up to a million. */
  deliveryExchangeCharsMax: 8 * 1024 * 1024,
  /** Notices in one redelivery; a wider one is refused with `query_invalid`. */
  redeliveryNoticesMax: 100_000,
  /** Events looked at to find them; beyond it refused with `query_invalid`. */
  redeliveryScanMax: 1_000_000,
  /** Attempts of one redelivery under way at once, beside those of the endpoint's own deliveries. */
  redeliveryInFlightMax: 8,
  /** Attempts in a row that fail; then the redelivery ends: its receiver is not there. */
  redeliveryFailuresMax: 20,
  /** Redeliveries that run or wait for their endpoint's turn; the next is refused with `overloaded`. */
  redeliveriesMax: 16,
  /** Ended redeliveries whose result can be read; the oldest goes first. */
  redeliveriesKeptMax: 100,
  /** Rosters kept so that the pages of one listing agree; the least recently used goes first, then `no_longer_kept`. */
  rosterSnapshotsMax: 200,
  /** Time for which such a roster is kept after its last page, milliseconds; then `no_longer_kept`. */
  rosterSnapshotMs: 60_000,
  /** Requests that wait for events; the next is refused with `too_many_connections`. */
  pullWaitersMax: 500,
  /** Snapshots of an app being read at once; the next is refused with `too_many_connections`. */
  snapshotStreamsMax: 8,
  /** Time that one may take, milliseconds; then it breaks off without its last line. */
  snapshotStreamMs: 600_000,
  /** Event streams (SSE) open at once; the next is refused with `too_many_connections`. */
  eventStreamsMax: 200,
  /** A comment is sent on a silent event stream this often, milliseconds, so that proxies keep it open. */
  eventStreamPingMs: 15_000,
  /** Endpoints of one app, those of the configuration included; the next is refused with `endpoints_full`. */
  appEndpointsMax: 50,
  /** Health tests under way at once in the whole server; the next is refused with `rate_limited`. */
  healthTestsMax: 8,
  /** An endpoint of the configuration that must pass its health test is tested again this long after it failed, milliseconds. */
  healthTestAgainMs: 60_000,
  /** Attempts of one endpoint under way at once; further deliveries wait their turn. */
  endpointInFlightMax: 64,
  /** Deliveries of one endpoint taken from the log and not finished; then its reader waits, and the log keeps the rest. */
  endpointOutstandingMax: 1_024,
  /** Notices outstanding at one `batch` endpoint: those of the request under way and of the next one. Beyond it the endpoint's reader waits (backpressure), and the log keeps the rest. */
  batchOutstandingMax: 2_000,
  /** A receiver's answer: status line and headers, bytes; beyond it the attempt has failed. */
  answerHeadBytesMax: 16 * 1024,
  /** A receiver's answer: body, bytes; the rest is not read and the connection is closed. The status counts. */
  answerBodyBytesMax: 64 * 1024,
  /** Frames of one connection that wait while an earlier one is being decided; then closed with `rate_limited`. */
  pendingFramesMax: 128,
  /** Time for the peer to finish the closing handshake, milliseconds; then the socket is cut. */
  closingMs: 2_000,
  /** Different windows of one channel's roster that are followed; the next is refused with `windows_full`. The counts and round windows are free. */
  rosterWindowsMax: 64,
  /** So many more for those whose token has a publish privilege. */
  rosterWindowsReserved: 16,
  /** Changes that a channel's stream keeps for readers that come back with a cursor (up to twice that); further back they get a snapshot. */
  rosterRingChangesMax: 4_096,
  /** The same over all channels: beyond it a channel that grows keeps only a quarter of its own. */
  rosterRingChangesTotalMax: 1_000_000,
  /** Time for which a channel's changes are kept after its last reader went, milliseconds: longer than any lease. */
  rosterRingIdleMs: 60_000,
  /** Characters of changes that wait for the end of a reader's snapshot; then it is told `slow_reader` and cut. */
  rosterWaitingBytesMax: 16 * 1024 * 1024,
} as const;

/** Limits as a part takes them in its options: those of these names, of one server or one app. */
export type LimitsOf<Name extends keyof typeof limits> = Readonly<Record<Name, number>>;
