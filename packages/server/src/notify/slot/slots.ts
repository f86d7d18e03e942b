import { HousecountError } from '@housecount/protocol';
import { Turn } from '../../turn.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { CursorStore } from '../progress/cursor-store.ts';
import type { Cursor } from '../progress/delivery-window.ts';
import type { EndpointSlot } from './endpoint-slot.ts';

export interface SlotsParts {
  readonly cursors: Pick<CursorStore, 'add' | 'keepOrAdd' | 'release' | 'moved' | 'track'>;
  /** Makes the place of an endpoint whose cursor is stored. */
  readonly open: (endpoint: Endpoint) => Promise<EndpointSlot>;
  /** Durably removes what is kept of an endpoint that has no place any more. */
  readonly forget: (endpointId: string) => Promise<void>;
  /** The cursor that an endpoint begins with if it was never there. */
  readonly newcomer: () => Cursor;
  /** An endpoint waits for nothing any more, or is there no more. */
  readonly onChange: () => void;
}

/** The places of all endpoints. Changes of them come one after the other, and the stop after the last. */
export class Slots implements Iterable<EndpointSlot> {
  readonly #parts: SlotsParts;
  readonly #byId = new Map<string, EndpointSlot>();
  readonly #turn = new Turn();
  #isEnding = false;

  constructor(parts: SlotsParts) {
    this.#parts = parts;
  }

  [Symbol.iterator](): Iterator<EndpointSlot> {
    return this.#byId.values();
  }

  /** Fails with `not_found`. */
  get(endpointId: string): EndpointSlot {
    const slot = this.#byId.get(endpointId);
    if (!slot) throw new HousecountError('not_found', `There is no endpoint ${endpointId}.`);
    return slot;
  }

  /** Opens the places of endpoints whose cursors are stored; nothing is delivered yet. If one fails, those before it are open. */
  async openAll(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) await this.#open(endpoint);
  }

  add(endpoint: Endpoint): Promise<void> {
    const { cursors, newcomer } = this.#parts;
    return this.inTurn(async () => {
      this.#mustBeNew(endpoint);
      await cursors.add(endpoint.id, newcomer());
      (await this.#open(endpoint)).start();
    });
  }

  attach(endpoint: Endpoint, paused: boolean): Promise<void> {
    const { cursors, newcomer } = this.#parts;
    return this.inTurn(async () => {
      this.#mustBeNew(endpoint);
      await cursors.keepOrAdd(endpoint.id, newcomer());
      const slot = await this.#open(endpoint);
      if (!paused) slot.start();
    });
  }

  detach(endpointId: string): Promise<void> {
    return this.inTurn(async () => {
      const slot = await this.#takeOut(endpointId);
      await this.#parts.cursors.release(endpointId);
      await slot.close();
      this.#parts.onChange();
    });
  }

  change(endpoint: Endpoint): Promise<void> {
    return this.inTurn(() => this.get(endpoint.id).change(endpoint));
  }

  pause(endpointId: string): Promise<void> {
    return this.inTurn(async () => {
      await this.get(endpointId).pause();
      this.#parts.cursors.moved(endpointId);
      this.#parts.onChange();
    });
  }

  resume(endpointId: string): Promise<void> {
    return this.inTurn(async () => this.get(endpointId).resume());
  }

  remove(endpointId: string): Promise<void> {
    return this.inTurn(async () => {
      const slot = await this.#takeOut(endpointId);
      await slot.close();
      this.#parts.onChange();
      await this.#parts.forget(endpointId);
    });
  }

  /** Runs when no other change is under way. Fails with `going_away` at the stop. */
  inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turn.take(async () => {
      if (this.#isEnding) throw new HousecountError('going_away');
      await work();
    });
  }

  /** Changes that have not begun fail; resolves after the one under way. */
  async endChanges(): Promise<void> {
    this.#isEnding = true;
    await this.#turn.ended();
  }

  /** The end of this process's work on all of them. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this, (slot) => slot.stop()));
  }

  /** Closes all places. To be called after the last write of their cursors. */
  async close(): Promise<void> {
    for (const slot of this) await slot.close();
  }

  async #open(endpoint: Endpoint): Promise<EndpointSlot> {
    const slot = await this.#parts.open(endpoint);
    this.#byId.set(endpoint.id, slot);
    this.#parts.cursors.track(endpoint.id, () => slot.cursor());
    return slot;
  }

  #mustBeNew({ id }: Endpoint): void {
    if (this.#byId.has(id)) throw new HousecountError('body_invalid', `There is an endpoint ${id} already.`);
  }

  async #takeOut(endpointId: string): Promise<EndpointSlot> {
    const slot = this.get(endpointId);
    await slot.stop();
    this.#byId.delete(endpointId);
    return slot;
  }
}
