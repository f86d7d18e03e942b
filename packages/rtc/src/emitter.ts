import type { AnyListener, ListenerOf, TypedEmitter } from './api/event-emitter.ts';
import { log } from './log.ts';

interface Entry {
  readonly listener: AnyListener;
  readonly once: boolean;
}

/** A typed event emitter with the five methods that apps of agora-rtc-sdk-ng use. `E` maps each event to its arguments. */
export class Emitter<E extends { [K in keyof E]: unknown[] }> implements TypedEmitter<E> {
  readonly #entries = new Map<PropertyKey, Entry[]>();

  /** Calls `listener` at every `event`; the same listener added twice is called twice. */
  on<K extends keyof E & string>(event: K, listener: ListenerOf<E, K>): void;
  on(event: string, listener: AnyListener): void;
  on(event: string, listener: AnyListener): void {
    this.#add(event, { listener, once: false });
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof E & string>(event: K, listener: ListenerOf<E, K>): void;
  once(event: string, listener: AnyListener): void;
  once(event: string, listener: AnyListener): void {
    this.#add(event, { listener, once: true });
  }

  /** Takes one registration of `listener` away; unknown ones are ignored. */
  off(event: string, listener: AnyListener): void {
    const entries = this.#entries.get(event) ?? [];
    const at = entries.findIndex((entry) => entry.listener === listener);
    if (at < 0) return;
    this.#entries.set(
      event,
      entries.filter((_, index) => index !== at),
    );
  }

  /** Takes away every listener of `event`, or of all events. */
  removeAllListeners(event?: string): void {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
  }

  /** The listeners of `event`, in the order they are called. */
  getListeners(event: string): AnyListener[] {
    return (this.#entries.get(event) ?? []).map((entry) => entry.listener);
  }

  /** @internal A listener that throws is logged, so that it can break neither the SDK nor the other listeners. */
  emit<K extends keyof E & string>(event: K, ...args: E[K]): void {
    for (const entry of [...(this.#entries.get(event) ?? [])]) {
      if (entry.once) this.off(event, entry.listener);
      try {
        entry.listener(...args);
      } catch (error) {
        log.error(`a listener of ${event} threw`, error);
      }
    }
  }

  /** Called when somebody listens for an event from now on. */
  protected listened(_event: string): void {}

  #add(event: string, entry: Entry): void {
    this.#entries.set(event, [...(this.#entries.get(event) ?? []), entry]);
    this.listened(event);
  }
}
