/**
 * The room of the log's engines. One contract, one contract suite (testing/suites/engine-contract.ts), one folder per implementation.
 * Nothing above this file knows which engine runs.
 */

/** A record as stored: opaque to the engine. One transaction may be several records; they are stored all or none. */
export interface StoredRecord {
  /** Dense position in the partition: 1, 2, 3 … */
  readonly position: number;
  readonly payload: Uint8Array;
}

/** Records of one decision. */
export type Transaction = readonly Uint8Array[];

/** What one append stores, all of it or nothing. */
export interface Batch {
  /** When it was decided, epoch milliseconds. */
  readonly atMs: number;
  readonly transactions: readonly Transaction[];
}

/** A place between two batches: what was there up to it, and nothing else, has this chain. */
export interface Place {
  /** Position of the last record before it; 0: it is the beginning. */
  readonly position: number;
  /** Hash over every batch up to here, hexadecimal. Two logs that agree in it hold the same. */
  readonly chain: string;
}

/** What has become of an append, definitely. An engine that does not know goes on asking until it does; it never guesses. */
export type AppendOutcome =
  /** The batch is stored, once, and durable. */
  | { readonly ok: true; readonly end: Place }
  /** The log ends elsewhere: the batch is not stored, and never will be. */
  | { readonly ok: false; readonly reason: 'conflict'; readonly end: Place }
  /**
   * The disk is full or failing: the batch is not stored, and what was partly written has been taken back. If the disk refuses that
   * too, a crash before the next append may leave the batch, whole.
   */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly cause: unknown };

/** How a partition was found at opening. */
export interface Recovery {
  /** Position of the last whole batch. */
  readonly lastPosition: number;
  /** Bytes after it that were cut as torn or corrupt; 0 after a clean stop. */
  readonly cutBytes: number;
  /** When whoever owned it was last marked alive before this start, epoch milliseconds; 0 if never. */
  readonly lastAliveMs: number;
}

export interface LogStore {
  /** The result of the recovery of a partition. Of one that was not there: it is empty, and nobody ever lived. */
  recovery(partition: string): Recovery;
  /** The end of the partition: at least every append that was acknowledged before the call. */
  end(partition: string): Promise<Place>;
  /** Durable when it resolves. `expected` is the end as the caller knows it. One append at a time. */
  append(partition: string, batch: Batch, expected: Place): Promise<AppendOutcome>;
  /**
   * Reads up to `limit` durable records after `after`, in order; fewer only at the end.
   * @throws HousecountError no_longer_kept if they were deleted by retention; log_corrupt if they are not what was appended.
   */
  read(partition: string, after: number, limit: number): Promise<readonly StoredRecord[]>;
  /** Position of the oldest record kept; of the next one, if there is none. */
  first(partition: string): Promise<number>;
  /** Position up to which records lie further back than the newest `bytes` bytes, in units of what `trim` deletes at once; 0: none. */
  beyond(partition: string, bytes: number): Promise<number>;
  /** The newest whole snapshot, or undefined. Corrupt ones are skipped and reported. */
  readSnapshot(
    partition: string,
  ): Promise<{ readonly position: number; readonly lines: AsyncIterable<string> } | undefined>;
  /** Durable when it resolves; older snapshots may then be deleted. */
  writeSnapshot(partition: string, position: number, lines: Iterable<string>): Promise<void>;
  /** Deletes whole segments whose every record is at or before `position` and older than `beforeMs`. */
  trim(partition: string, position: number, beforeMs: number): Promise<void>;
  /** Notes that the owner of the partition is alive at `nowMs`. Cheap, not synced: survives a killed process, not a power cut. */
  markAlive(partition: string, nowMs: number): Promise<void>;
  close(): Promise<void>;
}
