import type { Random } from '../../clock.ts';
import type { AttemptReport } from '../delivery/attempt.ts';
import type { EndpointRunner } from '../delivery/endpoint-runner.ts';
import { type StartParts, startRunner } from '../delivery/start-runner.ts';
import type { Endpoint, NoticeFormat } from '../endpoint/endpoint.ts';
import type { NoticeEvent } from '../notice/notice-event.ts';
import type { NoticeText } from '../notice/notice-text.ts';
import type { KeptCursor } from '../progress/cursor-store.ts';
import type { LostEvents } from '../progress/lost-events.ts';

/** Runs any endpoint. */
export interface SlotRunning extends Pick<StartParts, 'limits' | 'send' | 'onAttempt'> {
  readonly random: Random;
  readonly textOf: (event: NoticeEvent, format: NoticeFormat) => NoticeText;
  /** The endpoint's cursor, or its halt, is not what it was. */
  readonly onMoved: (endpointId: string) => void;
}

/** What every runner of one slot delivers from, whatever its endpoint's settings are by then. */
export interface RunnerPlace extends Pick<StartParts, 'clock' | 'logger' | 'log' | 'journal'> {
  readonly lost: LostEvents;
}

/** Begins to deliver what comes after the cursor; one that is halted with no more than a probe, or with nothing. */
export type BeginRunner = (
  endpoint: Endpoint,
  cursor: KeptCursor,
  onAttempt: (report: AttemptReport) => void,
) => EndpointRunner;

/** Begins the runners of one slot, one after the other: each attempt is told to the slot first, then to all. */
export function beginRunnerIn(place: RunnerPlace, running: SlotRunning): BeginRunner {
  const { clock, logger, log, journal, lost } = place;
  return (endpoint, cursor, onAttempt) =>
    startRunner(endpoint, cursor, {
      clock,
      logger,
      log,
      journal,
      limits: running.limits,
      random: running.random,
      send: running.send,
      textOf: (event) => running.textOf(event, endpoint.format),
      lost: lost.pending,
      onLostTold: (told) => lost.told(told),
      halt: cursor.halt,
      onMoved: () => running.onMoved(endpoint.id),
      onAttempt: (report) => {
        onAttempt(report);
        running.onAttempt(report);
      },
    });
}
