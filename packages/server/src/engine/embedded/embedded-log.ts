import assert from 'node:assert';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { LogStore, Recovery } from '../contract.ts';
import type { Disk } from '../disk.ts';
import { AliveFile, type AliveMark, knownPlaceOf, lastAliveOf } from './alive-file.ts';
import { Partition } from './partition.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';

export interface EmbeddedLogOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A file of the log takes no further append once it is this large. Default 64 MiB: what retention deletes at once. */
  readonly segmentBytesMax?: number;
  /** Names this process in what it writes: 8 bytes, hexadecimal. Default: random. */
  readonly incarnation?: string;
}

const partitionPattern = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/;

/** More partitions do not fit the alive file. The product uses one. */
const partitionsMax = 16;

/**
 * The log as append-only files below `log/`, snapshots below `snapshots/`, and `alive`. Recovers on opening: a torn
 * end is cut and reported. Throws `log_corrupt` if records that had been acknowledged are damaged or missing.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<LogStore> {
  const { disk, logger } = options;
  const partitionOptions = {
    ...options,
    segmentBytesMax: options.segmentBytesMax ?? 64 * 1024 * 1024,
    incarnation: options.incarnation ?? randomBytes(8).toString('hex'),
  };
  const partitions = new Map<string, Partition>();
  const found = (await disk.list('log')).filter((name) => partitionPattern.test(name));
  const alive = await AliveFile.open(disk, { path: 'alive', expected: found.length > 0 }, logger);
  try {
    for (const name of new Set([...found, ...Object.keys(alive.mark.durable)])) {
      const known = knownPlaceOf(alive.mark, name);
      partitions.set(name, await Partition.open(partitionOptions, `log/${name}`, known));
    }
  } catch (error) {
    await alive.file.close();
    throw error;
  }
  const recovery = recoveryOf(partitions, alive.mark);
  let closed = false;

  const partitionNamed = (name: string): Partition => {
    assert(!closed, 'the log is closed');
    assert(partitionPattern.test(name), `not a name of a partition: ${name}`);
    let partition = partitions.get(name);
    if (partition === undefined) {
      assert(partitions.size < partitionsMax, 'too many partitions');
      partition = new Partition(partitionOptions, `log/${name}`);
      partitions.set(name, partition);
    }
    return partition;
  };

  return {
    recovery,
    async end(partition) {
      return partitionNamed(partition).end;
    },
    async append(partition, batch, expected) {
      return partitionNamed(partition).append(batch, expected);
    },
    async read(partition, after, limit) {
      return partitionNamed(partition).read(after, limit);
    },
    async first(partition) {
      return partitionNamed(partition).first;
    },
    async beyond(partition, bytes) {
      return partitionNamed(partition).beyond(bytes);
    },
    async readSnapshot(partition) {
      const { last } = partitionNamed(partition);
      return readSnapshot(disk, logger, `snapshots/${partition}`, partition, last);
    },
    async writeSnapshot(partition, position, lines) {
      assert(position <= partitionNamed(partition).last, 'a snapshot is of durable records');
      await writeSnapshot(disk, `snapshots/${partition}`, partition, position, lines);
    },
    async trim(partition, position, beforeMs) {
      await partitionNamed(partition).trim(position, beforeMs);
    },
    async markAlive(partition, nowMs) {
      assert(!closed, 'the log is closed');
      partitionNamed(partition);
      const { mark } = alive;
      const lastMs = { ...mark.lastMs, [partition]: Math.max(nowMs, mark.lastMs?.[partition] ?? 0) };
      await alive.write({ nowMs, lastMs, ...knownOf(partitions) });
    },
    async close() {
      if (closed) return;
      closed = true;
      try {
        // The mark is synced only here: a damaged end of the log is then known from a torn one. Its time stays: a start
        // that failed has heard nobody, and must not count as a time when the server was alive.
        const { nowMs, lastMs } = alive.mark;
        await alive.write({ nowMs, ...(lastMs && { lastMs }), ...knownOf(partitions) });
        await alive.file.sync();
      } finally {
        await alive.file.close();
        for (const partition of partitions.values()) await partition.close();
      }
    },
  };
}

function knownOf(partitions: ReadonlyMap<string, Partition>): Pick<AliveMark, 'durable' | 'chains'> {
  const places = [...partitions].map(([name, { end }]) => [name, end] as const);
  return {
    durable: Object.fromEntries(places.map(([name, { position }]) => [name, position])),
    chains: Object.fromEntries(places.map(([name, { chain }]) => [name, chain])),
  };
}

/** How each partition was at opening, also once it has grown. */
function recoveryOf(
  partitions: ReadonlyMap<string, Partition>,
  mark: AliveMark,
): (partition: string) => Recovery {
  const ends = new Map(
    Array.from(partitions, ([name, { last, cutBytes }]) => [name, { lastPosition: last, cutBytes }]),
  );
  return (name) => ({
    ...(ends.get(name) ?? { lastPosition: 0, cutBytes: 0 }),
    lastAliveMs: lastAliveOf(mark, name),
  });
}
