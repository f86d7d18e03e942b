/**
 * Small durable state, beside the log: what a part has to know again after a crash. Who keeps something says what it is and
 * what is lost without it; where it lies, and how it is made durable, only this room knows. Names look like paths.
 */
export interface Kept {
  /** Last parts of the names below `folder`, in no order; none if there is nothing. */
  list(folder: string): Promise<readonly string[]>;
  bytes(name: string): KeptBytes;
  value(name: string): KeptValue;
  map<Value>(name: string, options: KeptMapOptions<Value>): Promise<KeptMap<Value>>;
  journal<Entry>(name: string, options: KeptJournalOptions<Entry>): Promise<KeptJournal<Entry>>;
}

/** Names a state of what is kept: another state has another. Only who gave it knows what it says. */
export type Revision = string;

/**
 * What more than one may write: each changes the state that it has read, and hears if another was faster. Whoever is alone
 * never does.
 */
export interface KeptState<Value> {
  /** The state of now, and its name; nothing is a state too. */
  get(): Promise<{ readonly value: Value | undefined; readonly revision: Revision }>;
  /**
   * Replaces the state that `expected` names; undefined: by nothing. Durable when it resolves with the new revision. Undefined: it is
   * another state by now, and nothing was changed. If it fails, what was there may still be.
   */
  compareAndSet(expected: Revision, next: Value | undefined): Promise<Revision | undefined>;
}

/** Bytes that are replaced as a whole: a crash leaves all of the old or all of the new. */
export interface KeptBytes extends KeptState<Uint8Array> {
  /** The bytes; undefined if there are none. */
  read(): Promise<Uint8Array | undefined>;
  /** Replaces whatever is there. Durable when it resolves; if it fails, what was there may still be. */
  put(bytes: Uint8Array | Iterable<Uint8Array>): Promise<void>;
  /** Durable when it resolves; nothing happens if there are none. */
  remove(): Promise<void>;
}

/** One value, as JSON, that is replaced as a whole. */
export interface KeptValue extends Pick<KeptBytes, 'remove'> {
  /** The value of now, and its revision. */
  read(): Promise<KeptRead & { readonly revision: Revision }>;
  /** Replaces the value as KeptBytes.put does. */
  put(value: unknown): Promise<void>;
  /** Replaces the value that `expected` names as KeptState.compareAndSet does. */
  compareAndSet(expected: Revision, value: unknown): Promise<Revision | undefined>;
}

/** A value that is damaged was there: it is for who keeps it to say whether to begin anew. */
export type KeptRead =
  | { readonly is: 'none' }
  /** `first`: a whole value, which something that is none follows; a newer server may have written it. */
  | { readonly is: 'damaged'; readonly first?: unknown }
  | { readonly is: 'whole'; readonly value: unknown };

export interface KeptMapOptions<Value> {
  /** Anything else is damage. */
  readonly isValue: (value: unknown) => value is Value;
  /** Makes the failure of opening where more is damaged than a crash damages. */
  readonly damaged: () => Error;
  /** The size, bytes, above which the file is written anew as a whole, once it is also twice what it was after the last time. */
  readonly rewriteBytesMin: number;
}

/** One key of a map, as it is to be from now on if it is what `expected` names. */
export interface KeptChange<Value> {
  readonly key: string;
  readonly value: Value;
  readonly expected: Revision;
}

/** Values by key that change often, each by itself; the newest of a key counts. */
export interface KeptMap<Value> {
  readonly values: ReadonlyMap<string, Value>;
  /** Names the value that a key has now; that it has none is a state too. */
  revision(key: string): Revision;
  /** True when there was nothing under this name when it was opened. */
  readonly isNew: boolean;
  /** Bytes at the end that were torn when it was opened: the changes in them are not known. */
  readonly cutBytes: number;
  /**
   * Durable when it resolves with true. False: one of the keys is another by now, and none was changed. If it fails, the values
   * here are as before.
   */
  put(changes: readonly KeptChange<Value>[]): Promise<boolean>;
  /** As `put`, but if it fails, the key may be known again after a crash. */
  remove(key: string, expected: Revision): Promise<boolean>;
  /**
   * Written when it resolves: a killed process keeps it, and of a power cut only what is synced is sure; it may be synced without
   * `isSynced`. A key that is another by now is left as it is, and named. If it fails, the values here are the new ones all the same.
   */
  note(changes: readonly KeptChange<Value>[], isSynced: boolean): Promise<Noted>;
  close(): Promise<void>;
}

export interface Noted {
  readonly isSynced: boolean;
  /** The keys that another was faster to change. */
  readonly refused: readonly string[];
}

/**
 * Values by key that are kept for a time, and in bounded number and size: those that were begun first go first. Each key is a state
 * as those of KeptState are.
 */
export interface KeptTerm<Value> {
  /** The value of a key that was begun no longer ago than is kept. */
  get(
    key: string,
    nowMs: number,
  ): Promise<{ readonly value: Value | undefined; readonly revision: Revision }>;
  /** A key that had nothing is begun now. Written when it resolves: a killed process keeps it. */
  compareAndSet(
    key: string,
    change: { readonly expected: Revision; readonly next: Value | undefined; readonly nowMs: number },
  ): Promise<Revision | undefined>;
  close(): void;
}

export interface KeptJournalOptions<Entry> {
  /** The name with an article and a capital, for the sentences of failures: `The given-up journal`. */
  readonly title: string;
  /** More is refused. */
  readonly bytesMax: number;
  /** Called for every whole entry that is there when it is opened, oldest first. */
  readonly onEntry: (entry: Entry) => void;
}

/** An entry and where it ends, which names it until some are removed. */
export interface Placed<Entry> {
  readonly entry: Entry;
  readonly end: number;
}

/** Entries in the order in which they were added. */
export interface KeptJournal<Entry> {
  readonly count: number;
  /** The last append had no room. */
  readonly isFull: boolean;
  /** Bytes of entries that were damaged when it was opened: what was in them is not known. */
  readonly damagedBytes: number;
  /** Durable when it resolves; those that wait share a sync. Fails with `log_unavailable` if it is full or cannot be written. */
  append(entries: readonly Entry[]): Promise<void>;
  /** The entries after `after` that are there now, oldest first; 0: from the first. A place in the middle of one: from the next. */
  placed(after?: number): AsyncIterable<Placed<Entry>>;
  /** Removes entries by their ends; durable when it resolves. Those that are left have other ends then. Fails with `log_unavailable`: they stay. */
  remove(ends: ReadonlySet<number>): Promise<void>;
  close(): Promise<void>;
}
