import type { SimRandom } from './sim-random.ts';

type Change = { readonly offset: number; readonly bytes: Uint8Array } | { readonly length: number };

const sectorBytes = 512;

/** The content of one file: as the process sees it, and as the disk holds it. */
export class SimInode {
  readonly #cache = new Content();
  readonly #disk = new Content();
  /** Changes since the last sync, in order. */
  #changes: Change[] = [];

  static durable(bytes: Uint8Array): SimInode {
    const inode = new SimInode();
    inode.write(0, bytes);
    inode.sync();
    return inode;
  }

  /** The content that the process reads; a view. */
  get bytes(): Uint8Array {
    return this.#cache.view();
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#cache.write(offset, bytes);
    this.#changes.push({ offset, bytes });
  }

  truncate(length: number): void {
    this.#cache.resize(length);
    this.#changes.push({ length });
  }

  /** Makes every change durable. */
  sync(): void {
    for (const change of this.#changes.splice(0)) {
      if ('length' in change) this.#disk.resize(change.length);
      else this.#disk.write(change.offset, change.bytes);
    }
  }

  /** The effect of a failed sync: the pages count as clean, and were not written. */
  forget(): void {
    this.#changes = [];
  }

  /** The page cache is gone; of what was not synced, anything may have reached the disk. */
  losePower(random: SimRandom): void {
    const how = random.pick(['nothing', 'prefix', 'sectors', 'everything'] as const);
    let budget = random.between(
      0,
      this.#changes.reduce((sum, change) => sum + ('bytes' in change ? change.bytes.length : 0), 0),
    );
    for (const change of this.#changes) {
      if (how === 'nothing') break;
      if ('length' in change) {
        if (how === 'everything' || random.chance(0.5)) this.#disk.resize(change.length);
      } else if (how === 'everything') {
        this.#disk.write(change.offset, change.bytes);
      } else if (how === 'prefix') {
        this.#disk.write(change.offset, change.bytes.subarray(0, budget));
        budget = Math.max(0, budget - change.bytes.length);
      } else {
        this.#tear(change.offset, change.bytes, random);
      }
    }
    this.#changes = [];
    this.#cache.copyFrom(this.#disk);
  }

  /** Sector by sector: written, not written (zeros where the file grew), or garbage. Bytes beside the write stay. */
  #tear(offset: number, bytes: Uint8Array, random: SimRandom): void {
    const end = offset + bytes.length;
    if (random.chance(0.5)) this.#disk.resize(Math.max(this.#disk.length, end));
    for (let at = offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
      const fate = random.fraction();
      if (fate < 0.5) this.#disk.write(at, bytes.subarray(at - offset, next - offset));
      else if (fate < 0.65) {
        const garbage = new Uint8Array(next - at).map(() => random.between(0, 255));
        this.#disk.write(at, garbage);
      }
      at = next;
    }
  }
}

/** Bytes that grow. */
class Content {
  length = 0;
  #buffer = new Uint8Array(256);

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.resize(Math.max(this.length, offset + bytes.length));
    this.#buffer.set(bytes, offset);
  }

  resize(length: number): void {
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.view());
      this.#buffer = larger;
    }
    // Bytes that are added read as zeros, also after a shrink.
    if (length < this.length) this.#buffer.fill(0, length, this.length);
    this.length = length;
  }

  copyFrom(other: Content): void {
    this.resize(0);
    this.write(0, other.view());
  }
}
