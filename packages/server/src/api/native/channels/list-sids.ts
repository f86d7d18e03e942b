import { lifeList } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { History } from '../../../ledger/history/history.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, channelOf, channelParameter, queryInteger } from '../../request/parameters.ts';

const limit = queryInteger('limit', 'Lives in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const before = queryInteger('before', 'The `next` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: Number.MAX_SAFE_INTEGER,
});

interface Parts extends AppList {
  readonly history: Pick<History, 'caughtUp' | 'lives'>;
}

export function listSids(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/sids',
    id: 'listSids',
    summary: 'The lives of a channel',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'overloaded'],
    },
    parameters: [appParameter, channelParameter, limit, before],
    answer: {
      description: 'Newest first.',
      schema: lifeList,
    },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const channel = channelOf(context);
      const size = limit.read(context);
      const query = { app, channel, before: before.read(context), limit: size + 1 };
      await parts.history.caughtUp(context.signal);
      const found = parts.history.lives(query);
      const page = found.slice(0, size);
      const last = page.at(-1);
      return {
        sids: page.map(({ app: _app, channel: _channel, position: _position, ...life }) => life),
        ...(last && found.length > size && { next: last.position }),
      };
    },
  });
}
