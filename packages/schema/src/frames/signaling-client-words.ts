import {
  rosterWindowMembersMax,
  type SignalingErrorCode,
  signalingCustomTypeLengthMax,
  signalingErrors,
  signalingSealBytes,
  signalingStateKeyBytesMax,
  signalingStateKeysMax,
  signalingStateValueBytesMax,
  signalingTopicUsersMax,
  signalingWindowMembersMax,
} from '@housecount/protocol';
import { base64Pattern } from '../base64.ts';
import { signalingNamePattern, userId } from '../names.ts';
import {
  anyOf,
  array,
  type Bounds,
  closed,
  constant,
  declared,
  described,
  integer,
  type JsonSchema,
  named,
  narrowed,
  number,
  oneOf,
  optional,
  type Properties,
  type Refusal,
  record,
  refusal,
  refusing,
  type Shape,
  string,
} from '../shape.ts';
import { channelType, safe, whole } from './frame-words.ts';

/** What the frames of signaling clients are made of, and how they are refused. */

const {
  customTypeTooLong,
  invalidChannelName,
  invalidChannelType,
  invalidCustomType,
  invalidLockName,
  invalidMessage,
  invalidStateKey,
  invalidStateValue,
  invalidTimestamp,
  invalidToken,
  invalidTopicName,
  invalidUserId,
  invalidUserList,
  messageTooLong,
  presenceInvalidArgument,
  stateCountOverflow,
  stateKeyTooLong,
  stateValueTooLong,
  storageInvalidArgument,
  tooManyTopicUsers,
} = signalingErrors;

/** The same shape as a field that is refused with this number of the API, and with these words instead of those of its keywords. */
export const numbered = <T>(errorCode: SignalingErrorCode, shape: Shape<T>, must?: string): Shape<T> =>
  refusing(shape, { ...shape[refusal], ...(must !== undefined && { must }), errorCode });

/** Further keywords, which a value that is else as it must be is refused for with words of their own. */
const bounded = (bound: JsonSchema, how: Refusal): JsonSchema => ({ allOf: [refusing(bound, how)] });

export const id = whole('Id of a request; its answer has the same.');
export const time = (description: string) =>
  numbered(invalidTimestamp, safe(description), 'epoch milliseconds, or 0');
/** Characters are counted as JavaScript does. */
export const text = (description: string, lengthMax: number) =>
  refusing(string(description, { minLength: 1, 'x-utf16LengthMax': lengthMax }), {
    must: `1 to ${lengthMax} characters`,
  });
export const seconds = (description: string) =>
  refusing(narrowed(number(description), { minimum: 0 }), { must: 'a number of seconds, 0 or more' });
/** A token's own length limit is the server's. */
export const accessToken = (description: string) => numbered(invalidToken, string(description), 'a string');
/** Channels of both kinds have names of the same set as users. */
export const channel = refusing(userId('Channel name.'), {
  ...userId('')[refusal],
  code: 'invalid_channel_name',
  errorCode: invalidChannelName,
});
export const user = numbered(invalidUserId, userId('User id.'));
export const place = {
  channelType: numbered(invalidChannelType, channelType, '"MESSAGE" or "STREAM"'),
  channel,
};
export const audience = {
  channelType: numbered(
    invalidChannelType,
    described('`USER`: `channel` is a user id.', oneOf('MESSAGE', 'USER')),
    '"MESSAGE" or "USER"',
  ),
  channel: refusing(string('Channel name, or of `USER` the user id.'), { must: 'a string' }),
};
/** Whose name it is, the type of the channel says: a rule about two fields. */
export const namedAudience: JsonSchema = { allOf: [{ properties: { channel: userId('') } }] };

export const where = (name: string, value: unknown): JsonSchema => ({
  properties: { [name]: { const: value } },
});

const base64 = (keywords: JsonSchema = {}) => string(undefined, { pattern: base64Pattern, ...keywords });
const base64Bytes = (bytes: Bounds): JsonSchema => ({ 'x-base64Bytes': bytes });

export const content = (bytesMax: number) =>
  declared(
    'SignalingContent',
    './signaling-frames.ts',
    refusing(
      {
        ...anyOf(
          closed({ text: string() }),
          closed({ bytes: base64() }),
          closed({ sealed: base64(base64Bytes({ minimum: signalingSealBytes })) }),
        ),
        ...bounded(
          closed({
            text: optional({ 'x-utf8BytesMax': bytesMax }),
            bytes: optional(base64Bytes({ maximum: bytesMax })),
            sealed: optional(base64Bytes({ maximum: bytesMax + signalingSealBytes })),
          }),
          {
            says: `A message has at most ${bytesMax} bytes.`,
            errorCode: messageTooLong,
            code: 'frame_too_large',
          },
        ),
      },
      {
        must: 'an object with one of "text", "bytes" and "sealed", the latter two in base64',
        errorCode: invalidMessage,
      },
    ),
  );
export const customType = numbered(
  invalidCustomType,
  string(
    'What the publisher calls the message.',
    bounded(
      { 'x-utf16LengthMax': signalingCustomTypeLengthMax },
      {
        says: `"{name}" has at most ${signalingCustomTypeLengthMax} characters.`,
        errorCode: customTypeTooLong,
      },
    ),
  ),
  'a string',
);

const stateKey = refusing(
  string('Key of a state.', {
    minLength: 1,
    ...bounded(
      { 'x-utf8BytesMax': signalingStateKeyBytesMax },
      { says: `A state's key has at most ${signalingStateKeyBytesMax} bytes.`, errorCode: stateKeyTooLong },
    ),
  }),
  { says: 'The keys of "{name}" must not be empty.', errorCode: invalidStateKey },
);
const stateValue = refusing(
  string(
    undefined,
    bounded(
      { 'x-utf8BytesMax': signalingStateValueBytesMax },
      {
        says: `A state's value has at most ${signalingStateValueBytesMax} bytes.`,
        errorCode: stateValueTooLong,
      },
    ),
  ),
  { says: 'The values of "{name}" must be strings.', errorCode: invalidStateValue },
);
export const states = (description: string) =>
  declared(
    'SignalingStates',
    '../signaling/signaling-channel.ts',
    numbered(
      presenceInvalidArgument,
      record(stateValue, description, {
        propertyNames: stateKey,
        ...bounded(
          { maxProperties: signalingStateKeysMax },
          {
            says: `A user has at most ${signalingStateKeysMax} states in a channel.`,
            errorCode: stateCountOverflow,
          },
        ),
      }),
      'an object of texts by key',
    ),
  );
export const stateKeys = (description: string) =>
  numbered(
    presenceInvalidArgument,
    array(stateKey, description, { maxItems: signalingStateKeysMax }),
    `a list of at most ${signalingStateKeysMax} keys`,
  );

export const revision = numbered(
  storageInvalidArgument,
  integer('A revision; −1 for any.', { minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
  'a whole number, or -1',
);
/** The length is generous: which names there are is the server's to say. */
export const lockName = numbered(
  invalidLockName,
  string('Name of a lock.', { 'x-utf16LengthMax': 128 }),
  'a string of at most 128 characters',
);
export const lock = { id, ...place, lockName };
export const target = declared(
  'MetadataTarget',
  './signaling-frames.ts',
  numbered(storageInvalidArgument, anyOf(closed({ userId: user }), closed(place)), 'an object'),
);
const itemText = numbered(storageInvalidArgument, string(), 'a string');
/** The server decides which keys and revisions are allowed. */
export const items = numbered(
  storageInvalidArgument,
  array(
    numbered(storageInvalidArgument, closed({ key: itemText, value: itemText, revision }), 'a list of items'),
  ),
);

const size = integer('Members of the window.', {
  minimum: 1,
  maximum: Math.min(signalingWindowMembersMax, rosterWindowMembersMax),
});
export const view = declared(
  'RosterViewRequest',
  './live-frames.ts',
  numbered(
    presenceInvalidArgument,
    anyOf(
      closed({ count: constant(true) }),
      closed({ first: size }),
      closed({ from: safe('First place.'), count: size }),
    ),
    `{"count": true}, {"first": n} or {"from": n, "count": n}, with at most ${signalingWindowMembersMax} members`,
  ),
);
export const cursor = named(
  'SignalingRosterCursor',
  closed(
    {
      stream: numbered(presenceInvalidArgument, text('The stream.', 64)),
      after: numbered(presenceInvalidArgument, safe('Goes on after this change.'), 'a whole number from 0'),
    },
    { description: 'The changes that a reader knows: those of this stream up to this seq.' },
  ),
);

export const topic = {
  id,
  channel,
  topic: numbered(
    invalidTopicName,
    string('Topic name.', { pattern: signalingNamePattern(16) }),
    '1 to 16 characters of the legal set, not beginning with "_"',
  ),
};
/** The server answers for each text whether it is a user id. */
export const users = (description: string) =>
  numbered(
    invalidUserList,
    array(string(undefined, { 'x-utf16LengthMax': 256 }), description, {
      ...bounded(
        { maxItems: signalingTopicUsersMax },
        {
          says: `A topic has at most ${signalingTopicUsersMax} subscribed users.`,
          errorCode: tooManyTopicUsers,
        },
      ),
    }),
    'a list of texts',
  );

/** A frame as the protocol's types name it. */
export const frame = <const P extends Properties>(
  name: string,
  description: string,
  properties: P,
  keywords: JsonSchema = {},
) => named(name, closed(properties, { ...(description && { description }), ...keywords }));
