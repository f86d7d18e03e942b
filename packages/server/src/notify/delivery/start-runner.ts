import type { EventsLost } from '@housecount/protocol';
import type { LogEntry } from '../../log/record/record.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { endpointFilter } from '../endpoint/endpoint-filter.ts';
import { eventOf } from '../notice/channel-events.ts';
import type { Notice } from '../notice/notice.ts';
import type { NoticeEvent } from '../notice/notice-event.ts';
import type { NoticeText } from '../notice/notice-text.ts';
import type { Cursor } from '../progress/delivery-window.ts';
import { Attempts, type AttemptsParts } from './attempts.ts';
import { EndpointRunner, type RunnerLimits, type RunnerParts } from './endpoint-runner.ts';
import { GiveUp, type GiveUpParts } from './give-up.ts';
import { NoticeReader, type ReaderParts } from './notice-reader.ts';

/** The journal that keeps given-up notices, and finds them again after a crash. */
export type RunnerJournal = GiveUpParts['journal'] & {
  has(position: number, noticeId: string): boolean;
};

export interface StartParts
  extends AttemptsParts,
    Pick<ReaderParts, 'log'>,
    Pick<RunnerParts, 'onMoved' | 'onLostTold' | 'halt'> {
  readonly limits: RunnerLimits;
  readonly journal: RunnerJournal;
  readonly textOf: (event: NoticeEvent) => NoticeText;
  /** Losses to tell the endpoint of, beside its events; each is handed to `onLostTold` when it has been told. */
  readonly lost: readonly EventsLost[];
}

/** Begins to deliver to the endpoint what comes after the cursor, and what it is still to be told of its losses. */
export function startRunner(endpoint: Endpoint, cursor: Cursor, parts: StartParts): EndpointRunner {
  const { limits, lost, textOf } = parts;
  const noticeOf = noticesOf(endpoint, parts);
  return new EndpointRunner(endpoint, {
    ...parts,
    inFlightMax: limits.endpointInFlightMax,
    first: lost.map((event) => ({ position: 0, event, text: textOf(event) })),
    attempts: new Attempts(endpoint, parts),
    giveUp: new GiveUp(parts),
    reader: (handlers) =>
      new NoticeReader({
        ...parts,
        ...handlers,
        cursor,
        outstandingMax:
          endpoint.format === 'batch' ? limits.batchOutstandingMax : limits.endpointOutstandingMax,
        noticeOf,
      }),
  });
}

/** The notices that the endpoint is sent of the log: of events of its app that it asked for, and that were not given up before. */
function noticesOf(
  endpoint: Endpoint,
  { textOf, journal }: Pick<StartParts, 'textOf' | 'journal'>,
): (entry: LogEntry) => Notice | undefined {
  const isFor = endpointFilter(endpoint);
  return ({ position, record }) => {
    const event = eventOf(record);
    if (event?.app !== endpoint.app) return undefined;
    const text = textOf(event);
    if (!isFor(event, text.eventType) || journal.has(position, text.noticeId)) return undefined;
    return { position, event, text };
  };
}
