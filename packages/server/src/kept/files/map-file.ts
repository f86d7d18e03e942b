import type { Disk, DiskFile } from '../../engine/disk.ts';
import type { KeptMap, KeptMapOptions } from '../contract.ts';
import { decodeLines, encodeLine } from './checked-lines.ts';

const encoder = new TextEncoder();

/**
 * A file of checked lines, each of the values that changed, appended; the last line that speaks of a key counts. It is made
 * whole under another name, so there never is an empty one.
 */
export class MapFile<Value> implements KeptMap<Value> {
  readonly isNew: boolean;
  readonly cutBytes: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #rewriteBytesMin: number;
  readonly #values: Map<string, Value>;
  /** The file; undefined until it is written for the first time. */
  #file: DiskFile | undefined;
  #end = 0;
  /** Size of the file when it was last rewritten, bytes. */
  #rewrittenEnd = 0;
  /** The path may hold another file than `#file`: only a rewrite puts that right. */
  #isStale = true;

  private constructor(
    disk: Disk,
    path: string,
    options: Pick<KeptMapOptions<Value>, 'rewriteBytesMin'> & {
      readonly values: Map<string, Value>;
      readonly isNew: boolean;
      readonly cutBytes: number;
    },
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#rewriteBytesMin = options.rewriteBytesMin;
    this.#values = options.values;
    this.isNew = options.isNew;
    this.cutBytes = options.cutBytes;
  }

  /** Reads what is there; nothing is written yet. */
  static async open<Value>(
    disk: Disk,
    path: string,
    { isValue, damaged, rewriteBytesMin }: KeptMapOptions<Value>,
  ): Promise<MapFile<Value>> {
    const found = await disk.read(path);
    const bytes = found ?? new Uint8Array();
    const lines = decodeLines(bytes);
    const whole = lines.at(-1)?.end ?? 0;
    if (found && whole === 0) throw damaged();
    const values = new Map<string, Value>();
    for (const { value: line } of lines) {
      if (typeof line !== 'object' || line === null) throw damaged();
      for (const [key, value] of Object.entries(line)) {
        if (!isValue(value)) throw damaged();
        values.set(key, value);
      }
    }
    return new MapFile(disk, path, {
      rewriteBytesMin,
      values,
      isNew: found === undefined,
      cutBytes: bytes.length - whole,
    });
  }

  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  async put(values: Iterable<readonly [key: string, value: Value]>): Promise<void> {
    const before = new Map(this.#values);
    for (const [key, value] of values) this.#values.set(key, value);
    try {
      await this.#rewrite();
    } catch (cause) {
      this.#values.clear();
      for (const [key, value] of before) this.#values.set(key, value);
      throw cause;
    }
  }

  async remove(key: string): Promise<void> {
    this.#values.delete(key);
    await this.#rewrite();
  }

  async note(values: ReadonlyMap<string, Value>, isSynced: boolean): Promise<boolean> {
    for (const [key, value] of values) this.#values.set(key, value);
    const endMax = Math.max(this.#rewriteBytesMin, 2 * this.#rewrittenEnd);
    if (!this.#file || this.#isStale || this.#end > endMax) {
      await this.#rewrite();
      return true;
    }
    // A line that was half written before lies at the end, and is overwritten.
    const bytes = encoder.encode(encodeLine(Object.fromEntries(values)));
    await this.#file.write(this.#end, bytes);
    this.#end += bytes.length;
    if (isSynced) await this.#file.sync();
    return isSynced;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #rewrite(): Promise<void> {
    this.#isStale = true;
    const bytes = encoder.encode(encodeLine(Object.fromEntries(this.#values)));
    await this.#disk.replace(this.#path, bytes);
    const old = this.#file;
    this.#file = await this.#disk.open(this.#path);
    this.#end = bytes.length;
    this.#rewrittenEnd = bytes.length;
    this.#isStale = false;
    await old?.close();
  }
}
