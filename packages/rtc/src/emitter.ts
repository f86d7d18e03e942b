import { log } from './log.ts';

type AnyListener = (...args: never[]) => unknown;
interface Entry {
  readonly listener: AnyListener;
  readonly once: boolean;
}

/** A typed event emitter with the five methods that apps of agora-rtc-sdk-ng use. `E` maps each event to its arguments. */
export class Emitter<E extends { [K in keyof E]: unknown[] }> {
  readonly #entries = new Map<keyof E, Entry[]>();

  /** Calls `listener` at every `event`; the same listener added twice is called twice. */
  on<K extends keyof E>(event: K, listener: (...args: E[K]) => unknown): void {
    this.#add(event, { listener: listener as AnyListener, once: false });
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof E>(event: K, listener: (...args: E[K]) => unknown): void {
    this.#add(event, { listener: listener as AnyListener, once: true });
  }

  /** Takes one registration of `listener` away; unknown ones are ignored. */
  off<K extends keyof E>(event: K, listener: (...args: E[K]) => unknown): void {
    const entries = this.#entries.get(event) ?? [];
    const at = entries.findIndex((entry) => entry.listener === listener);
    if (at < 0) return;
    this.#entries.set(
      event,
      entries.filter((_, index) => index !== at),
    );
  }

  /** Takes away every listener of `event`, or of all events. */
  removeAllListeners(event?: keyof E): void {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
  }

  /** The listeners of `event`, in the order they are called. */
  getListeners<K extends keyof E>(event: K): ((...args: E[K]) => unknown)[] {
    return (this.#entries.get(event) ?? []).map((entry) => entry.listener as (...args: E[K]) => unknown);
  }

  /** @internal A listener that throws is logged, so that it can break neither the SDK nor the other listeners. */
  emit<K extends keyof E>(event: K, ...args: E[K]): void {
    for (const entry of [...(this.#entries.get(event) ?? [])]) {
      if (entry.once) this.off(event, entry.listener as (...args: E[K]) => unknown);
      try {
        (entry.listener as (...args: E[K]) => unknown)(...args);
      } catch (error) {
        log.error(`a listener of ${String(event)} threw`, error);
      }
    }
  }

  #add(event: keyof E, entry: Entry): void {
    this.#entries.set(event, [...(this.#entries.get(event) ?? []), entry]);
  }
}
