import type { Clock } from '../../clock.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { Logger } from '../../observe/contract.ts';
import { LostTally } from './lost-tally.ts';
import type { Place } from './place.ts';
import { passed } from './retention.ts';

/**
 * An endpoint whose cursor lies before the oldest record that is kept: it was out of the configuration while the log went
 * on, or what was set aside for it is damaged. Which events those were nobody knows here any more; it is told until when.
 */
export async function noteMissing(
  place: Pick<Place, 'endpoint' | 'aside' | 'lost' | 'finishedTo' | 'still'>,
  { log, clock, logger }: { log: Pick<LogRetention, 'firstPosition'>; clock: Clock; logger: Logger },
): Promise<void> {
  const through = place.aside.keptAfter(await log.firstPosition());
  if (place.finishedTo >= through) return;
  await place.still(async (cursor) => {
    const nowMs = clock.nowMs();
    const tally = new LostTally(place.endpoint.app, place.lost.pending, nowMs);
    tally.addUnknown(nowMs);
    await noteLost(place, through, tally);
    logger.warn('The log no longer has what the endpoint was not sent; it will be told so.', {
      from: place.finishedTo,
      through,
    });
    return { ...passed(cursor, through), halt: cursor.halt };
  });
}

/** On disk before the cursor moves. */
export async function noteLost(
  { lost }: Pick<Place, 'lost'>,
  through: number,
  tally: LostTally,
): Promise<void> {
  await lost.add(through, tally.events, tally.list());
}
