/** Numbers that clients were built for: what they send, and when they believe that a connection is lost. */
const clients = {
  /** An AccessToken2, characters; then `invalid_token`. */
  tokenLengthMax: 8 * 1024,
  /** Interval at which connections are looked at for silence, expired tokens and backlog, milliseconds. */
  sweepMs: 500,
  /** Silence after which a connection is pinged, milliseconds; clients are told to send at least this often. */
  pingMs: 3_000,
  /**
   * Silence after which a connection is reported silent, milliseconds. With the sweep, the append and the merging of roster
   * frames, `interrupted` shows within 5 s; and a ping sent up to one sweep late still has 700 ms to be answered.
   */
  silentMs: 4_200,
  /**
   * Least lease of a connection, milliseconds; a shorter one is refused in the configuration. With silentMs, a sweep and an
   * append, silence is told by then; a shorter lease would end a membership before anybody could see it in danger.
   */
  leaseMsMin: 5_000,
} as const;

/** Numbers of the published schema: callers were built for pages of this size, and the checked-in client says so. */
const schema = {
  /** Users on one page of a channel's online users (spec: signaling 3.3). */
  signalingPageUsersMax: 100,
  /** Channels told of one user; a user who is in more is told of in these alone. */
  signalingUserChannelsMax: 10_000,
  /** Members, and users, that a kicking rule keeps of those who were one person with whom it names; whoever else is, is put out once. */
  rulePersonsMax: 1_000,
  /** Uids named of one person, who is in a live channel by several members; the rest are theirs all the same. */
  personUidsMax: 64,
  /** Users whose status one REST request asks for; more are `query_invalid`. */
  statusUsersMax: 100,
  /** Messages on one page of the history (spec: signaling 4.3). */
  messagePageMax: 100,
  /** Attempts kept of one delivery that goes on; of further ones only their number and time, and the last is kept. */
  deliveryAttemptsMax: 200,
  /** Members, events or channels in one page of the native REST API; a larger `limit` is refused with `query_invalid`. */
  pageMax: 1_000,
  /** Members in the `audience` list of the Agora-compatible user list; more are counted, not listed (spec: rest 2.2). */
  agoraAudienceMax: 10_000,
  /** Time for which a request for events may wait for one, milliseconds; a longer `wait` is refused with `query_invalid`. Below the silence after which HTTP connections are closed. */
  pullWaitMsMax: 50_000,
  /** Members in one line of a snapshot. */
  snapshotLineMembersMax: 500,
  /** Time for which a replaced secret signs on unless told otherwise, milliseconds: a day to bring the new one out … */
  secretOverlapMs: 24 * 3_600_000,
  /** … and at most, milliseconds: 7 days; longer is refused with `body_invalid`. */
  secretOverlapMsMax: 7 * 24 * 3_600_000,
} as const;

/** Numbers by which the server divides its work: all of it is done, so nobody is refused, and each was chosen or measured with the others. */
const paces = {
  /**
   * Members whom one transaction of the log puts out, where it is about any number of them (leases that end together, a kick of
   * everybody); the rest are the next one's, and others are decided in between. Measured: 1,000 leaves take about 20 ms of a core,
   * and are 380 kB; fewer would give each its share of a sync for nothing.
   */
  transactionMembersMax: 1_000,
  /** Time for which the answer to a rule about an address waits until the edges have put out whom it means, milliseconds; it holds all the same. */
  edgeWordMs: 500,
  /** Time after a start in which clients may come back before they are shown as interrupted, milliseconds: SDKs notice a server that is back sooner. */
  absentShownMs: 1_000,
  /** Pause between two slices of those who are shown so, milliseconds. Chosen: about as fast as the leases of a large channel end. */
  absentSliceMs: 20,
  /** Records with which an append takes no further command: those that wait are the next one's. As large as the transactions that it may end with. */
  batchRecordsMax: 1_000,
  /** Bytes of records with which it takes none: metadata and messages are long. With the last transaction below 2 MiB, which an engine over a network takes. */
  batchBytesMax: 1024 * 1024,
  /** Characters of one presence frame, about; then a snapshot or page ends, an interval is told early. Well below `socketBacklogBytesMax`. */
  signalingFrameLengthMax: 1024 * 1024,
  /** Members remembered for a minute of whom a link was awaited in vain; of more the earliest may be waited for again. Each has joined. */
  awaitedLinksMax: 100_000,
  /** Deliveries looked at for one page of a search; the page may then be short, and has a cursor to go on with. */
  deliveryScanMax: 20_000,
  /** Roster changes, or link marks, in one frame; further ones go into the next. */
  rosterFrameChangesMax: 1_000,
  /**
   * Roster frames are as far apart as their load asks for, milliseconds: this much for each reader, so that a channel writes
   * about 2,000 of them a second at most, whatever happens in it (about 5 µs each: 1 % of a core) …
   */
  rosterMergePerReaderMs: 0.5,
  /** … and for views this much for each different window, which is worked out anew each time … */
  rosterMergePerWindowMs: 4,
  /** … but never further than this; what people read in a large channel comes four times a second at least. */
  rosterMergeMs: 50,
  rosterViewMs: 250,
  /** Views are for people: more often than a screen shows pictures is of no use, milliseconds. */
  rosterViewLeastMs: 16,
  /** In channels with more members, views may be up to `rosterViewMs` apart; in others up to `rosterMergeMs`. */
  rosterMergeMembersMin: 1_000,
  /** Bytes of a snapshot on the way to one reader; the next page waits until it has taken some. */
  rosterWindowBytes: 1024 * 1024,
  /** Snapshot pages sent in one turn; then others get theirs. */
  rosterPagesPerTurn: 4,
  /** Least time between two marks of what was watched in one stay, milliseconds, but for the one at its end: at 1,000 viewers about 3 marks a second. */
  watchedMarkMs: 300_000,
  /** Time between two looks at which marks are due, milliseconds. */
  watchedSweepMs: 1_000,
  /** Time for which the mark of who has left waits for the last words of the media engine, milliseconds; well below the minute after which a report of a show is final. */
  watchedLastWordMs: 10_000,
  /** Time for which a server that stops waits for those words, milliseconds. */
  watchedStopMs: 1_000,
  /** Marks in one transaction of the log; further ones wait for the next look. */
  watchedMarksMax: 500,
} as const;

/** Weights of things in a limit that is a setting and a sum. */
const weights = {
  /** An item of metadata counts for so many bytes of `appKeptBytesMax`, beside its key and value. Measured: revision, time, author, and the objects around. */
  metadataItemBytes: 128,
  /** A lock counts for so many bytes of it. */
  lockBytes: 256,
  /** Part of `mediaSessionsMax`, and of those of one app, that players leave for hosts. */
  mediaSessionsHostShare: 1 / 8,
} as const;

/** Numbers that are no settings. Chosen, not measured, unless a line says otherwise. */
export const fixed = { ...clients, ...schema, ...paces, ...weights };

/** Why they are none, for the docs. */
export const whyFixed = [
  ['Clients were built for it', clients],
  ['The published schema of the REST API says it', schema],
  ['It divides work, and refuses nothing', paces],
  ['It says what something counts for', weights],
] as const;
