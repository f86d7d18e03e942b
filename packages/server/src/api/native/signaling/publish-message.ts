import {
  HousecountError,
  signalingCustomTypeLengthMax,
  signalingMessageBytesMax,
} from '@housecount/protocol';
import type { Backend, OwnersPublication } from '../../../signaling/backend.ts';
import { anyOf, boolean, integer, object, optional, type Schema, string } from '../../document/schema.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import type { Operation } from '../../request/operation.ts';
import { appParameter, channelParameter } from '../../request/parameters.ts';
import { fieldsOf, flagOf, requestOf, textOf } from './body.ts';
import { legalUser, signalingChannelOf, userOf, userParameter } from './places.ts';

/** Characters of an idempotency key in the body. */
const keyLengthMax = 128;

interface Parts extends AppList {
  readonly signaling: Pick<Backend, 'publish' | 'tellUser'>;
}

/** Publishes to a channel, or to a user, in the name of the server's owner. */
export function publishOperations(parts: Parts): readonly Operation[] {
  const { signaling } = parts;
  const refusals = [
    'invalid_app_id',
    'invalid_user_id',
    'publisher_in_use',
    'rate_limited',
    'history_off',
    'log_unavailable',
  ] as const;
  const description =
    'Receivers cannot tell it from a message that a user sent. A publisher who is a logged-in user is refused unless `asUser` says that this is meant. Rates and sizes are those of a user.';
  return [
    {
      method: 'POST',
      path: '/v1/apps/{app}/channels/{channel}/messages',
      id: 'publishToChannel',
      summary: 'Publish a message to a MESSAGE channel',
      description,
      style: { kind: 'native', refusals: [...refusals, 'invalid_channel_name'] },
      parameters: [appParameter, channelParameter],
      body,
      answer: {
        description: 'It is on its way to all who subscribe with messages.',
        schema: object({ receivers: integer('Connections that it was sent to.', { minimum: 0 }) }),
      },
      idempotencyKeyOf: keyOfBody,
      async handle({ context, body: given }) {
        const app = appOf(parts, context).id;
        const publication = read(given, 'MESSAGE', signalingChannelOf(context));
        return { receivers: await signaling.publish(app, publication) };
      },
    },
    {
      method: 'POST',
      path: '/v1/apps/{app}/users/{user}/messages',
      id: 'publishToUser',
      summary: 'Publish a message to a user who is connected',
      description,
      style: { kind: 'native', refusals: refusals },
      parameters: [appParameter, userParameter],
      body,
      answer: {
        description: 'For who is not there it is kept only with `storeInHistory`.',
        schema: object({
          online: boolean('The user was connected, and it was sent.'),
          kept: boolean('It is in the history.'),
        }),
      },
      idempotencyKeyOf: keyOfBody,
      // What nobody was there for may be tried again.
      isDone: (told) => Object.values(told as Awaited<ReturnType<typeof signaling.tellUser>>).includes(true),
      handle({ context, body: given }) {
        return signaling.tellUser(appOf(parts, context).id, read(given, 'USER', userOf(context)));
      },
    },
  ];
}

const body: Schema = object({
  publisher: string('Who is shown as publisher: a legal user id.'),
  content: anyOf(
    object({ text: string(`At most ${signalingMessageBytesMax} bytes of UTF-8.`) }),
    object({ bytes: string(`Base64 of at most ${signalingMessageBytesMax} bytes.`) }),
    object({
      sealed: string(`Base64 of at most ${signalingMessageBytesMax} bytes encrypted as clients do.`),
    }),
  ),
  customType: optional({ type: 'string', maxLength: signalingCustomTypeLengthMax }),
  storeInHistory: optional(boolean('It is kept, durably, before it is told.')),
  asUser: optional(boolean('The publisher may be a user who is logged in.')),
  idempotencyKey: optional({
    type: 'string',
    minLength: 1,
    maxLength: keyLengthMax,
    description:
      'The same as the header Idempotency-Key, but that the same request at the same time waits for the answer.',
  }),
});

function read(given: unknown, channelType: 'MESSAGE' | 'USER', channel: string): OwnersPublication {
  const fields = fieldsOf(given, [
    'publisher',
    'content',
    'customType',
    'storeInHistory',
    'asUser',
    'idempotencyKey',
  ]);
  const { publisher, asUser: _, storeInHistory: __, idempotencyKey: ___, ...message } = fields;
  if (publisher === undefined) throw new HousecountError('body_invalid', '"publisher" is missing.');
  if (fields.idempotencyKey !== undefined) textOf(fields, 'idempotencyKey', keyLengthMax);
  const { content, customType } = requestOf('publish', { ...message, channelType, channel });
  return {
    publisher: legalUser(publisher),
    asUser: flagOf(fields, 'asUser'),
    isKept: flagOf(fields, 'storeInHistory'),
    channel,
    content,
    ...(customType !== undefined && { customType }),
  };
}

/** One that is no key is refused when the body is read. */
function keyOfBody(body: unknown): string | undefined {
  const key = (body as { idempotencyKey?: unknown } | undefined)?.idempotencyKey;
  return typeof key === 'string' && key !== '' && key.length <= keyLengthMax ? key : undefined;
}
