import type { Clock } from '../../src/clock.ts';
import type { Disk, DiskFile } from '../../src/engine/disk.ts';
import { SimInode } from './sim-inode.ts';
import type { SimRandom } from './sim-random.ts';

export type CrashKind =
  /** The process is killed: what it wrote is in the page cache, synced or not. */
  | 'process'
  /** The machine loses power: what was not synced is lost or torn. */
  | 'power';

/** The faults of a mounted disk. All off by default; may be changed at any time. */
export interface SimDiskFaults {
  /** Bytes that may still be added to files; then writes stop in the middle with ENOSPC. */
  spaceBytesLeft: number;
  /** The number of syncs from now on that fail with EIO, after which the kernel calls their pages clean (they are lost by a power cut). */
  syncFailures: number;
  /** Syncs say that all is well and do nothing: for proving that the tests notice. */
  syncIsALie: boolean;
  /** Milliseconds that an operation takes; needs the clock given to `mount`. */
  latencyMs: (() => number) | undefined;
}

/**
 * A disk that outlives the simulated process: `mount` it, `crash` it, mount it again. Old mounts then hang for ever,
 * as a dead process does.
 */
export class SimDisk {
  readonly faults: SimDiskFaults = {
    spaceBytesLeft: Number.POSITIVE_INFINITY,
    syncFailures: 0,
    syncIsALie: false,
    latencyMs: undefined,
  };
  /** Called as each operation begins: the place to crash in the middle of things. */
  onOperation: () => void = () => undefined;
  /** Syncs done, for tests that count. */
  syncs = 0;
  readonly #names = new Map<string, SimInode>();
  /** Names that a power cut cannot take away. */
  readonly #durableNames = new Set<string>();
  /** Writes that were asked for and have not been confirmed. */
  readonly #writing = new Set<{ inode: SimInode; offset: number; bytes: Uint8Array }>();
  readonly #replacing = new Set<{ path: string; bytes: Uint8Array }>();
  #life = 0;

  constructor(readonly random: SimRandom) {}

  /** Ends the process that has the disk, in the middle of whatever it does. */
  crash(kind: CrashKind): void {
    this.#life += 1;
    for (const { inode, offset, bytes } of this.#writing) {
      // A killed process may have got any part of its write done.
      inode.write(offset, bytes.subarray(0, this.random.between(0, bytes.length)));
    }
    this.#writing.clear();
    for (const { path, bytes } of this.#replacing) this.#endReplace(path, bytes);
    this.#replacing.clear();
    if (kind === 'process') return;
    for (const [path, inode] of [...this.#names]) {
      inode.losePower(this.random);
      if (!this.#durableNames.has(path) && this.random.chance(0.5)) this.#names.delete(path);
    }
  }

  /** The disk for one life of a process. */
  mount(clock?: Clock): Disk {
    const life = this.#life;
    /** Does it after the latency, in one go, unless the process is dead by then; a dead one waits for ever. */
    const later = <T>(act: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (this.#life === life) this.onOperation();
        const run = (): void => {
          if (this.#life !== life) return;
          try {
            resolve(act());
          } catch (error) {
            reject(error);
          }
        };
        const { latencyMs } = this.faults;
        if (clock && latencyMs) clock.after(latencyMs(), run);
        else queueMicrotask(run);
      });
    return {
      list: (folder) =>
        later(() => {
          const within = `${folder}/`;
          const paths = [...this.#names.keys()].filter((path) => path.startsWith(within));
          return [...new Set(paths.map((path) => path.slice(within.length).split('/')[0] ?? ''))];
        }),
      open: (path) =>
        later(() => {
          const inode = this.#names.get(path) ?? new SimInode();
          this.#names.set(path, inode);
          return this.#file(inode, later);
        }),
      read: (path) => later(() => this.#names.get(path)?.bytes.slice()),
      replace: async (path, bytes) => {
        const chunks: Uint8Array[] = [];
        for (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
          await later(() => chunks.push(chunk.slice()));
        }
        const draft = await later(() => {
          const drafted = { path, bytes: concat(chunks) };
          this.#replacing.add(drafted);
          return drafted;
        });
        await later(() => {
          this.#replacing.delete(draft);
          const growth = draft.bytes.length - (this.#names.get(path)?.bytes.length ?? 0);
          if (this.faults.spaceBytesLeft < draft.bytes.length) throw failure('ENOSPC');
          if (this.#syncFails()) throw failure('EIO');
          this.faults.spaceBytesLeft -= growth;
          this.#names.set(path, SimInode.durable(draft.bytes));
          this.#durableNames.add(path);
        });
      },
      remove: (path) =>
        later(() => {
          this.faults.spaceBytesLeft += this.#names.get(path)?.bytes.length ?? 0;
          this.#names.delete(path);
          this.#durableNames.delete(path);
        }),
    };
  }

  /** The current bytes of a file, for tests that damage it; undefined if there is none. */
  bytes(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.bytes.slice();
  }

  /** Puts bytes there, durably, behind everybody's back. */
  put(path: string, bytes: Uint8Array): void {
    this.#names.set(path, SimInode.durable(bytes.slice()));
    this.#durableNames.add(path);
  }

  /** Every path, sorted. */
  paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** Another disk with the same durable content and its own randomness. Only when nothing is unsynced. */
  copy(random: SimRandom): SimDisk {
    const copy = new SimDisk(random);
    for (const path of this.paths()) copy.put(path, this.bytes(path) ?? new Uint8Array());
    return copy;
  }

  #file(inode: SimInode, later: <T>(act: () => T) => Promise<T>): DiskFile {
    return {
      size: () => later(() => inode.bytes.length),
      read: (offset, length) => later(() => inode.bytes.slice(offset, offset + length)),
      write: async (offset, bytes) => {
        const asked = await later(() => {
          const write = { inode, offset, bytes: bytes.slice() };
          this.#writing.add(write);
          return write;
        });
        await later(() => {
          this.#writing.delete(asked);
          const growth = Math.max(0, offset + bytes.length - inode.bytes.length);
          const room = Math.min(growth, Math.max(0, this.faults.spaceBytesLeft));
          this.faults.spaceBytesLeft -= room;
          inode.write(offset, asked.bytes.subarray(0, bytes.length - (growth - room)));
          if (room < growth) throw failure('ENOSPC');
        });
      },
      truncate: (length) =>
        later(() => {
          this.faults.spaceBytesLeft += Math.max(0, inode.bytes.length - length);
          inode.truncate(length);
        }),
      sync: () =>
        later(() => {
          this.syncs += 1;
          if (this.#syncFails()) {
            inode.forget();
            throw failure('EIO');
          }
          if (!this.faults.syncIsALie) inode.sync();
        }),
      close: () => later(() => undefined),
    };
  }

  #syncFails(): boolean {
    if (this.faults.syncFailures <= 0) return false;
    this.faults.syncFailures -= 1;
    return true;
  }

  /** A crash in the middle of a replace: the old file, or the new one, and perhaps the draft beside it. */
  #endReplace(path: string, bytes: Uint8Array): void {
    const outcome = this.random.pick(['done', 'draft', 'nothing'] as const);
    if (outcome === 'done') {
      this.#names.set(path, SimInode.durable(bytes));
      this.#durableNames.add(path);
    } else if (outcome === 'draft') {
      this.#names.set(`${path}.tmp`, SimInode.durable(bytes.slice(0, this.random.between(0, bytes.length))));
    }
  }
}

const failure = (code: 'ENOSPC' | 'EIO'): Error => Object.assign(new Error(`simulated ${code}`), { code });

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
