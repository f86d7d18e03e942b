import type { Clock } from '../../clock.ts';
import type { LogStore } from '../../engine/contract.ts';
import type { Logger } from '../../observe/contract.ts';
import type { LogState } from '../state/state.ts';
import { stateToLines } from './snapshot.ts';

/** Records after which a new snapshot is written, so that start-up replays no more than about this many. Chosen: 1 s of replay. */
export const snapshotEveryRecords = 100_000;

/** After one that failed none is tried for so long, milliseconds: each try costs as much as a good one. Chosen. */
export const snapshotRetryMs = 30_000;

export interface SnapshotsOptions {
  readonly store: LogStore;
  readonly partition: string;
  readonly state: LogState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Records from one to the next; `snapshotEveryRecords` if left out. */
  readonly snapshotEvery?: number;
  /** Position of the snapshot that start-up began with; 0 if there was none. */
  readonly lastPosition: number;
}

/** Writes a snapshot now and then, and lets go of the records that it and every reader have done with. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #holds = new Set<() => number>();
  #lastPosition: number;
  #writing: Promise<void> | undefined;
  /** None is begun before, epoch milliseconds. */
  #notBeforeMs = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#lastPosition = options.lastPosition;
  }

  /** Records after `cursor()` are kept, whatever the retention. Returns the release. */
  hold(cursor: () => number): () => void {
    this.#holds.add(cursor);
    return () => this.#holds.delete(cursor);
  }

  /** The state stands at `position`; a snapshot of it is begun if it is time for one. */
  reached(position: number, floorMs: number): void {
    const { snapshotEvery = snapshotEveryRecords } = this.#options;
    if (this.#writing || position - this.#lastPosition < snapshotEvery) return;
    if (this.#options.clock.steadyMs() < this.#notBeforeMs) return;
    this.#writing = this.#write(position, floorMs).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what is not in a snapshot yet, so that the next start replays nothing. */
  async stop(position: number, floorMs: number): Promise<void> {
    await this.#writing;
    if (position > this.#lastPosition) await this.#write(position, floorMs);
  }

  /** Never rejects: the log is the truth, and without the snapshot start-up only takes longer. */
  async #write(position: number, floorMs: number): Promise<void> {
    const { store, partition, state, clock, retentionMs, retentionBytes, logger } = this.#options;
    try {
      await store.writeSnapshot(partition, position, stateToLines(state, floorMs));
      this.#lastPosition = position;
      const held = Math.min(position, ...[...this.#holds].map((cursor) => cursor()));
      await store.trim(partition, held, clock.nowMs() - retentionMs);
      const beyond = await store.beyond(partition, retentionBytes);
      await store.trim(partition, Math.min(held, beyond), Infinity);
    } catch (cause) {
      this.#notBeforeMs = clock.steadyMs() + snapshotRetryMs;
      logger.error('a snapshot could not be written; start-up will replay more', { cause: String(cause) });
    }
  }
}
