import { type ChannelEvent, HousecountError } from '@housecount/protocol';
import type { Feed } from '../log/contract/feed.ts';
import type { Notify } from './contract.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import type { AttemptFeed } from './feed/attempt-feed.ts';
import type { Inspector } from './feed/inspector.ts';
import type { IdleWaiters } from './idle-waiters.ts';
import type { Wording } from './notice/wording.ts';
import type { CursorStore } from './progress/cursor-store.ts';
import type { Resender } from './redelivery/resender.ts';
import type { RetentionWatch } from './retention/retention-watch.ts';
import { type EndpointStatus, statusOf, troubleOf } from './slot/endpoint-status.ts';
import type { Slots } from './slot/slots.ts';

export interface NotifierParts {
  readonly log: Pick<Feed, 'lastPosition'>;
  readonly feed: AttemptFeed;
  readonly inspector: Inspector;
  readonly cursors: Pick<CursorStore, 'failing' | 'stop'>;
  readonly slots: Slots;
  readonly resender: Resender;
  readonly wording: Wording;
  readonly watch: RetentionWatch;
  readonly idle: IdleWaiters;
}

/** Delivery as others see it: each question and change goes to the part that knows. */
export class Notifier implements Notify {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  get feed(): Notify['feed'] {
    return this.#parts.feed;
  }

  get trouble(): string | undefined {
    const { cursors, slots } = this.#parts;
    if (cursors.failing) return 'The notice cursors cannot be written.';
    const faults = Array.from(slots, troubleOf).filter((fault) => fault !== undefined);
    const [first] = faults;
    return first && `${first}; ${faults.length} in all.`;
  }

  notices(...asked: Parameters<Notify['notices']>): ReturnType<Notify['notices']> {
    return this.#parts.inspector.notices(...asked);
  }

  status(): readonly EndpointStatus[] {
    const { slots, log } = this.#parts;
    return Array.from(slots, (slot) => statusOf(slot, log.lastPosition));
  }

  add(endpoint: Endpoint): Promise<void> {
    return this.#parts.slots.add(endpoint);
  }

  attach(endpoint: Endpoint, paused: boolean): Promise<void> {
    return this.#parts.slots.attach(endpoint, paused);
  }

  detach(endpointId: string): Promise<void> {
    return this.#parts.slots.detach(endpointId);
  }

  change(endpoint: Endpoint): Promise<void> {
    return this.#parts.slots.change(endpoint);
  }

  pause(endpointId: string): Promise<void> {
    return this.#parts.slots.pause(endpointId);
  }

  resume(endpointId: string): Promise<void> {
    return this.#parts.slots.resume(endpointId);
  }

  remove(endpointId: string): Promise<void> {
    return this.#parts.slots.remove(endpointId);
  }

  async givenUp(endpointId: string, after: number, limit: number): ReturnType<Notify['givenUp']> {
    if (!Number.isSafeInteger(after) || after < 0) throw new HousecountError('body_invalid', 'after');
    return this.#parts.slots.get(endpointId).journal.read(after, limit);
  }

  noticeOf(endpointId: string, event: ChannelEvent): ReturnType<Notify['noticeOf']> {
    const { slots, wording } = this.#parts;
    const { endpoint } = slots.get(endpointId);
    return {
      noticeId: wording.textOf(event, endpoint.format).noticeId,
      taken: wording.isFor(endpoint, event),
    };
  }

  async redeliver({
    endpointId,
    ...request
  }: Parameters<Notify['redeliver']>[0]): ReturnType<Notify['redeliver']> {
    const { slots, resender } = this.#parts;
    const endpointOf = () => slots.get(endpointId).endpoint;
    endpointOf();
    return resender.redeliver({ ...request, endpointOf });
  }

  waitIdle(): Promise<void> {
    const { log, inspector, slots, idle } = this.#parts;
    const target = log.lastPosition;
    return idle.wait(
      () =>
        inspector.seen >= target &&
        Array.from(slots).every((slot) => {
          const { through, outstanding } = slot.status();
          return slot.paused || (through >= target && outstanding === 0);
        }),
    );
  }

  async stop(): Promise<void> {
    const { watch, slots, resender, inspector, cursors, idle } = this.#parts;
    const changed = slots.endChanges();
    resender.breakOff();
    await watch.stop();
    await changed;
    await Promise.all([inspector.stop(), resender.ended(), slots.stop()]);
    await cursors.stop();
    await slots.close();
    idle.end();
  }
}
