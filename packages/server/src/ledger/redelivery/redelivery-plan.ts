import type { ChannelEvent } from '@housecount/protocol';
import { eventsLostType, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import { limits as defaults } from '../../limits.ts';
import type { Deliveries } from '../deliveries/deliveries.ts';
import type { DeliveryFilter } from '../deliveries/delivery.ts';
import type { History } from '../history/history.ts';
import type { PlacedEvent } from '../history/history-scan.ts';

/** The notices that are to be sent again. */
export type RedeliverySelection =
  | { readonly noticeId: string }
  | { readonly filter: DeliveryFilter }
  | { readonly since: number }
  | { readonly since: { readonly sid: string; readonly seq: number } }
  | { readonly givenUp: true };

/** The deliverer of notices, as far as a plan asks it. Both fail with `not_found` for an unknown endpoint. */
export interface NoticeSource {
  /** The id of an event's notice, and whether the endpoint takes it now. */
  noticeOf(endpointId: string, event: ChannelEvent): { readonly noticeId: string; readonly taken: boolean };
  /** Notices that the endpoint did not take, oldest first: at most `limit` after `after` (0 begins, `next` goes on). */
  givenUp(
    endpointId: string,
    after: number,
    limit: number,
  ): Promise<{
    readonly entries: readonly (PlacedEvent & { readonly noticeId: string })[];
    readonly next: number;
  }>;
}

export interface PlanParts {
  readonly history: Pick<History, 'placed' | 'placedOf' | 'positionBefore' | 'caughtUp' | 'position'>;
  readonly deliveries: Pick<Deliveries, 'search' | 'delivery'>;
  readonly notify: NoticeSource;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: PlanLimits;
}

export interface PlanLimits {
  /** Notices of one redelivery, and events looked at to find them. */
  readonly redeliveryNoticesMax: number;
  readonly redeliveryScanMax: number;
}

export interface PlanRequest {
  readonly app: string;
  readonly endpoint: string;
  readonly selection: RedeliverySelection;
}

/** Names an event; the history has it, unless the plan holds it itself. */
export interface PlannedNotice {
  readonly position: number;
  readonly sid: string;
  readonly seq: number;
  /** The event itself; present only where the history no longer has it. */
  readonly event?: ChannelEvent;
}

/** Events read at one go; then others get their turn. */
const pageSize = 500;

/**
 * The notices to send again, each once, in the order of the log. Reads only. Fails with `not_found` for what never was,
 * `no_longer_kept` for what is gone, and `query_invalid` for more than limits.redeliveryNoticesMax.
 */
export async function planRedelivery(
  request: PlanRequest,
  parts: PlanParts,
  signal: AbortSignal,
): Promise<readonly PlannedNotice[]> {
  const { selection } = request;
  await parts.history.caughtUp(signal);
  const plan = new RedeliveryPlan(request, parts, signal);
  if ('noticeId' in selection) await plan.addOne(selection.noticeId);
  else if ('filter' in selection) await plan.addFound(selection.filter);
  else if ('givenUp' in selection) await plan.addGivenUp();
  else if (typeof selection.since === 'number') await plan.addSince(selection.since);
  else await plan.addLife(selection.since);
  return plan.inOrder();
}

/** The plan while it is made: one way to add for each kind of selection. */
class RedeliveryPlan {
  readonly #app: string;
  readonly #endpoint: string;
  readonly #parts: PlanParts;
  readonly #limits: PlanLimits;
  readonly #signal: AbortSignal;
  /** The planned notices by position. */
  readonly #planned = new Map<number, PlannedNotice>();

  constructor({ app, endpoint }: Omit<PlanRequest, 'selection'>, parts: PlanParts, signal: AbortSignal) {
    this.#app = app;
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#limits = parts.limits ?? defaults;
    this.#signal = signal;
  }

  inOrder(): readonly PlannedNotice[] {
    return [...this.#planned.values()].sort((a, b) => a.position - b.position);
  }

  async addOne(noticeId: string): Promise<void> {
    const { history, deliveries, notify } = this.#parts;
    const name = /^(.{1,64}):(\d{1,15}):\d{1,3}$/.exec(noticeId);
    if (!name?.[1] || !name[2]) throw noSuchNotice();
    const place = eventAt(history, this.#app, { sid: name[1], seq: Number(name[2]) });
    if (place) {
      if (notify.noticeOf(this.#endpoint, place.event).noticeId !== noticeId) throw noSuchNotice();
      return this.#add(toPlanned(place));
    }
    for await (const entry of this.#givenUpEntries()) {
      if (entry.noticeId !== noticeId) continue;
      return this.#add({ ...toPlanned(entry), event: entry.event });
    }
    throw deliveries.delivery(this.#endpoint, noticeId)
      ? new HousecountError('no_longer_kept')
      : noSuchNotice();
  }

  async addFound(filter: DeliveryFilter): Promise<void> {
    const { history, deliveries } = this.#parts;
    let cursor: number | undefined;
    let looked = 0;
    do {
      const limit = this.#nextPage(looked);
      const page = deliveries.search({ filter, limit, ...(cursor !== undefined && { cursor }) });
      for (const { position, sid, seq, type } of page.deliveries) {
        // Word of lost events is told until it is taken, and has no event that could be sent again.
        if (type === eventsLostType) continue;
        if (!eventAt(history, this.#app, { sid, seq })) throw new HousecountError('no_longer_kept');
        this.#add({ position, sid, seq });
      }
      // A page that is not full has looked at as many as it may.
      looked += page.deliveries.length < limit ? fixed.deliveryScanMax : limit;
      cursor = page.next;
      await this.#turn();
    } while (cursor !== undefined);
  }

  async addGivenUp(): Promise<void> {
    const { history, deliveries } = this.#parts;
    for await (const entry of this.#givenUpEntries()) {
      if (this.#planned.has(entry.position)) continue;
      if (deliveries.delivery(this.#endpoint, entry.noticeId)?.status === 'delivered') continue;
      const { sid, seq } = entry.event;
      const isKept = eventAt(history, this.#app, { sid, seq }) !== undefined;
      this.#add({ ...toPlanned(entry), ...(!isKept && { event: entry.event }) });
    }
  }

  async addSince(ms: number): Promise<void> {
    const { history } = this.#parts;
    let after = history.positionBefore(ms);
    const end = history.position;
    for (let looked = 0; after < end; ) {
      const limit = this.#nextPage(looked);
      const page = history.placed(after, limit).filter(({ position }) => position <= end);
      looked += limit;
      this.#addTaken(page.filter(({ event }) => event.app === this.#app));
      after = page.at(-1)?.position ?? end;
      await this.#turn();
    }
  }

  async addLife({ sid, seq }: { readonly sid: string; readonly seq: number }): Promise<void> {
    const { history } = this.#parts;
    let after = seq;
    while (true) {
      const page = history.placedOf(this.#app, { sid, seq: after }, pageSize);
      if (page === undefined) throw new HousecountError('not_found', 'There is no such sid.');
      const first = page[0];
      if (first && first.event.seq !== after + 1) throw new HousecountError('no_longer_kept');
      this.#addTaken(page);
      if (page.length < pageSize) return;
      after += pageSize;
      await this.#turn();
    }
  }

  /** The number of events that the next page may have. */
  #nextPage(looked: number): number {
    const left = this.#limits.redeliveryScanMax - looked;
    if (left <= 0) throw tooWide(this.#limits);
    return Math.min(pageSize, left);
  }

  #addTaken(places: readonly PlacedEvent[]): void {
    const { notify } = this.#parts;
    for (const place of places)
      if (notify.noticeOf(this.#endpoint, place.event).taken) this.#add(toPlanned(place));
  }

  #add(notice: PlannedNotice): void {
    this.#planned.set(notice.position, notice);
    if (this.#planned.size > this.#limits.redeliveryNoticesMax)
      throw new HousecountError(
        'query_invalid',
        `More than ${this.#limits.redeliveryNoticesMax} notices: ask for a shorter time.`,
      );
  }

  async *#givenUpEntries() {
    for (let after = 0; ; ) {
      const { entries, next } = await this.#parts.notify.givenUp(this.#endpoint, after, pageSize);
      for (const entry of entries) if (entry.event.app === this.#app) yield entry;
      this.#signal.throwIfAborted();
      if (entries.length < pageSize) return;
      after = next;
    }
  }

  /** Lets everything else that waits have its turn. */
  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(0, resolve);
    });
    this.#signal.throwIfAborted();
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

const tooWide = ({ redeliveryScanMax }: PlanLimits) =>
  new HousecountError(
    'query_invalid',
    `More than ${redeliveryScanMax} events would have to be looked at: ask for a shorter time.`,
  );

const noSuchNotice = () => new HousecountError('not_found', 'There is no such notice.');
