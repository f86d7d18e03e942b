import { attempt as attemptShape } from '@housecount/schema';
import type { Notify } from '../../../notify/contract.ts';
import type { Attempt } from '../../../notify/feed/attempt-feed.ts';
import { withoutNames } from '../../access/names-hidden.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import {
  type EventStreams,
  resumeAfter,
  type StreamEvent,
  sharedEvents,
} from '../../request/event-stream.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryInteger } from '../../request/parameters.ts';

const after = queryInteger('after', 'Attempts with a greater id. Last-Event-ID goes before it.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});

const eventOf = (attempt: Attempt): StreamEvent => ({ event: 'attempt', id: attempt.id, data: attempt });

const eventWithoutNames = (attempt: Attempt): StreamEvent => ({
  ...eventOf(attempt),
  data: withoutNames(attempt),
});

interface Parts extends AppList {
  readonly notify: Pick<Notify, 'feed'>;
  readonly streams: EventStreams;
}

export function followAttempts(parts: Parts): Operation {
  const bytesOf = sharedEvents(eventOf);
  const bytesWithoutNamesOf = sharedEvents(eventWithoutNames);

  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/attempts',
    id: 'followAttempts',
    summary: 'Every attempt to deliver a notice of an app, as a stream',
    description:
      'Server-sent events named `attempt`: first the newest that the server still has, then each as it is made. Attempts are kept in memory: they are for looking on, not for counting.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'too_many_connections', 'overloaded'],
    },
    parameters: [appParameter, after],
    answer: {
      description: 'The data of each event is an Attempt.',
      contentType: 'text/event-stream',
      schema: attemptShape,
    },
    handle({ request, context, caller }) {
      const [one, several] =
        caller?.names === false ? [eventWithoutNames, bytesWithoutNamesOf] : [eventOf, bytesOf];
      const app = appOf(parts, context).id;
      const start = resumeAfter(request, after.read(context));
      const { feed } = parts.notify;
      async function* source(signal: AbortSignal) {
        // Subscribed before the past is read, so that nothing falls between the two.
        const live = feed.attempts(app, signal);
        const newest = feed.recent(app, { limit: 1 })[0]?.id ?? 0;
        // An id that this process has not reached is of an earlier one: everything is new to the asker.
        let last = start > newest ? 0 : start;
        for (const attempt of feed.recent(app, { after: last })) {
          last = attempt.id;
          yield one(attempt);
        }
        for await (const attempts of live) {
          const isNew = (attempts[0]?.id ?? 0) > last;
          yield several(isNew ? attempts : attempts.filter(({ id }) => id > last));
        }
      }
      return parts.streams.respond({ signal: context.signal, source });
    },
  });
}
