import {
  rosterWindowMembersMax,
  signalingCustomTypeLengthMax,
  signalingMessageBytesMax,
  signalingMessagesMax,
  signalingSealBytes,
  signalingStateKeyBytesMax,
  signalingStateKeysMax,
  signalingStateValueBytesMax,
  signalingTopicMessageBytesMax,
  signalingTopicMetaBytesMax,
  signalingTopicUsersMax,
  signalingVersion,
  signalingWindowMembersMax,
} from '@housecount/protocol';
import { base64Pattern } from '../base64.ts';
import { appId, signalingNamePattern, userId } from '../names.ts';
import {
  anyOf,
  array,
  boolean,
  closed,
  constant,
  integer,
  type JsonSchema,
  lacking,
  narrowed,
  number,
  oneOf,
  optional,
  record,
  string,
} from '../shape.ts';

/** What clients send at /v1/signaling. packages/protocol parses it by hand, for its own sentences and numbers: a test holds both together. */

const safe = (description: string) => integer(description, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const id = safe('Id of a request; its answer has the same.');
/** Characters are counted as JavaScript does. */
const text = (description: string, lengthMax: number) =>
  string(description, { minLength: 1, 'x-utf16LengthMax': lengthMax });
const seconds = (description: string) => narrowed(number(description), { minimum: 0 });
const token = string('AccessToken2.');
const flag = boolean;
/** Channels of both kinds have names of the same set as users. */
const channel = userId('Channel name.');
const user = userId('User id.');
const place = { channelType: oneOf('MESSAGE', 'STREAM'), channel };
const audience = {
  channelType: oneOf('MESSAGE', 'USER'),
  channel: userId('Channel name, or of `USER` the user id.'),
};

const where = (name: string, value: unknown): JsonSchema => ({ properties: { [name]: { const: value } } });

const content = (bytesMax: number) =>
  anyOf(
    closed({ text: string(undefined, { 'x-utf8BytesMax': bytesMax }) }),
    closed({ bytes: string(undefined, { pattern: base64Pattern, 'x-base64Bytes': { maximum: bytesMax } }) }),
    closed({
      sealed: string(undefined, {
        pattern: base64Pattern,
        'x-base64Bytes': { minimum: signalingSealBytes, maximum: bytesMax + signalingSealBytes },
      }),
    }),
  );
const customType = string('What the publisher calls the message.', {
  'x-utf16LengthMax': signalingCustomTypeLengthMax,
});

const stateKey = string('Key of a state.', { minLength: 1, 'x-utf8BytesMax': signalingStateKeyBytesMax });
const states = record(
  string(undefined, { 'x-utf8BytesMax': signalingStateValueBytesMax }),
  'States by key.',
  {
    maxProperties: signalingStateKeysMax,
    propertyNames: stateKey,
  },
);

const revision = integer('A revision; -1 for any.', { minimum: -1, maximum: Number.MAX_SAFE_INTEGER });
const lockName = string('Name of a lock.', { 'x-utf16LengthMax': 128 });
const lock = { id, ...place, lockName };
const target = anyOf(closed({ userId: user }), closed(place));

const size = integer('Members of the window.', {
  minimum: 1,
  maximum: Math.min(signalingWindowMembersMax, rosterWindowMembersMax),
});
const view = anyOf(
  closed({ count: constant(true) }),
  closed({ first: size }),
  closed({ from: safe('First place.'), count: size }),
);

const topic = {
  id,
  channel,
  topic: string('Topic name.', { pattern: signalingNamePattern(16) }),
};
const users = array(string(undefined, { 'x-utf16LengthMax': 256 }), 'User ids.', {
  maxItems: signalingTopicUsersMax,
});

const sessionFrames = {
  login: closed({
    type: constant('login'),
    version: constant(signalingVersion),
    app: appId('App id.'),
    userId: user,
    token: optional(token),
    session: optional(closed({ id: text('Id of a former welcome.', 128), key: text('Its key.', 1_024) })),
    heartbeatInterval: seconds('Seconds; clamped by the server.'),
    presenceTimeout: seconds('Seconds; clamped by the server.'),
  }),
  ping: closed({ type: constant('ping') }),
  logout: closed({ type: constant('logout') }),
  'renew-token': closed({ type: constant('renew-token'), id, token, channel: optional(channel) }),
};

const channelFrames = {
  subscribe: closed(
    {
      type: constant('subscribe'),
      id,
      ...place,
      withMessage: optional(flag('Only of message channels.')),
      token: optional(token),
      withPresence: flag(),
      withMetadata: flag(),
      withLock: flag(),
      beQuiet: flag(),
      states: optional(states),
    },
    {
      anyOf: [
        { ...where('channelType', 'MESSAGE'), required: ['withMessage'], ...lacking('token') },
        { ...where('channelType', 'STREAM'), ...lacking('withMessage') },
      ],
    },
  ),
  unsubscribe: closed({ type: constant('unsubscribe'), id, ...place }),
  publish: closed({
    type: constant('publish'),
    id,
    ...audience,
    content: content(signalingMessageBytesMax),
    customType: optional(customType),
    storeInHistory: optional(flag()),
  }),
  'get-messages': closed(
    {
      type: constant('get-messages'),
      id,
      ...audience,
      count: integer('Messages of the page.', { minimum: 1, maximum: signalingMessagesMax }),
      start: safe('Only what is earlier, epoch milliseconds; 0: all.'),
      end: safe('Only what is not earlier; 0: all.'),
    },
    { anyOf: [where('start', 0), { 'x-ordered': ['end', 'start'] }] },
  ),
};

const presenceFrames = {
  'set-state': closed({ type: constant('set-state'), id, ...place, states }),
  'remove-state': closed({
    type: constant('remove-state'),
    id,
    ...place,
    keys: array(stateKey, 'None: all.', { maxItems: signalingStateKeysMax }),
  }),
  'get-state': closed({ type: constant('get-state'), id, ...place, userId: user }),
  'online-users': closed(
    {
      type: constant('online-users'),
      id,
      ...place,
      includedUserId: flag(),
      includedState: flag(),
      page: optional(text('The cursor that the page before gave.', 128)),
    },
    { anyOf: [where('includedUserId', true), { ...where('includedState', false), ...lacking('page') }] },
  ),
  'user-channels': closed({ type: constant('user-channels'), id, userId: user }),
  'subscribe-roster': closed(
    {
      type: constant('subscribe-roster'),
      id,
      ...place,
      view: optional(view),
      cursor: optional(
        closed({ stream: text('The stream.', 64), after: safe('Goes on after this change.') }),
      ),
    },
    lacking('view', 'cursor'),
  ),
  'unsubscribe-roster': closed({ type: constant('unsubscribe-roster'), id, ...place, view: optional(view) }),
};

const storageFrames = {
  'change-metadata': closed({
    type: constant('change-metadata'),
    id,
    target,
    mode: oneOf('set', 'update', 'remove'),
    items: array(closed({ key: string(), value: string(), revision })),
    majorRevision: revision,
    lockName,
    addTimeStamp: flag(),
    addUserId: flag(),
  }),
  'get-metadata': closed({ type: constant('get-metadata'), id, target }),
  'subscribe-user-metadata': closed({ type: constant('subscribe-user-metadata'), id, userId: user }),
  'unsubscribe-user-metadata': closed({ type: constant('unsubscribe-user-metadata'), id, userId: user }),
  'set-lock': closed({ type: constant('set-lock'), ...lock, ttl: seconds('Seconds.') }),
  'remove-lock': closed({ type: constant('remove-lock'), ...lock }),
  'acquire-lock': closed({ type: constant('acquire-lock'), ...lock, retry: flag() }),
  'release-lock': closed({ type: constant('release-lock'), ...lock }),
  'revoke-lock': closed({ type: constant('revoke-lock'), ...lock, owner: user }),
  'get-locks': closed({ type: constant('get-locks'), id, ...place }),
};

const topicFrames = {
  'join-topic': closed({
    type: constant('join-topic'),
    ...topic,
    meta: string("A text of the publisher's own.", { 'x-utf8BytesMax': signalingTopicMetaBytesMax }),
  }),
  'leave-topic': closed({ type: constant('leave-topic'), ...topic }),
  'publish-topic': closed({
    type: constant('publish-topic'),
    ...topic,
    content: content(signalingTopicMessageBytesMax),
    customType: optional(customType),
  }),
  'subscribe-topic': closed({
    type: constant('subscribe-topic'),
    ...topic,
    users: optional(users),
    absent: optional(flag()),
  }),
  'unsubscribe-topic': closed({ type: constant('unsubscribe-topic'), ...topic, users: optional(users) }),
};

export const signalingFrames = {
  ...sessionFrames,
  ...channelFrames,
  ...presenceFrames,
  ...storageFrames,
  ...topicFrames,
} as const;

export const signalingClientFrame = anyOf(...Object.values(signalingFrames));
