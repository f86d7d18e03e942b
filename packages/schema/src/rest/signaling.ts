import {
  signalingCustomTypeLengthMax,
  signalingMessageBytesMax,
  signalingSealBytes,
} from '@housecount/protocol';
import { base64Pattern } from '../base64.ts';
import { userId } from '../names.ts';
import {
  anyOf,
  array,
  boolean,
  closed,
  constant,
  described,
  integer,
  type JsonSchema,
  milliseconds,
  named,
  nullable,
  object,
  oneOf,
  optional,
  record,
  refusing,
  string,
} from '../shape.ts';
import { channelEvent } from './channels.ts';

/** Messages, presence, metadata and locks, as a backend sees and changes them. */

/** Characters of an idempotency key in the body. */
export const bodyKeyLengthMax = 128;
/** A flag that may be absent or null, which is false. */
const flag = (description?: string) => optional(nullable(boolean(description)));

/** A bound of its own: only a value that goes beyond it is `body_too_large`, and not one that is no text or no base64. */
const tooLarge = (bound: JsonSchema) => ({ allOf: [refusing(bound, { code: 'body_too_large' })] });

const base64 = (description: string, { minimum, maximum }: { minimum?: number; maximum: number }) =>
  refusing(
    string(description, {
      pattern: base64Pattern,
      ...(minimum !== undefined && { 'x-base64Bytes': { minimum } }),
      ...tooLarge({ 'x-base64Bytes': { maximum } }),
    }),
    { must: minimum === undefined ? 'base64' : `base64 of at least ${minimum} bytes` },
  );

/** A message's content, as it is sent. */
const content = described(
  'An object with one of text, bytes and sealed.',
  anyOf(
    closed({
      text: string(
        `At most ${signalingMessageBytesMax} bytes of UTF-8.`,
        tooLarge({ 'x-utf8BytesMax': signalingMessageBytesMax }),
      ),
    }),
    closed({
      bytes: base64(`Base64 of at most ${signalingMessageBytesMax} bytes.`, {
        maximum: signalingMessageBytesMax,
      }),
    }),
    closed({
      sealed: base64(`Base64 of at most ${signalingMessageBytesMax} bytes encrypted as clients do.`, {
        minimum: signalingSealBytes,
        maximum: signalingMessageBytesMax + signalingSealBytes,
      }),
    }),
  ),
);

export const publication = named(
  'Publication',
  closed({
    publisher: userId('Who is shown as publisher: a legal user id.'),
    content,
    customType: optional(
      string('A word of the publisher for what it is.', {
        maxLength: signalingCustomTypeLengthMax,
        'x-utf16LengthMax': signalingCustomTypeLengthMax,
      }),
    ),
    storeInHistory: flag('It is kept, durably, before it is told.'),
    asUser: flag('The publisher may be a user who is logged in.'),
    idempotencyKey: optional(
      string(
        'The same as the header Idempotency-Key, but that the same request at the same time waits for the answer.',
        { minLength: 1, maxLength: bodyKeyLengthMax, 'x-utf16LengthMax': bodyKeyLengthMax },
      ),
    ),
  }),
);
export const toldChannel = object({
  receivers: integer('Connections that it was sent to.', { minimum: 0 }),
});
export const toldUser = object({
  online: boolean('The user was connected, and it was sent.'),
  kept: boolean('It is in the history.'),
});

export const messagePage = named(
  'MessagePage',
  object({
    messages: array(
      object({
        publisher: string(),
        content: anyOf(
          object({ text: string() }),
          object({ bytes: string('Base64.') }),
          object({ sealed: string('Base64 of what the clients encrypted.') }),
        ),
        customType: optional(string()),
        timestamp: integer('Epoch milliseconds; no two messages of a conversation have the same.'),
      }),
    ),
    newStart: integer('Send it as `start` for the next page; 0: this is the last.'),
  }),
);

const speaker = {
  author: userId('The user who is shown as the author: a legal user id.'),
  asUser: flag('The author may be a user who is logged in.'),
};
const revision = anyOf(constant(-1), integer(undefined, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));
const anyRevision = refusing(
  described('The revision that must be there; −1, which is the default, allows any.', revision),
  { must: 'a revision above 0, or -1' },
);

export const metadataChange = (limits: { readonly metadataBytesMax: number }) =>
  named(
    'MetadataChange',
    refusing(
      closed(
        {
          ...speaker,
          mode: described(
            '`set` writes the items; `update` those that are there already; `remove` takes them away, or all if `items` is empty.',
            oneOf('set', 'update', 'remove'),
          ),
          items: array(
            closed({
              key: refusing(string(undefined, { pattern: '^[\\x20-\\x7e]{1,32}$' }), {
                must: '1 to 32 visible ASCII characters',
              }),
              value: optional(string(undefined, { 'x-utf8BytesMax': limits.metadataBytesMax })),
              revision: optional(anyRevision),
            }),
            'Items with keys of at most 32 visible ASCII characters.',
            { 'x-uniqueBy': 'key' },
          ),
          majorRevision: optional(anyRevision),
          lockName: optional(
            string('A lock of the channel that the author must hold.', {
              maxLength: 128,
              'x-utf16LengthMax': 128,
            }),
          ),
          addTimeStamp: optional(boolean('The items keep when they were written.')),
          addUserId: optional(boolean('The items keep their author.')),
        },
        {
          anyOf: [{ properties: { mode: { const: 'remove' } } }, { properties: { items: { minItems: 1 } } }],
        },
      ),
      { must: 'an object with at least one item, unless the mode is remove' },
    ),
  );
export const metadataSet = named(
  'MetadataSet',
  object({
    majorRevision: integer(),
    items: array(
      object({
        key: string(),
        value: string(),
        revision: integer(),
        updatedMs: optional(milliseconds('When it was written; only if the writer asked for it')),
        author: optional(string()),
      }),
    ),
  }),
);

export const lockRevocation = named(
  'LockRevocation',
  closed({ ...speaker, owner: optional(userId('The lock is taken only if this user holds it.')) }),
);
export const revokedLock = object({ lockName: string() });
export const lockList = named(
  'LockList',
  object({
    locks: array(
      object({
        lockName: string(),
        owner: optional(string('Empty: nobody holds it.')),
        ttl: integer('Seconds that it stays with who goes offline.'),
      }),
    ),
  }),
);

export const channelUsers = named(
  'ChannelUsers',
  object({
    count: integer('All who are shown in the channel.', { minimum: 0 }),
    users: optional(array(object({ userId: string(), states: optional(record(string())) }))),
    next: optional(string('Send it as `page`; absent on the last.')),
  }),
);
const signalingType = oneOf('MESSAGE', 'STREAM');
export const userChannels = named(
  'UserChannels',
  object({ channels: array(object({ channelName: string(), channelType: signalingType })) }),
);
export const userStatuses = named(
  'UserStatuses',
  object({
    users: array(
      object({
        userId: string(),
        status: described(
          '`reconnecting`: without connection, within the lease. Messages need `online`.',
          oneOf('online', 'reconnecting', 'offline'),
        ),
      }),
    ),
  }),
);
export const removedUser = object({
  removed: integer('Of the three, how many the user was put out of.', { minimum: 0, maximum: 3 }),
});
export const endedSession = object({ ended: boolean('False if there was none.') });

const place = { app: string(), channelType: signalingType, channel: string() };
export const subscriberList = named(
  'SubscriberList',
  object({
    ...place,
    sid: optional(string('One life of the channel, from first to last subscriber.')),
    seq: optional(integer()),
    count: integer(),
    members: array(
      object({
        userId: optional(string()),
        uid: optional(integer()),
        joinedMs: integer('UTC epoch milliseconds.'),
        quiet: optional(constant(true)),
        interruptedSinceMs: optional(integer('UTC epoch milliseconds.')),
      }),
    ),
    cursor: optional(string('Asks for what comes after this moment; on the first page alone.')),
    next: optional(object({ after: integer(), at: string() }, 'Absent on the last page.')),
  }),
);
export const subscriberEvents = named(
  'SubscriberEvents',
  object({
    ...place,
    events: array(channelEvent),
    cursor: string('Stands after the last event.'),
    more: boolean('There may be more now.'),
  }),
);
