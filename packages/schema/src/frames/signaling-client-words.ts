import {
  rosterWindowMembersMax,
  signalingCustomTypeLengthMax,
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
  boolean,
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
  type Properties,
  record,
  string,
} from '../shape.ts';
import { channelType } from './frame-words.ts';

/** What the frames of signaling clients are made of. */

export const safe = (description: string) =>
  integer(description, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const id = safe('Id of a request; its answer has the same.');
/** Characters are counted as JavaScript does. */
export const text = (description: string, lengthMax: number) =>
  string(description, { minLength: 1, 'x-utf16LengthMax': lengthMax });
export const seconds = (description: string) => narrowed(number(description), { minimum: 0 });
export const accessToken = (description: string) => string(description);
export const flag = boolean;
/** Channels of both kinds have names of the same set as users. */
export const channel = userId('Channel name.');
export const user = userId('User id.');
export const place = { channelType, channel };
export const audience = {
  channelType: described('`USER`: `channel` is a user id.', oneOf('MESSAGE', 'USER')),
  channel: userId('Channel name, or of `USER` the user id.'),
};

export const where = (name: string, value: unknown): JsonSchema => ({
  properties: { [name]: { const: value } },
});

export const content = (bytesMax: number) =>
  declared(
    'SignalingContent',
    './signaling-frames.ts',
    anyOf(
      closed({ text: string(undefined, { 'x-utf8BytesMax': bytesMax }) }),
      closed({
        bytes: string(undefined, { pattern: base64Pattern, 'x-base64Bytes': { maximum: bytesMax } }),
      }),
      closed({
        sealed: string(undefined, {
          pattern: base64Pattern,
          'x-base64Bytes': { minimum: signalingSealBytes, maximum: bytesMax + signalingSealBytes },
        }),
      }),
    ),
  );
export const customType = string('What the publisher calls the message.', {
  'x-utf16LengthMax': signalingCustomTypeLengthMax,
});

export const stateKey = string('Key of a state.', {
  minLength: 1,
  'x-utf8BytesMax': signalingStateKeyBytesMax,
});
export const states = (description: string) =>
  declared(
    'SignalingStates',
    '../signaling/signaling-channel.ts',
    record(string(undefined, { 'x-utf8BytesMax': signalingStateValueBytesMax }), description, {
      maxProperties: signalingStateKeysMax,
      propertyNames: stateKey,
    }),
  );

export const revision = integer('A revision; −1 for any.', { minimum: -1, maximum: Number.MAX_SAFE_INTEGER });
export const lockName = string('Name of a lock.', { 'x-utf16LengthMax': 128 });
export const lock = { id, ...place, lockName };
export const target = declared(
  'MetadataTarget',
  './signaling-frames.ts',
  anyOf(closed({ userId: user }), closed(place)),
);

const size = integer('Members of the window.', {
  minimum: 1,
  maximum: Math.min(signalingWindowMembersMax, rosterWindowMembersMax),
});
export const view = declared(
  'RosterViewRequest',
  './live-frames.ts',
  anyOf(
    closed({ count: constant(true) }),
    closed({ first: size }),
    closed({ from: safe('First place.'), count: size }),
  ),
);
export const cursor = named(
  'SignalingRosterCursor',
  closed(
    { stream: text('The stream.', 64), after: safe('Goes on after this change.') },
    { description: 'The changes that a reader knows: those of this stream up to this seq.' },
  ),
);

export const topic = {
  id,
  channel,
  topic: string('Topic name.', { pattern: signalingNamePattern(16) }),
};
export const users = (description: string) =>
  array(string(undefined, { 'x-utf16LengthMax': 256 }), description, { maxItems: signalingTopicUsersMax });

/** A frame as the protocol's types name it. */
export const frame = <const P extends Properties>(
  name: string,
  description: string,
  properties: P,
  keywords: JsonSchema = {},
) => named(name, closed(properties, { ...(description && { description }), ...keywords }));
