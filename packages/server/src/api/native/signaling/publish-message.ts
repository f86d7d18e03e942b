import { bodyKeyLengthMax, publication, readBody, toldChannel, toldUser } from '@housecount/schema';
import type { Backend, OwnersPublication } from '../../../signaling/backend.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, channelParameter } from '../../request/parameters.ts';
import { requestOf } from './body.ts';
import { signalingChannelOf, userOf, userParameter } from './places.ts';

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
    operation({
      method: 'POST',
      path: '/v1/apps/{app}/channels/{channel}/messages',
      id: 'publishToChannel',
      summary: 'Publish a message to a MESSAGE channel',
      description,
      style: { kind: 'native', refusals: [...refusals, 'invalid_channel_name'] },
      parameters: [appParameter, channelParameter],
      body: publication,
      answer: {
        description: 'It is on its way to all who subscribe with messages.',
        schema: toldChannel,
      },
      idempotencyKeyOf: keyOfBody,
      async handle({ context, body: given }) {
        const app = appOf(parts, context).id;
        const publication = read(given, 'MESSAGE', signalingChannelOf(context));
        return { receivers: await signaling.publish(app, publication) };
      },
    }),
    operation({
      method: 'POST',
      path: '/v1/apps/{app}/users/{user}/messages',
      id: 'publishToUser',
      summary: 'Publish a message to a user who is connected',
      description,
      style: { kind: 'native', refusals: refusals },
      parameters: [appParameter, userParameter],
      body: publication,
      answer: {
        description: 'For who is not there it is kept only with `storeInHistory`.',
        schema: toldUser,
      },
      idempotencyKeyOf: keyOfBody,
      // A message that reached nobody may be tried again.
      isDone: (told) => Object.values(told as Awaited<ReturnType<typeof signaling.tellUser>>).includes(true),
      handle({ context, body: given }) {
        return signaling.tellUser(appOf(parts, context).id, read(given, 'USER', userOf(context)));
      },
    }),
  ];
}

function read(given: unknown, channelType: 'MESSAGE' | 'USER', channel: string): OwnersPublication {
  const { publisher, asUser, storeInHistory, idempotencyKey: _, ...message } = readBody(publication, given);
  const { content, customType } = requestOf('publish', { ...message, channelType, channel });
  return {
    publisher,
    asUser: asUser ?? false,
    isKept: storeInHistory ?? false,
    channel,
    content,
    ...(customType !== undefined && { customType }),
  };
}

/** The key in the body; a value that is no key is refused when the body is read. */
function keyOfBody(body: unknown): string | undefined {
  const key = (body as { idempotencyKey?: unknown } | undefined)?.idempotencyKey;
  return typeof key === 'string' && key !== '' && key.length <= bodyKeyLengthMax ? key : undefined;
}
