import { leaveReasons } from '@housecount/protocol';
import { role } from '../rest/channels.ts';
import {
  anyOf,
  array,
  boolean,
  constant,
  integer,
  keyOf,
  milliseconds,
  object,
  oneOf,
  optional,
  type Properties,
  record,
  string,
} from '../shape.ts';

/** What the server sends at /v1/signaling. Clients ignore fields that they do not know: a later server may send more. */

const id = integer('Id of the request.');
const serverMs = milliseconds("The server's time");
const channelType = oneOf('MESSAGE', 'STREAM');
const channel = string('Channel name.');
const place = { channelType, channel };
const userId = string('User id.');
const code = string('A stable code.');
const message = string('A sentence, with its full stop.');
const states = record(string(), 'States by key.');
const occupant = object({ userId, states });
const session = object({ id: string(), key: string() });
const publisher = string('User id of who did it; empty in a snapshot.');

const content = anyOf(
  object({ text: string() }),
  object({ bytes: string('Base64.') }),
  object({ sealed: string('Base64 of what the clients encrypted.') }),
);

const item = object({
  key: string(),
  value: string(),
  revision: integer(),
  updatedMs: optional(milliseconds('When it was written; only if the writer asked for it')),
  author: optional(string('Who wrote it; only if the writer asked for it.')),
});
const target = anyOf(object(place), object({ userId }));
const lock = { lockName: string(), owner: string('Empty: nobody holds it.'), ttl: integer('Seconds.') };
const locks = array(object(lock));
const topics = array(object({ topic: string(), publishers: array(object({ userId, meta: string() })) }));

/** What a request asked for. */
const result = anyOf(
  object({ states }),
  object({
    occupants: array(occupant),
    totalOccupancy: integer('Users in this page; without user ids, in the channel.'),
    channelOccupancy: integer('Users in the channel, exact.'),
    nextPage: string(),
  }),
  object({ channels: array(object({ channelName: string(), channelType })) }),
  object({
    majorRevision: integer(),
    totalCount: integer('Items of the set.'),
    items: optional(array(item)),
  }),
  object({ locks }),
  object({
    subscribed: array(string()),
    succeeded: array(string()),
    failed: array(object({ userId, code: integer() })),
  }),
  object({
    messages: array(
      object({
        publisher: string(),
        content,
        customType: optional(string()),
        timestamp: milliseconds('When it was told'),
      }),
    ),
    newStart: integer('The `start` of the next page; 0: this is the last.'),
  }),
);

const unsubscribed = object({ type: constant('unsubscribed'), channel, code, message, serverMs });
const channelEnded = object({
  type: constant('channel-ended'),
  channel,
  code,
  errorCode: integer("The API's number."),
  message,
});

const sessionFrames = {
  welcome: object({
    type: constant('welcome'),
    session,
    resumed: boolean('The session is the one that was asked for: nothing was lost.'),
    serverMs,
    pingMs: integer('Say something at least this often, milliseconds.'),
    leaseMs: optional(integer('Silence after which the session is presumed gone, milliseconds.')),
    recoveryMs: optional(
      integer('How long a server that started again waits for its clients, milliseconds.'),
    ),
    ended: optional(array(anyOf(unsubscribed, channelEnded))),
  }),
  pong: object({ type: constant('pong'), serverMs }),
  ok: object({ type: constant('ok'), id, serverMs, result: optional(result) }),
  refused: object({
    type: constant('refused'),
    id,
    code: integer("The API's number of it."),
    reason: message,
  }),
  unsubscribed,
  'channel-ended': channelEnded,
  'read-revoked': object({ type: constant('read-revoked'), channels: array(string()), serverMs }),
  'token-will-expire': object({
    type: constant('token-will-expire'),
    channel: optional(channel),
    endsMs: milliseconds('When the privilege ends'),
  }),
  closing: object({
    type: constant('closing'),
    code,
    errorCode: optional(integer("The API's number of it.")),
    message,
    retry: boolean('Come back, with the session.'),
    retryAfterMs: optional(integer('Milliseconds.')),
  }),
};

const toldFrames = {
  message: object({
    type: constant('message'),
    channelType: oneOf('MESSAGE', 'USER', 'STREAM'),
    channel,
    topic: optional(string('Of stream channels.')),
    publisher: string('User id.'),
    content,
    customType: optional(string()),
    serverMs,
  }),
  presence: object({
    type: constant('presence'),
    ...place,
    event: anyOf(
      object({ type: constant('SNAPSHOT'), occupants: array(occupant) }),
      object({ type: oneOf('REMOTE_JOIN', 'REMOTE_LEAVE', 'REMOTE_TIMEOUT'), userId }),
      object({ type: constant('REMOTE_STATE_CHANGED'), userId, states }),
      object({
        type: constant('INTERVAL'),
        join: array(string()),
        leave: array(string()),
        timeout: array(string()),
        states: array(occupant),
        totalOccupancy: integer(),
      }),
    ),
    serverMs,
  }),
  storage: object({
    type: constant('storage'),
    event: oneOf('SNAPSHOT', 'UPDATE'),
    target,
    publisher,
    majorRevision: integer(),
    items: array(item),
    serverMs,
  }),
  lock: object({
    type: constant('lock'),
    ...place,
    event: anyOf(
      object({ type: constant('SNAPSHOT'), locks }),
      object({ type: oneOf('SET', 'REMOVED', 'ACQUIRED', 'RELEASED', 'EXPIRED'), publisher, ...lock }),
    ),
    serverMs,
  }),
  topic: object({
    type: constant('topic'),
    channel,
    event: anyOf(
      object({ type: constant('SNAPSHOT'), topics }),
      object({ type: oneOf('REMOTE_JOIN', 'REMOTE_LEAVE'), userId, topics }),
    ),
    serverMs,
  }),
};

const sid = string('One life of the channel.');
const seq = integer('Order in the sid.');
const at = object({ live: optional(object({ sid, seq })), signaling: optional(object({ sid, seq })) });
const stream = {
  ...place,
  stream: string('What `seq` counts in.'),
  seq: integer('Changes up to here are in it.'),
};
const view = object({ from: integer(), count: integer() });
const joinedMs = milliseconds('Since when');
const member = object({
  userId,
  states,
  live: optional(object({ uid: integer(), role, joinedMs })),
  signaling: optional(object({ joinedMs })),
  interruptedSinceMs: optional(milliseconds('Set while nothing is heard of them: since when')),
});
const members = array(member);
const counts = {
  count: integer('Members.'),
  hosts: integer('Broadcasters in the live channel.'),
  audience: integer('Of the audience in the live channel.'),
  interrupted: integer('Members of whom nothing is heard.'),
};
const change = <const D extends Properties>(more: D) =>
  object({
    seq: integer('Dense in a stream: 1, 2, 3 …'),
    atMs: milliseconds('When it happened'),
    event: optional(object({ sid, seq, roster: oneOf('live', 'signaling') })),
    ...more,
  });

const rosterFrames = {
  'roster-snapshot': object({
    type: constant('roster-snapshot'),
    ...stream,
    at,
    count: counts.count,
    members,
    last: boolean('The final part.'),
  }),
  'roster-changes': object({
    type: constant('roster-changes'),
    ...stream,
    from: integer('The first change of it.'),
    at: optional(at),
    count: optional(counts.count),
    changes: array(
      anyOf(
        change({ type: oneOf('joined', 'changed'), member }),
        change({ type: constant('left'), userId, reason: keyOf(leaveReasons) }),
      ),
    ),
  }),
  'roster-count': object({ type: constant('roster-count'), ...stream, at, ...counts }),
  'roster-window': object({ type: constant('roster-window'), ...stream, at, ...counts, view, members }),
  'roster-window-changes': object({
    type: constant('roster-window-changes'),
    ...stream,
    at,
    ...counts,
    view,
    after: integer('The seq of the window that it changes.'),
    left: optional(array(string())),
    changed: optional(members),
    entered: optional(members),
  }),
  'roster-ended': object({ type: constant('roster-ended'), ...place, code, message }),
};

export const signalingServerFrames = { ...sessionFrames, ...toldFrames, ...rosterFrames } as const;
export const signalingServerFrame = anyOf(...Object.values(signalingServerFrames));
