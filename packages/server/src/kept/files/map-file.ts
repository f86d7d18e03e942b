import type { Disk, DiskFile } from '../../engine/disk.ts';
import { Turn } from '../../turn.ts';
import type { KeptChange, KeptMap, KeptMapOptions, Noted, Revision } from '../contract.ts';
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
  /** The change by which a key got its value: none has the number of another. */
  readonly #revisions = new Map<string, number>();
  #changes = 0;
  /** One change after the other, whoever asks. */
  readonly #turn = new Turn();
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
    for (const key of this.#values.keys()) this.#changed(key);
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

  revision(key: string): Revision {
    return String(this.#revisions.get(key) ?? 'none');
  }

  put(changes: readonly KeptChange<Value>[]): Promise<boolean> {
    return this.#turn.take(async () => {
      if (!changes.every((change) => this.#isExpected(change))) return false;
      const before = new Map(this.#values);
      for (const { key, value } of changes) this.#values.set(key, value);
      try {
        await this.#rewrite();
      } catch (cause) {
        this.#values.clear();
        for (const [key, value] of before) this.#values.set(key, value);
        throw cause;
      }
      for (const { key } of changes) this.#changed(key);
      return true;
    });
  }

  remove(key: string, expected: Revision): Promise<boolean> {
    return this.#turn.take(async () => {
      if (!this.#isExpected({ key, expected })) return false;
      this.#values.delete(key);
      this.#revisions.delete(key);
      await this.#rewrite();
      return true;
    });
  }

  note(changes: readonly KeptChange<Value>[], isSynced: boolean): Promise<Noted> {
    return this.#turn.take(async () => {
      const refused: string[] = [];
      const taken: [string, Value][] = [];
      for (const { key, value, expected } of changes)
        if (this.#isExpected({ key, expected })) taken.push([key, value]);
        else refused.push(key);
      for (const [key, value] of taken) {
        this.#values.set(key, value);
        this.#changed(key);
      }
      return { refused, isSynced: await this.#write(taken, isSynced) };
    });
  }

  #isExpected({ key, expected }: Pick<KeptChange<Value>, 'key' | 'expected'>): boolean {
    return this.revision(key) === expected;
  }

  #changed(key: string): void {
    this.#changes += 1;
    this.#revisions.set(key, this.#changes);
  }

  /** True if it was synced. */
  async #write(values: readonly (readonly [string, Value])[], isSynced: boolean): Promise<boolean> {
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
    await this.#turn.ended();
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
