import { notice as noticeShape } from '@housecount/schema';
import type { Feed } from '../../../log/contract/feed.ts';
import type { Notify } from '../../../notify/contract.ts';
import type { FormedNotice } from '../../../notify/feed/formed-notice.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type EventStreams, resumeAfter, sharedEvents } from '../../request/event-stream.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryInteger } from '../../request/parameters.ts';

const fromNow = -1;
const after = queryInteger(
  'after',
  'Notices of events after this log position; 0: all that the log still holds. Without it, from now on. Last-Event-ID goes before it.',
  { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: fromNow },
);

interface Parts extends AppList {
  readonly log: Pick<Feed, 'lastPosition'>;
  readonly notify: Pick<Notify, 'notices'>;
  readonly streams: EventStreams;
}

export function followNotices(parts: Parts): Operation {
  const bytesOf = sharedEvents((notice: FormedNotice) => ({
    event: 'notice',
    id: notice.position,
    data: notice,
  }));

  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/notices',
    id: 'followNotices',
    summary: 'The notices of an app, as a stream',
    description:
      'Server-sent events named `notice`, each with the body and the signed headers that a receiver would get; the id is the log position to resume after. A last event `error` has a code and a message.',
    style: { kind: 'native', refusals: ['invalid_app_id', 'too_many_connections'] },
    parameters: [appParameter, { ...after, schema: { type: 'integer', minimum: 0 } }],
    answer: {
      description: 'The data of each event is a Notice.',
      contentType: 'text/event-stream',
      schema: noticeShape,
    },
    handle({ request, context }) {
      const app = appOf(parts, context).id;
      const given = resumeAfter(request, after.read(context));
      const start = given === fromNow ? parts.log.lastPosition : given;
      async function* source(signal: AbortSignal) {
        for await (const notices of parts.notify.notices(app, start, signal)) yield bytesOf(notices);
      }
      return parts.streams.respond({ signal: context.signal, source, firstId: start });
    },
  });
}
