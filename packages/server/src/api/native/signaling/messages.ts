import { HousecountError } from '@housecount/protocol';
import { messagePage, object, string } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { Messages } from '../../../ledger/messages/messages.ts';
import type { MessageLog } from '../../../log/contract/messages.ts';
import { conversationOf } from '../../../log/record/conversation.ts';
import type { RequestContext } from '../../../net/http/route.ts';
import { pageOf } from '../../../signaling/messages/kept-messages.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import {
  appParameter,
  channelParameter,
  queryInteger,
  queryText,
  type Readable,
} from '../../request/parameters.ts';
import { legalUser, signalingChannelOf, userOf, userParameter } from './places.ts';

const timeBounds = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 };
const start = queryInteger('start', 'The newer bound, exclusive, epoch milliseconds; 0: now.', timeBounds);
const end = queryInteger('end', 'The older bound, inclusive, epoch milliseconds; 0: none.', timeBounds);
const count = queryInteger('count', 'How many at most.', {
  minimum: 1,
  maximum: fixed.messagePageMax,
  default: fixed.messagePageMax,
});
const other: Readable<string> = {
  name: 'with',
  in: 'query',
  description: 'The other user.',
  required: true,
  schema: string(),
  read: ({ url }) => legalUser(url.searchParams.get('with')),
};
const publisher = queryText('publisher', 'Only what this user published there.');
const timestamp = queryInteger('timestamp', 'Only the message of this time.', timeBounds);

const bounds = [start, end, count];
const refusals = ['invalid_app_id', 'history_off', 'overloaded'] as const;

interface Parts extends AppList {
  /** The messages that users had kept. */
  readonly kept: Pick<Messages, 'read'>;
  readonly log: Pick<MessageLog, 'eraseMessages'>;
}

/** The messages that were published to be kept: read, and deleted. */
export function messageOperations(parts: Parts): readonly Operation[] {
  return [
    listChannelMessages(parts),
    listUserMessages(parts),
    deleteChannelMessages(parts),
    deleteUserMessages(parts),
  ];
}

function listChannelMessages(parts: Pick<Parts, 'apps' | 'kept'>): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/messages',
    id: 'listChannelMessages',
    summary: 'Kept messages of a MESSAGE channel, newest first',
    style: { kind: 'native', refusals: [...refusals, 'invalid_channel_name'] },
    parameters: [appParameter, channelParameter, ...bounds],
    answer: { description: 'A page; one of long messages ends early.', schema: messagePage },
    async handle({ context }) {
      const app = keepingApp(parts, context);
      const channel = signalingChannelOf(context);
      const conversation = conversationOf({ app, channelType: 'MESSAGE', channel, publisher: '' });
      return pageOf(await parts.kept.read({ app, conversation, ...readBounds(context) }, context.signal));
    },
  });
}

function listUserMessages(parts: Pick<Parts, 'apps' | 'kept'>): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/users/{user}/messages',
    id: 'listUserMessages',
    summary: 'Kept messages between two users, newest first',
    style: { kind: 'native', refusals: [...refusals, 'invalid_user_id'] },
    parameters: [appParameter, userParameter, other, ...bounds],
    answer: { description: 'A page, of both directions.', schema: messagePage },
    async handle({ context }) {
      const app = keepingApp(parts, context);
      const ends = { channel: other.read(context), publisher: userOf(context) };
      const conversation = conversationOf({ app, channelType: 'USER', ...ends });
      return pageOf(await parts.kept.read({ app, conversation, ...readBounds(context) }, context.signal));
    },
  });
}

function deleteChannelMessages(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  return operation({
    method: 'DELETE',
    path: '/v1/apps/{app}/channels/{channel}/messages',
    id: 'deleteChannelMessages',
    summary: 'Delete kept messages of a MESSAGE channel',
    description: 'All of them, those of one publisher, or one. Later messages are not concerned.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'invalid_user_id', 'query_invalid'],
    },
    parameters: [appParameter, channelParameter, publisher, timestamp],
    answer: { description: erasedDescription, schema: object({}) },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const channel = signalingChannelOf(context);
      const by = publisher.read(context);
      const atMs = timestamp.read(context);
      if (by !== undefined && atMs !== 0)
        throw new HousecountError('query_invalid', 'Name a publisher or a timestamp.');
      return erase(parts.log, app, {
        channel,
        ...(by !== undefined && { publisher: legalUser(by) }),
        ...(atMs !== 0 && { timestamp: atMs }),
      });
    },
  });
}

function deleteUserMessages(parts: Pick<Parts, 'apps' | 'log'>): Operation {
  return operation({
    method: 'DELETE',
    path: '/v1/apps/{app}/users/{user}/messages',
    id: 'deleteUserMessages',
    summary: 'Delete all kept messages that a user sent or got',
    description: 'In every channel, and between this user and others.',
    style: { kind: 'native', refusals: ['invalid_app_id', 'invalid_user_id'] },
    parameters: [appParameter, userParameter],
    answer: { description: erasedDescription, schema: object({}) },
    handle({ context }) {
      return erase(parts.log, appOf(parts, context).id, { userId: userOf(context) });
    },
  });
}

/** The app's id. @throws HousecountError history_off */
function keepingApp(list: AppList, context: RequestContext): string {
  const app = appOf(list, context);
  if (app.historyDays === 0) throw new HousecountError('history_off');
  return app.id;
}

async function erase(log: Parts['log'], ...[app, erased]: Parameters<Parts['log']['eraseMessages']>) {
  const outcome = await log.eraseMessages(app, erased);
  if (!outcome.ok) throw new HousecountError(outcome.code);
  return {};
}

function readBounds(context: Parameters<typeof start.read>[0]) {
  const bounds = { start: start.read(context), end: end.read(context), limit: count.read(context) };
  if (bounds.start !== 0 && bounds.end > bounds.start)
    throw new HousecountError('query_invalid', 'end is the older bound, start the newer.');
  return bounds;
}

const erasedDescription =
  'Durable: nobody reads them any more. The log on disk has them until its own retention ends.';
