import {
  type ChannelEvent,
  type CommunicationEvents,
  HousecountError,
  toAgoraNotice,
} from '@housecount/protocol';
import { pulledEvents } from '@housecount/schema';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { History } from '../../../ledger/history/history.ts';
import type { Feed } from '../../../log/contract/feed.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryInteger, queryText } from '../../request/parameters.ts';
import { beginAnew, formatCursor, readCursor } from '../../request/pull-cursor.ts';

const cursorParameter = queryText(
  'cursor',
  'The `cursor` of the answer before or of a snapshot; `start` (the default): the oldest event kept; `now`: from now on.',
);
const noTime = -1;
const since = queryInteger(
  'since',
  'Instead of `cursor`: begin with what happened at or after this time, epoch milliseconds. Refused `no_longer_kept` if some of that was deleted.',
  { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: noTime },
);
const limit = queryInteger('limit', 'Events in one answer.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const wait = queryInteger('wait', 'If there is nothing new, wait this long for it, seconds.', {
  minimum: 0,
  maximum: fixed.pullWaitMsMax / 1000,
  default: 0,
});

interface Parts extends AppList {
  readonly history: Pick<History, 'caughtUp' | 'scan' | 'oldest' | 'positionBefore' | 'sidAt' | 'news'>;
  readonly log: Pick<Feed, 'lastPosition'>;
  readonly clock: Clock;
  /** The numbering of the joins and leaves of communication channels. */
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
}

export function pullEvents(parts: Parts): Operation {
  const { history, log, clock } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/events',
    id: 'pullEvents',
    summary: 'What happened in all channels of an app, for receivers that cannot be reached',
    description:
      'Every event in the order of the log, each with its notice. Ask again at once with `cursor`: it survives restarts of both sides, so nothing is missed and nothing comes twice. Events older than the history are refused `no_longer_kept`: begin anew with a snapshot.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'no_longer_kept', 'overloaded', 'too_many_connections', 'going_away'],
    },
    parameters: [
      appParameter,
      cursorParameter,
      { ...since, schema: { type: 'integer', minimum: 0 } },
      limit,
      wait,
    ],
    answer: {
      description: 'No events: there was none until the wait was over.',
      schema: pulledEvents,
    },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const size = limit.read(context);
      const untilMs = clock.steadyMs() + wait.read(context) * 1000;
      await history.caughtUp(context.signal);
      let after = startOf(cursorParameter.read(context), since.read(context), app);
      for (;;) {
        const { entries, through, more } = scan(app, after, size);
        const leftMs = untilMs - clock.steadyMs();
        if (entries.length > 0 || more || leftMs <= 0) {
          const cursor = formatCursor({ app, position: through, sid: history.sidAt(through) });
          return { app, events: entries.map(({ event }) => toPulled(event)), cursor, more };
        }
        after = through;
        await history.news(app, leftMs, context.signal);
      }
    },
  });

  function startOf(cursor: string | undefined, sinceMs: number, app: string): number {
    if (sinceMs !== noTime) {
      if (cursor !== undefined) throw new HousecountError('query_invalid', 'Give cursor or since, not both.');
      return kept(app, () => history.positionBefore(sinceMs));
    }
    if (cursor === undefined || cursor === 'start') return history.oldest;
    // The history has caught up with what was durable when this was asked: that is now.
    if (cursor === 'now') return log.lastPosition;
    return readCursor(cursor, app, (position) => history.sidAt(position));
  }

  function scan(app: string, after: number, size: number) {
    return kept(app, () => history.scan({ app, after, limit: size }));
  }

  function kept<T>(app: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof HousecountError && error.code === 'no_longer_kept') throw beginAnew(app);
      throw error;
    }
  }

  function toPulled(event: ChannelEvent) {
    const notice = toAgoraNotice(event, {
      notifyMs: Math.floor(clock.nowMs()),
      communicationEvents: parts.communicationEventsOf(event.app),
    });
    return { ...event, noticeId: notice.noticeId, eventType: notice.eventType, notice };
  }
}
