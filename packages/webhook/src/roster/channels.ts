import { type RosterState, readState } from './channel-state.ts';
import type { LifeChange } from './life.ts';
import type { PlainChange } from './plain-channel.ts';
import { RosterError } from './roster-error.ts';
import { saveTriesMax } from './roster-limits.ts';
import type { RosterStore } from './stores/store.ts';

/** A change of a roster, told by the process that took the notice. sid and seq are absent for plain channels. */
export type RosterChange = { readonly channel: string } & (LifeChange | PlainChange);

/** The channels in a store: read, changed by compare-and-set, and what changed told once it is saved. */
export class Channels {
  readonly #store: RosterStore;
  readonly #prefix: string;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(change: RosterChange) => unknown>();

  constructor(store: RosterStore, prefix: string, onError: (error: unknown) => void) {
    this.#store = store;
    this.#prefix = prefix;
    this.#onError = onError;
  }

  onChange(listener: (change: RosterChange) => unknown): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Saves what `change`, a pure function, makes of a channel; again over what another process saved meanwhile. Throws ListenerFailure after a save that stands. */
  async update<T>(
    channel: string,
    change: (state: RosterState | undefined) => {
      readonly state: RosterState | undefined;
      readonly changes: readonly (LifeChange | PlainChange)[];
      readonly answer: T;
    },
  ): Promise<T> {
    for (let attempt = 0; attempt < saveTriesMax; attempt++) {
      const { state, version } = await this.load(channel);
      const next = change(state);
      if (next.state !== undefined && next.state !== state)
        if (!(await this.#store.save(this.#prefix + channel, next.state, version))) continue;
      this.#tell(channel, next.changes);
      return next.answer;
    }
    throw new RosterError('store_contended', 'Other processes changed the channel each time.');
  }

  async load(channel: string): Promise<{ readonly state?: RosterState; readonly version: number }> {
    const stored = await this.#store.load(this.#prefix + channel);
    if (!stored) return { version: 0 };
    const { value, version } = stored;
    return { state: readState(value), version };
  }

  /** Every listener is told every change; what the first of them threw is thrown at the end. */
  #tell(channel: string, changes: readonly (LifeChange | PlainChange)[]): void {
    let failure: ListenerFailure | undefined;
    for (const change of changes)
      for (const listener of this.#listeners)
        try {
          tellLater(listener({ channel, ...change }), this.#onError);
        } catch (cause) {
          failure ??= new ListenerFailure('A listener failed.', { cause });
        }
    if (failure) throw failure;
  }
}

/** Reports the rejection of an asynchronous listener: it comes too late for the notice, and must not end the process. */
export function tellLater(result: unknown, onError: (error: unknown) => void): void {
  if (result instanceof Promise) result.catch(onError);
}

/** Wraps an error that a listener threw, apart from those of the server and the store; its cause is what callers see. */
export class ListenerFailure extends Error {}
