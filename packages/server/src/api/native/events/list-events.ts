import { HousecountError } from '@housecount/protocol';
import { eventPage } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { History } from '../../../ledger/history/history.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import {
  appParameter,
  channelOf,
  channelParameter,
  queryInteger,
  queryText,
} from '../../request/parameters.ts';

const sidParameter = queryText('sid', 'A life of the channel; without it, the present or last one.');
const after = queryInteger('after', 'Events with a greater seq are answered.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const limit = queryInteger('limit', 'Events in one answer.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});

interface Parts extends AppList {
  readonly history: Pick<History, 'caughtUp' | 'eventsAfter' | 'lives'>;
}

export function listEvents(parts: Parts): Operation {
  const { history } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/events',
    id: 'listEvents',
    summary: 'What happened in one life of a channel',
    description: 'Every event that was acknowledged to anybody before the request is in the answer.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'not_found', 'no_longer_kept', 'overloaded'],
    },
    parameters: [appParameter, channelParameter, sidParameter, after, limit],
    answer: {
      description: 'Events in order of seq, without a hole.',
      schema: eventPage,
    },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const channel = channelOf(context);
      const size = limit.read(context);
      const begin = after.read(context);
      const given = sidParameter.read(context);
      await history.caughtUp(context.signal);
      const sid = given ?? history.lives({ app, channel, limit: 1 })[0]?.sid;
      const found =
        sid === undefined
          ? undefined
          : history.eventsAfter({ app, channel, sid, after: begin, limit: size + 1 });
      if (sid === undefined || found === undefined)
        throw new HousecountError('not_found', 'This channel has no such sid.');
      const events = found.slice(0, size);
      return { app, channel, sid, events, next: events.at(-1)?.seq ?? begin, more: found.length > size };
    },
  });
}
