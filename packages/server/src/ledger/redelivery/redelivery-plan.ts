import type { ChannelEvent } from '@housecount/protocol';
import { eventsLostType, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import type { Notify } from '../../notify/notify.ts';
import type { Deliveries } from '../deliveries/deliveries.ts';
import type { DeliveryFilter } from '../deliveries/delivery-tables.ts';
import type { History } from '../history/history.ts';
import type { PlacedEvent } from '../history/history-scan.ts';

/** Which notices are to be sent again. */
export type RedeliverySelection =
  | { readonly noticeId: string }
  | { readonly filter: DeliveryFilter }
  | { readonly since: number }
  | { readonly since: { readonly sid: string; readonly seq: number } }
  | { readonly givenUp: true };

export interface PlanParts {
  readonly history: Pick<History, 'placed' | 'placedOf' | 'positionBefore' | 'caughtUp' | 'position'>;
  readonly deliveries: Pick<Deliveries, 'search' | 'delivery'>;
  readonly notify: Pick<Notify, 'noticeOf' | 'givenUp'>;
  readonly clock: Clock;
}

/** Names an event; the history has it, unless the plan holds it itself. */
export interface PlannedNotice {
  readonly position: number;
  readonly sid: string;
  readonly seq: number;
  /** Only where the history no longer has it. */
  readonly event?: ChannelEvent;
}

/** Events read at one go; then others get their turn. */
const pageSize = 500;

/**
 * The notices to send again, each once, in the order of the log. Reads only. Fails with `not_found` for what never was,
 * `no_longer_kept` for what is gone, and `query_invalid` for more than limits.redeliveryNoticesMax.
 */
export async function planRedelivery(
  request: { readonly app: string; readonly endpoint: string; readonly selection: RedeliverySelection },
  parts: PlanParts,
  signal: AbortSignal,
): Promise<readonly PlannedNotice[]> {
  const { app, endpoint, selection } = request;
  const { history, deliveries, notify, clock } = parts;
  await history.caughtUp(signal);
  const planned = new Map<number, PlannedNotice>();
  if ('noticeId' in selection) await addOne(selection.noticeId);
  else if ('filter' in selection) await addFound(selection.filter);
  else if ('givenUp' in selection) await addGivenUp();
  else if (typeof selection.since === 'number') await addSince(selection.since);
  else await addLife(selection.since);
  return [...planned.values()].sort((a, b) => a.position - b.position);

  function add(notice: PlannedNotice): void {
    planned.set(notice.position, notice);
    if (planned.size > limits.redeliveryNoticesMax)
      throw new HousecountError(
        'query_invalid',
        `More than ${limits.redeliveryNoticesMax} notices: ask for a shorter time.`,
      );
  }

  async function addOne(noticeId: string): Promise<void> {
    const name = /^(.{1,64}):(\d{1,15}):\d{1,3}$/.exec(noticeId);
    if (!name?.[1] || !name[2]) throw new HousecountError('not_found', 'There is no such notice.');
    const place = eventAt(history, app, { sid: name[1], seq: Number(name[2]) });
    if (place) {
      if (notify.noticeOf(endpoint, place.event).noticeId !== noticeId)
        throw new HousecountError('not_found', 'There is no such notice.');
      return add(toPlanned(place));
    }
    for await (const entry of givenUpEntries()) {
      if (entry.noticeId !== noticeId) continue;
      return add({ ...toPlanned(entry), event: entry.event });
    }
    throw deliveries.delivery(endpoint, noticeId)
      ? new HousecountError('no_longer_kept')
      : new HousecountError('not_found', 'There is no such notice.');
  }

  async function addFound(filter: DeliveryFilter): Promise<void> {
    let cursor: number | undefined;
    let looked = 0;
    do {
      if (looked >= limits.redeliveryScanMax) throw tooWide();
      const page = deliveries.search({ filter, limit: pageSize, ...(cursor !== undefined && { cursor }) });
      for (const { position, sid, seq, type } of page.deliveries) {
        // Word of lost events is told until it is taken, and has no event that could be sent again.
        if (type === eventsLostType) continue;
        if (!eventAt(history, app, { sid, seq })) throw new HousecountError('no_longer_kept');
        add({ position, sid, seq });
      }
      // A page that is not full has looked at as many as it may.
      looked += page.deliveries.length < pageSize ? limits.deliveryScanMax : pageSize;
      cursor = page.next;
      await turn(clock, signal);
    } while (cursor !== undefined);
  }

  async function addGivenUp(): Promise<void> {
    for await (const entry of givenUpEntries()) {
      if (planned.has(entry.position)) continue;
      if (deliveries.delivery(endpoint, entry.noticeId)?.status === 'delivered') continue;
      const { sid, seq } = entry.event;
      const isKept = eventAt(history, app, { sid, seq }) !== undefined;
      add({ ...toPlanned(entry), ...(!isKept && { event: entry.event }) });
    }
  }

  async function addSince(ms: number): Promise<void> {
    let after = history.positionBefore(ms);
    const end = history.position;
    for (let looked = 0; after < end; looked += pageSize) {
      if (looked >= limits.redeliveryScanMax) throw tooWide();
      const page = history.placed(after, pageSize).filter(({ position }) => position <= end);
      for (const place of page)
        if (place.event.app === app && notify.noticeOf(endpoint, place.event).taken) add(toPlanned(place));
      after = page.at(-1)?.position ?? end;
      await turn(clock, signal);
    }
  }

  async function addLife({ sid, seq }: { sid: string; seq: number }): Promise<void> {
    let after = seq;
    while (true) {
      const page = history.placedOf(app, { sid, seq: after }, pageSize);
      if (page === undefined) throw new HousecountError('not_found', 'There is no such sid.');
      const first = page[0];
      if (first && first.event.seq !== after + 1) throw new HousecountError('no_longer_kept');
      for (const place of page) if (notify.noticeOf(endpoint, place.event).taken) add(toPlanned(place));
      if (page.length < pageSize) return;
      after += pageSize;
      await turn(clock, signal);
    }
  }

  async function* givenUpEntries() {
    for (let after = 0; ; ) {
      const { entries, next } = await notify.givenUp(endpoint, after, pageSize);
      for (const entry of entries) if (entry.event.app === app) yield entry;
      signal.throwIfAborted();
      if (entries.length < pageSize) return;
      after = next;
    }
  }
}

/** The event of a planned notice, if it is still kept. */
export function eventAt(
  history: Pick<History, 'placedOf'>,
  app: string,
  { sid, seq }: { sid: string; seq: number },
): PlacedEvent | undefined {
  const [place] = history.placedOf(app, { sid, seq: seq - 1 }, 1) ?? [];
  return place?.event.seq === seq ? place : undefined;
}

const toPlanned = ({ position, event }: PlacedEvent): PlannedNotice => ({
  position,
  sid: event.sid,
  seq: event.seq,
});

const tooWide = () =>
  new HousecountError(
    'query_invalid',
    `More than ${limits.redeliveryScanMax} events would have to be looked at: ask for a shorter time.`,
  );

/** Lets everything else that waits have its turn. */
async function turn(clock: Clock, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(0, resolve);
  });
  signal.throwIfAborted();
}
