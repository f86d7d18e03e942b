import { HousecountError } from '@housecount/protocol';
import type { LogStore, Place } from '../engine/contract.ts';
import type { Logger } from '../observe/contract.ts';
import { decodeRecord } from './record/codec.ts';
import { type LogRecord, timeOf } from './record/record.ts';
import { stateFromLines } from './snapshot/snapshot.ts';
import { LogState, type LogStateOptions } from './state/state.ts';

const readBatch = 5_000;

export interface Recovered {
  readonly state: LogState;
  /** The end of the log. */
  readonly end: Place;
  /** No time given from now on may be earlier, epoch milliseconds. */
  readonly floorMs: number;
  /** The process is known to have lived by then, epoch milliseconds; of what a start records about silence nothing is. */
  readonly aliveMs: number;
  /** Position of the snapshot that it began with; 0 if there was none. */
  readonly snapshotPosition: number;
}

/** Folds the newest snapshot and every record after it. */
export async function recoverState(
  options: { store: LogStore; partition: string; logger: Logger } & LogStateOptions,
): Promise<Recovered> {
  const { store, partition, logger } = options;
  const state = new LogState(options);
  const snapshot = await store.readSnapshot(partition);
  let floorMs = 0;
  if (snapshot) ({ floorMs } = await stateFromLines(state, snapshot.lines));
  let aliveMs = floorMs;
  const snapshotPosition = snapshot?.position ?? 0;
  let position = snapshotPosition;
  const { cutBytes } = store.recovery(partition);
  const end = await store.end(partition);
  const first = await store.first(partition);
  if (first > position + 1)
    throw new HousecountError(
      'log_corrupt',
      `snapshots/${partition} has no whole snapshot from where the log goes on: the log begins at record ${first}, ` +
        `${snapshot ? `the newest whole snapshot is of record ${position}` : 'and there is none'}. Restore the data folder from a backup.`,
    );
  if (cutBytes > 0) {
    logger.warn('the log ended in the middle of a record; the torn tail, never acknowledged, was cut', {
      cutBytes,
    });
  }
  while (position < end.position) {
    const records = await store.read(partition, position, readBatch);
    if (records.length === 0)
      throw new Error(`the log has no record after ${position}, yet ends at ${end.position}`);
    for (const { position: at, payload } of records) {
      const record = decodeRecord(payload);
      state.absorb(record);
      floorMs = Math.max(floorMs, floorOf(record));
      if (!isOfStart(record)) aliveMs = Math.max(aliveMs, floorOf(record));
      position = at;
    }
  }
  // Messages that the snapshot stands for may have times up to this.
  state.messageTimes.raise(floorMs);
  return { state, end, floorMs, aliveMs, snapshotPosition };
}

/** Times before this would put a record, or a clientSeq, before one that is already told. */
export function floorOf(record: LogRecord): number {
  const atMs = timeOf(record);
  if (record.type !== 'channel') return atMs;
  if ('clientSeq' in record.change) return Math.max(atMs, record.change.clientSeq);
  return record.change.type === 'link-live' ? Math.max(atMs, record.change.attachment ?? 0) : atMs;
}

/** Is it what a start records of those who were there? If it ended in the midst of that, the next one must not take it for life. */
function isOfStart(record: LogRecord): boolean {
  if (record.type === 'node-lost' || record.type === 'node-up') return true;
  if (record.type !== 'channel') return false;
  // Starts of before marked each member.
  const { change } = record;
  if (change.type === 'link-silent') return change.evidence === 'server-crash';
  return change.type === 'lock-holder-changed' && (change.offlineSinceMs ?? 0) > change.atMs;
}
