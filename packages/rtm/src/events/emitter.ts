// biome-ignore lint/suspicious/noExplicitAny: listeners of Node's EventEmitter take what they want.
export type Listener = (...args: any[]) => void;
type Name = string | symbol;
interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
  /** True once the listener has been called; read only for listeners that are to be called once. */
  called: boolean;
}

/**
 * The part of Node's EventEmitter that apps use, for places without Node. `E` types the events it names; others are allowed, as
 * there. Two things differ: a listener that throws is told to `onListenerError` and harms nobody else, and nothing warns
 * of many listeners.
 */
export class Emitter<E extends object> {
  readonly #entries = new Map<Name, readonly Entry[]>();
  readonly #onListenerError: (event: Name, error: unknown) => void;
  #listenersMax = 10;

  constructor(onListenerError: (event: Name, error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  on<K extends keyof E & string>(event: K, listener: E[K]): this;
  on(event: Name, listener: Listener): this;
  on(event: Name, listener: unknown): this {
    return this.#add(event, listener, false, 'last');
  }

  addListener<K extends keyof E & string>(event: K, listener: E[K]): this;
  addListener(event: Name, listener: Listener): this;
  addListener(event: Name, listener: unknown): this {
    return this.#add(event, listener, false, 'last');
  }

  once<K extends keyof E & string>(event: K, listener: E[K]): this;
  once(event: Name, listener: Listener): this;
  once(event: Name, listener: unknown): this {
    return this.#add(event, listener, true, 'last');
  }

  prependListener(event: Name, listener: Listener): this {
    return this.#add(event, listener, false, 'first');
  }

  prependOnceListener(event: Name, listener: Listener): this {
    return this.#add(event, listener, true, 'first');
  }

  off<K extends keyof E & string>(event: K, listener: E[K]): this;
  off(event: Name, listener: Listener): this;
  off(event: Name, listener: unknown): this {
    const added = [...(this.#entries.get(event) ?? [])].reverse();
    const last = added.find((entry) => entry.listener === listener);
    if (last) this.#remove(event, last);
    return this;
  }

  removeListener<K extends keyof E & string>(event: K, listener: E[K]): this;
  removeListener(event: Name, listener: Listener): this;
  removeListener(event: Name, listener: unknown): this {
    return this.off(event, listener as Listener);
  }

  removeAllListeners(event?: Name): this {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
    return this;
  }

  /** Calls the listeners there are now, in their order; true if there are any. */
  emit(event: Name, ...args: unknown[]): boolean {
    const entries = this.#entries.get(event) ?? [];
    for (const entry of entries) {
      if (entry.once) {
        if (entry.called) continue;
        entry.called = true;
        this.#remove(event, entry);
      }
      try {
        entry.listener.apply(this, args);
      } catch (error) {
        this.#onListenerError(event, error);
      }
    }
    return entries.length > 0;
  }

  listeners(event: Name): Listener[] {
    return (this.#entries.get(event) ?? []).map((entry) => entry.listener);
  }

  rawListeners(event: Name): Listener[] {
    return this.listeners(event);
  }

  listenerCount(event: Name): number {
    return this.#entries.get(event)?.length ?? 0;
  }

  eventNames(): Name[] {
    return [...this.#entries.keys()];
  }

  setMaxListeners(count: number): this {
    this.#listenersMax = count;
    return this;
  }

  getMaxListeners(): number {
    return this.#listenersMax;
  }

  #add(event: Name, listener: unknown, once: boolean, place: 'first' | 'last'): this {
    if (typeof listener !== 'function') throw new TypeError('The listener must be a function.');
    const entry: Entry = { listener: listener as Listener, once, called: false };
    const entries = this.#entries.get(event) ?? [];
    this.#set(event, place === 'last' ? [...entries, entry] : [entry, ...entries]);
    return this;
  }

  #remove(event: Name, entry: Entry): void {
    const entries = this.#entries.get(event) ?? [];
    this.#set(
      event,
      entries.filter((each) => each !== entry),
    );
  }

  #set(event: Name, entries: readonly Entry[]): void {
    if (entries.length === 0) this.#entries.delete(event);
    else this.#entries.set(event, entries);
  }
}
