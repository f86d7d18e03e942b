import {
  HousecountError,
  signalingCustomTypeLengthMax,
  signalingMessageBytesMax,
} from '@housecount/protocol';
import { limits } from '../../../limits.ts';
import type { OwnersPublication } from '../../../signaling/backend.ts';
import { Idempotency } from '../../idempotency.ts';
import type { Operation } from '../../operation.ts';
import { appOf, appParameter, channelParameter } from '../../parameters.ts';
import { anyOf, boolean, integer, object, optional, type Schema, string } from '../../schema.ts';
import type { NativeParts } from '../parts.ts';
import { fieldsOf, flagOf, requestOf, textOf } from './body.ts';
import { legalUser, signalingChannelOf, userOf, userParameter } from './places.ts';

/** Characters of an idempotency key. */
const keyLengthMax = 128;

/** Publishes to a channel, or to a user, in the name of the server's owner. */
export function publishOperations({ deps }: NativeParts): readonly Operation[] {
  const { signaling, clock } = deps;
  const idempotency = new Idempotency(clock, {
    keptMs: limits.idempotencyMs,
    keysMax: limits.idempotencyKeysMax,
  });
  const refusals = [
    'invalid_app_id',
    'invalid_user_id',
    'publisher_in_use',
    'idempotency_key_used',
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
      handle({ context, body: given }) {
        const app = appOf(deps, context).id;
        const { publication, key } = read(given, 'MESSAGE', signalingChannelOf(context));
        const run = async () => ({ receivers: await signaling.publish(app, publication) });
        if (key === undefined) return run();
        return idempotency.once(placeOf(app, 'channel', publication, key), JSON.stringify(publication), run);
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
      handle({ context, body: given }) {
        const app = appOf(deps, context).id;
        const { publication, key } = read(given, 'USER', userOf(context));
        const run = () => signaling.tellUser(app, publication);
        if (key === undefined) return run();
        const place = placeOf(app, 'user', publication, key);
        return idempotency.once(
          place,
          JSON.stringify(publication),
          run,
          ({ online, kept }) => online || kept,
        );
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
    description: `With the same key and message, within ${limits.idempotencyMs / 60_000} minutes and until the server is started again, nothing is published again and the answer is the same.`,
  }),
});

function read(
  given: unknown,
  channelType: 'MESSAGE' | 'USER',
  channel: string,
): { readonly publication: OwnersPublication; readonly key: string | undefined } {
  const fields = fieldsOf(given, [
    'publisher',
    'content',
    'customType',
    'storeInHistory',
    'asUser',
    'idempotencyKey',
  ]);
  const { publisher, asUser: _, storeInHistory: __, idempotencyKey, ...message } = fields;
  if (publisher === undefined) throw new HousecountError('body_invalid', '"publisher" is missing.');
  const key = idempotencyKey === undefined ? undefined : textOf(fields, 'idempotencyKey', keyLengthMax);
  const { content, customType } = requestOf('publish', { ...message, channelType, channel });
  return {
    publication: {
      publisher: legalUser(publisher),
      asUser: flagOf(fields, 'asUser'),
      isKept: flagOf(fields, 'storeInHistory'),
      channel,
      content,
      ...(customType !== undefined && { customType }),
    },
    key,
  };
}

const placeOf = (app: string, kind: string, { channel }: OwnersPublication, key: string): string =>
  `${app}/${kind}/${channel}/${key}`;
