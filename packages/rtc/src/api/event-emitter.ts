/**
 * A listener of any event, as apps of the original hand it in when they do not say which event it is for.
 */
// biome-ignore lint/complexity/noBannedTypes: the original's type says `Function`, and apps have declared theirs so.
export type AnyListener = Function;

/** The methods of everything that tells events, for events of any name. */
export interface EventEmitter {
  /** Calls `listener` at every `event`; the same listener added twice is called twice. */
  on(event: string, listener: AnyListener): void;
  /** Calls `listener` at the next `event` only. */
  once(event: string, listener: AnyListener): void;
  /** Takes one registration of `listener` away; unknown ones are ignored. */
  off(event: string, listener: AnyListener): void;
  /** Takes away every listener of `event`, or of all events. */
  removeAllListeners(event?: string): void;
  /** The listeners of `event`, in the order they are called. */
  getListeners(event: string): AnyListener[];
}

/** Such methods, with the arguments of the events that are known. `E` maps each event to its arguments. */
export interface TypedEmitter<E> extends EventEmitter {
  on<K extends keyof E & string>(event: K, listener: ListenerOf<E, K>): void;
  on(event: string, listener: AnyListener): void;
  once<K extends keyof E & string>(event: K, listener: ListenerOf<E, K>): void;
  once(event: string, listener: AnyListener): void;
}

/** A listener of an event that `E` knows. */
export type ListenerOf<E, K extends keyof E> = E[K] extends readonly unknown[]
  ? (...args: E[K]) => unknown
  : never;
