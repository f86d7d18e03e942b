import { evidences, leaveReasons, ruleScopes } from '@housecount/protocol';
import { memberUid } from '../names.ts';
import { agoraNotice, noticeType } from '../notices/agora-notices.ts';
import {
  anyOf,
  array,
  boolean,
  both,
  constant,
  described,
  integer,
  keyOf,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  string,
} from '../shape.ts';

/** Who is in a channel, and what happened in it. */

export const role = oneOf('broadcaster', 'audience');
export const profile = oneOf('live', 'communication');
export const connection = oneOf('rtc', 'whip', 'whep', 'signaling');

export const sid = string('One life of the channel, from first join to last leave.');
export const seq = integer('Order in the sid, dense: 1, 2, 3 …', { minimum: 1 });
const eventBase = {
  app: string('App id.'),
  channel: string('Channel name.'),
  sid,
  seq,
  atMs: milliseconds('When it was decided'),
  count: integer('Members in the channel after the event.', { minimum: 0 }),
  profile,
};
export const uid = memberUid('1 to 4294967295.');
const account = string('The string account, if the member joined with one.');
const linkedUser = string('The signaling user that the member is linked to; absent: it is linked to none.');
/** Who it was. `uid`, `account` and `userId` are absent for customers without names. */
const subject = {
  uid: optional(uid),
  account: optional(account),
  userId: optional(linkedUser),
  role,
  platform: integer('Platform number of the notices.'),
  clientType: optional(integer()),
  clientSeq: integer('Strictly increasing per app, channel and uid.'),
};

export const channelEvent = named('ChannelEvent', {
  description: 'A change of a channel: decided, numbered, logged. The roster is the sum of these.',
  ...anyOf(
    object({ ...eventBase, type: constant('channel-opened') }),
    object({ ...eventBase, type: constant('channel-closed'), lastUid: optional(integer()) }),
    object({
      ...eventBase,
      ...subject,
      type: constant('member-joined'),
      connectionId: string(),
      connectionKind: connection,
      on: optional(integer('The number of the start of the server that it came to.')),
      quiet: optional(constant(true)),
      linkAwaited: optional(
        described('Its page said that a link to a signaling user comes.', constant(true)),
      ),
      unproven: optional(
        described('Its token names nobody, so that equal ids prove nothing.', constant(true)),
      ),
      tokenEndsMs: optional(milliseconds('When the join privilege ends; absent if never')),
      publish: optional(
        object({
          audioEndsMs: optional(
            milliseconds('Until when the token allows to publish audio; absent: it does not'),
          ),
          videoEndsMs: optional(
            milliseconds('Until when the token allows to publish video; absent: it does not'),
          ),
        }),
      ),
      leaseMs: integer('Silence allowed before the member is presumed gone, milliseconds.'),
    }),
    object({
      ...eventBase,
      ...subject,
      type: constant('member-left'),
      connectionId: string(),
      reason: keyOf(leaveReasons),
      evidence: oneOf(...evidences),
      ruleScope: optional(oneOf(...ruleScopes)),
      lastHeardMs: milliseconds('When the server last heard from the member'),
      noticedMs: milliseconds('When the server noticed the silence or the goodbye'),
      silentSinceMs: optional(
        milliseconds('When its silence began; of a member that left while it was silent, without a goodbye'),
      ),
      joinedMs: milliseconds('When the member joined'),
    }),
    object({ ...eventBase, ...subject, type: constant('role-changed') }),
  ),
});

export const pulledEvent = named('PulledEvent', {
  description: 'A ChannelEvent, with the notice that it makes.',
  ...both(
    channelEvent,
    object({
      noticeId: string('The same as on every webhook.'),
      eventType: noticeType,
      notice: agoraNotice,
    }),
  ),
});

/** What is told of a member besides its uid. */
export const memberFields = {
  account: optional(account),
  userId: optional(linkedUser),
  role,
  platform: subject.platform,
  clientType: subject.clientType,
  connection,
  joinedMs: milliseconds('When the member joined'),
  interruptedSinceMs: optional(milliseconds('Set while the member is silent: when it was last heard')),
};

/** `uid` is absent for customers without names. */
export const rosterMember = named('RosterMember', object({ uid: optional(uid), ...memberFields }));

export const roster = named(
  'Roster',
  object({
    app: string(),
    channel: string(),
    sid: string(),
    seq: integer(),
    profile,
    openedMs: integer(),
    count: integer('All members: the sum of the pages.'),
    hosts: integer('Broadcasters among them.'),
    members: array(rosterMember),
    next: optional(object({ after: integer(), at: string() }, 'Absent on the last page.')),
  }),
);

export const channelSummary = named(
  'ChannelSummary',
  object({
    channel: string(),
    sid,
    seq,
    profile,
    openedMs: milliseconds('First join of this life'),
    count: integer('All members.'),
    hosts: integer('Broadcasters.'),
    audience: integer('The others.'),
  }),
);
export const channelList = named(
  'ChannelList',
  object({
    channels: array(channelSummary),
    total: integer('Open channels of the app that fit `q`.'),
    next: optional(string('Send it as `after` for the next page; absent on the last.')),
  }),
);

const life = named(
  'Life',
  object({
    sid,
    profile,
    openedMs: optional(milliseconds('First join; absent if it is older than the history')),
    closedMs: optional(milliseconds('Last leave; absent while the channel is open')),
    lastSeq: integer('seq of the newest event.'),
    joins: integer('Joins so far, the same person counted each time.'),
    peak: integer('The largest number of members at one time.'),
  }),
);
export const lifeList = named(
  'LifeList',
  object({
    sids: array(life),
    next: optional(integer('Send it as `before` for the next page; absent on the last.')),
  }),
);

export const eventPage = named(
  'EventPage',
  object({
    app: string(),
    channel: string(),
    sid: string(),
    events: array(channelEvent),
    next: integer('Send it as `after` to go on; the same as `after` when there is nothing new.'),
    more: boolean('There is more now.'),
  }),
);
export const pulledEvents = named(
  'PulledEvents',
  object({
    app: string(),
    events: array(pulledEvent),
    cursor: string('Stands after the last event.'),
    more: boolean('There may be more now.'),
  }),
);

export const snapshotLine = named('SnapshotLine', {
  description: 'A line of a snapshot.',
  ...anyOf(
    object({
      type: constant('snapshot'),
      app: string(),
      cursor: string('Ask /events for what comes after it.'),
      atMs: milliseconds('When it was taken'),
      channels: integer('Open channels.'),
    }),
    object({
      type: constant('channel'),
      channel: string(),
      sid,
      seq,
      profile,
      openedMs: milliseconds('First join of this life'),
      count: integer('Members in the lines that follow.'),
      hosts: integer('Broadcasters among them.'),
    }),
    object({ type: constant('members'), channel: string(), sid, members: array(rosterMember) }),
    object({
      type: constant('end'),
      channels: integer(),
      members: integer('All members of all channels.'),
    }),
  ),
});
