import type { Clock } from '../../clock.ts';
import type { Kept } from '../../kept/contract.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { CursorStore, KeptCursor } from '../progress/cursor-store.ts';
import { DeliveryWindow } from '../progress/delivery-window.ts';
import { GivenUpJournal } from '../progress/given-up-journal.ts';
import { LostEvents } from '../progress/lost-events.ts';
import { noteMissing } from '../retention/note-missing.ts';
import { passed } from '../retention/retention.ts';
import { appLog } from '../set-aside/app-log.ts';
import type { SetAside } from '../set-aside/set-aside.ts';
import { beginRunnerIn, type SlotRunning } from './begin-runner.ts';
import { EndpointSlot } from './endpoint-slot.ts';
import { returnTo, type SlotReturning } from './slot-return.ts';

export interface SlotOpening {
  readonly kept: Pick<Kept, 'value' | 'journal'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: Feed & Pick<LogRetention, 'firstPosition'>;
  readonly cursors: Pick<CursorStore, 'get'>;
  /** The events that are set aside for an app. */
  readonly asideOf: (app: string) => Promise<SetAside>;
  /** The size of each endpoint's given-up journal; undefined: givenUpBytesMax. */
  readonly givenUpBytesMax: number | undefined;
  readonly running: SlotRunning;
  readonly returning: SlotReturning;
}

/** Makes the place of an endpoint whose cursor is stored; nothing is delivered yet. */
export async function openSlot(endpoint: Endpoint, opening: SlotOpening): Promise<EndpointSlot> {
  const { kept, clock, log, running, returning } = opening;
  const logger = opening.logger.with({ endpoint: endpoint.id });
  const lost = await LostEvents.open({ kept, clock, logger }, endpoint.id);
  // Its mark is of another log; once this one has grown past it, it would look like one of its own.
  if (lost.through > log.lastPosition) await lost.add(0, 0, lost.pending);
  const cursor = startOf(opening.cursors.get(endpoint.id), lost.through, {
    lastPosition: log.lastPosition,
    logger,
  });
  const aside = await opening.asideOf(endpoint.app);
  const { readAfter } = new DeliveryWindow(cursor);
  const journal = await GivenUpJournal.open(kept, endpoint.id, readAfter, opening.givenUpBytesMax);
  if (journal.damagedBytes > 0)
    logger.error('Given-up notices of the endpoint are damaged on the disk and cannot be read.', {
      damagedBytes: journal.damagedBytes,
      whole: journal.count,
    });
  const place = { journal, lost, log: appLog(log, aside) };
  const slot = new EndpointSlot(endpoint, {
    ...place,
    cursor,
    aside,
    beginRunner: beginRunnerIn({ ...place, clock, logger }, running),
    returnTo: (it) => returnTo(it, { clock, logger, journal, random: running.random, returning }),
  });
  try {
    await noteMissing(slot, { log, clock, logger });
  } catch (cause) {
    await slot.stop();
    await slot.close();
    throw cause;
  }
  return slot;
}

/** After a crash, what was lost may be ahead of the stored cursor. */
function startOf(
  cursor: KeptCursor,
  lostThrough: number,
  { lastPosition, logger }: { readonly lastPosition: number; readonly logger: Logger },
): KeptCursor {
  if (cursor.through <= lastPosition) return { ...cursor, ...passed(cursor, lostThrough) };
  logger.warn('The cursor lies beyond the log, which must be another one; the endpoint begins at its end.', {
    cursor: cursor.through,
    lastPosition,
  });
  return { through: lastPosition, open: [] };
}
