import {
  anyOf,
  array,
  boolean,
  constant,
  integer,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  type Properties,
  string,
} from '../shape.ts';
import { saying } from './frame-words.ts';
import {
  at,
  channel,
  code,
  content,
  item,
  lockFields,
  locks,
  member,
  message,
  occupant,
  place,
  result,
  rosterChange,
  serverMs,
  states,
  target,
  topics,
  userId,
} from './signaling-words.ts';

/** What the server sends at /v1/signaling. Clients ignore fields that they do not know: a later server may send more. */

/** A frame as the protocol's types name it. */
const frame = <const P extends Properties>(name: string, description: string, properties: P) =>
  named(name, object(properties, description || undefined));

const id = integer('Id of the request.');
const session = object({ id: string(), key: string() });
const publisher = string('The user who did it; empty in a snapshot.');

const unsubscribed = frame(
  'SignalingUnsubscribed',
  'The server has ended the subscription to a message channel, and says why; the session goes on.',
  {
    type: constant('unsubscribed'),
    channel,
    code: string('A code of codes.ts: `kicked`.'),
    message,
    serverMs,
  },
);
const channelEnded = frame(
  'SignalingChannelEnded',
  'The session is no longer in this stream channel; everything else goes on.',
  {
    type: constant('channel-ended'),
    channel,
    code,
    errorCode: integer("The API's number."),
    message,
  },
);

const sessionFrames = {
  welcome: frame('SignalingWelcome', 'The login was taken.', {
    type: constant('welcome'),
    session,
    resumed: boolean(
      'The session is the one that was asked for: nothing was lost. Otherwise the client subscribes anew.',
    ),
    attempt: optional(
      integer(
        'The number of the newest attempt to resume that was taken, 0 if none was: the next one has a higher one. Absent: an older server, which knows no `attempt` in a login.',
      ),
    ),
    serverMs,
    pingMs: integer('Say something at least this often, milliseconds.'),
    leaseMs: optional(
      integer(
        'Silence after which the server presumes the session gone, milliseconds. Older servers do not say.',
      ),
    ),
    recoveryMs: optional(
      integer('After a restart of the server: how long it waits for its clients to come back, milliseconds.'),
    ),
    ended: optional(
      array(
        anyOf(unsubscribed, channelEnded),
        'Channels that the session which was asked for was put out of and has not subscribed to since: its client may not have heard. They are not to be subscribed anew but by the app.',
      ),
    ),
  }),
  pong: frame('SignalingPong', '', { type: constant('pong'), serverMs }),
  ok: frame('SignalingOk', 'A request was done. What it asked for is in `result`.', {
    type: constant('ok'),
    id,
    serverMs,
    result: optional(result),
  }),
  refused: frame(
    'SignalingRefused',
    'A request was not done. `code` as in spec: signaling section 5, for example −11033.',
    {
      type: constant('refused'),
      id,
      code: integer("The API's number of it."),
      reason: message,
    },
  ),
  unsubscribed,
  'channel-ended': channelEnded,
  'read-revoked': frame(
    'SignalingReadRevoked',
    'The new token does not allow to read these message channels: they are not subscribed any more; the session goes on.',
    { type: constant('read-revoked'), channels: array(string()), serverMs },
  ),
  'token-will-expire': frame(
    'SignalingTokenWillExpire',
    "The token's privilege ends soon: that of the login, or of a stream channel.",
    {
      type: constant('token-will-expire'),
      channel: optional(channel),
      endsMs: milliseconds('When the privilege ends'),
    },
  ),
  closing: frame(
    'SignalingClosing',
    'The last frame: why the server closes. `retry`: come back, with the session, after `retryAfterMs`.',
    {
      type: constant('closing'),
      code: string('A code of codes.ts; a refused login has the code of the API, too.'),
      errorCode: optional(integer("The API's number of it.")),
      message,
      retry: boolean('Come back, with the session.'),
      retryAfterMs: optional(integer('Milliseconds.')),
    },
  ),
};

const presenceEvent = named(
  'SignalingPresenceEvent',
  anyOf(
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
);

const toldFrames = {
  message: frame('SignalingMessage', '', {
    type: constant('message'),
    channelType: oneOf('MESSAGE', 'USER', 'STREAM'),
    channel,
    topic: optional(string('The topic; only messages in a stream channel have one.')),
    publisher: string('User id.'),
    content,
    customType: optional(string()),
    serverMs,
  }),
  presence: frame('SignalingPresence', 'Tells what changed in a channel, or who is in it.', {
    type: constant('presence'),
    ...place,
    event: presenceEvent,
    serverMs,
  }),
  storage: frame(
    'SignalingStorage',
    'A set of metadata, whole: at a subscription to it, and at every change.',
    {
      type: constant('storage'),
      event: oneOf('SNAPSHOT', 'UPDATE'),
      target,
      publisher,
      majorRevision: integer(),
      items: array(item),
      serverMs,
    },
  ),
  lock: frame(
    'SignalingLockEvent',
    'Tells what became of a lock of the channel; or, at a subscription to locks, all of them.',
    {
      type: constant('lock'),
      ...place,
      event: anyOf(
        object({ type: constant('SNAPSHOT'), locks }),
        object({
          type: oneOf('SET', 'REMOVED', 'ACQUIRED', 'RELEASED', 'EXPIRED'),
          publisher,
          ...lockFields,
        }),
      ),
      serverMs,
    },
  ),
  topic: frame(
    'SignalingTopicEvent',
    'Tells who begins and who ends publishing in a stream channel; SNAPSHOT tells a newcomer everybody who publishes.',
    {
      type: constant('topic'),
      channel,
      event: anyOf(
        object({ type: constant('SNAPSHOT'), topics }),
        object({ type: oneOf('REMOTE_JOIN', 'REMOTE_LEAVE'), userId, topics }),
      ),
      serverMs,
    },
  ),
};

const stream = {
  ...place,
  stream: string('The stream that `seq` counts in; another one after a restart of the server.'),
  seq: integer('Changes of the stream up to here are in it.'),
};
const view = object({ from: integer(), count: integer() });
const members = array(member);
const counts = {
  count: integer('Members.'),
  hosts: integer('Broadcasters in the live channel.'),
  audience: integer('Of the audience in the live channel.'),
  interrupted: integer('Members of whom nothing is heard.'),
};

const rosterFrames = {
  'roster-snapshot': frame(
    'SignalingRosterSnapshot',
    'A part of all of a roster; `last` on the final part. At most `rosterPageMembersMax` members each.',
    {
      type: constant('roster-snapshot'),
      ...stream,
      at,
      count: counts.count,
      members,
      last: boolean('The final part.'),
    },
  ),
  'roster-changes': frame(
    'SignalingRosterChanges',
    'Changes `from` … `seq`, dense. Skip those that are not newer than what is known.',
    {
      type: constant('roster-changes'),
      ...stream,
      from: integer('The first change of it.'),
      at: optional(
        saying(
          'The point that the roster is true at after these changes; absent where more changes follow that belong to it.',
          at,
        ),
      ),
      count: optional(counts.count),
      changes: array(rosterChange),
    },
  ),
  'roster-count': frame(
    'SignalingRosterCount',
    'The numbers: `hosts` and `audience` are in the live channel; the rest of `count` subscribe alone.',
    { type: constant('roster-count'), ...stream, at, ...counts },
  ),
  'roster-window': frame(
    'SignalingRosterWindow',
    'All of a window: takes the place of whatever was known of it.',
    { type: constant('roster-window'), ...stream, at, ...counts, view, members },
  ),
  'roster-window-changes': frame(
    'SignalingRosterWindowChanges',
    'The delta from the window at `after` to the window at `seq`: take out `left`, replace `changed`, append `entered`. Each is absent if it is empty.',
    {
      type: constant('roster-window-changes'),
      ...stream,
      at,
      ...counts,
      view,
      after: integer('The seq of the window that it changes.'),
      left: optional(
        array(string(), 'User ids: they left the channel, or moved to a place before the window.'),
      ),
      changed: optional(members),
      entered: optional(members),
    },
  ),
  'roster-ended': frame(
    'SignalingRosterEnded',
    'The server has ended all that the session follows of this roster.',
    {
      type: constant('roster-ended'),
      ...place,
      code: string('A code of codes.ts: `token_no_privilege`.'),
      message,
    },
  ),
};
const rosterFrame = named('SignalingRosterFrame', anyOf(...Object.values(rosterFrames)));

export const signalingServerFrames = { ...sessionFrames, ...toldFrames, ...rosterFrames } as const;
export const signalingServerFrame = named(
  'SignalingServerFrame',
  anyOf(...Object.values(sessionFrames), ...Object.values(toldFrames), rosterFrame),
);
