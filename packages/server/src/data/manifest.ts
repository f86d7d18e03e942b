import { HousecountError } from '@housecount/protocol';
import type { Disk } from '../engine/disk.ts';
import type { KeptValue } from '../kept/contract.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import type { Logger } from '../observe/contract.ts';
import { isObject } from '../settings/reader.ts';
import { Turn } from '../turn.ts';
import { type DataFile, dataFiles } from './data-files.ts';

export const manifestPath = 'manifest';
/**
 * Raised when a server of before could not read the data folder any more: 2 when the log came to be in batches, 3 with the records of links,
 * and of the nodes that were up.
 */
const format = 3;

export interface MissingFile extends DataFile {
  /** Epoch milliseconds. */
  readonly sinceMs: number;
}

/**
 * Says which files are in the data folder, and since when: one that goes missing is missed, and not begun anew without a word.
 * Files that exist and are not noted, as in a folder of an earlier version, are taken up.
 */
export class Manifest {
  readonly #disk: Disk;
  readonly #kept: KeptValue;
  readonly #nowMs: () => number;
  readonly #logger: Logger;
  #files: ReadonlyMap<string, number>;
  /** A server of before wrote it. */
  #isOlder: boolean;
  /** Lets writes follow one after the other. */
  readonly #turn = new Turn();

  private constructor(
    disk: Disk,
    options: ManifestOptions,
    { files, isOlder }: { readonly files: ReadonlyMap<string, number>; readonly isOlder: boolean },
  ) {
    this.#disk = disk;
    this.#kept = keptFiles(disk).value(manifestPath);
    this.#nowMs = options.nowMs;
    this.#logger = options.logger;
    this.#files = files;
    this.#isOlder = isOlder;
  }

  /** @throws HousecountError data_newer if a newer server wrote it. */
  static async read(disk: Disk, options: ManifestOptions): Promise<Manifest> {
    const found = await keptFiles(disk).value(manifestPath).read();
    const value = found.is === 'whole' ? found.value : undefined;
    // The first value says the format, whatever a newer server has written behind it.
    const first = found.is === 'damaged' ? found.first : value;
    if (isObject(first) && typeof first.format === 'number' && first.format > format)
      throw new HousecountError(
        'data_newer',
        `${manifestPath} has version ${first.format}, and this server knows none after ${format}. Start the server that wrote the folder, or a newer one; or put back the backup of before the upgrade.`,
      );
    if (found.is !== 'none' && !isFiles(value))
      options.logger.error(
        'The manifest of the data folder is damaged and is written anew; a file that went missing before is not noticed.',
        { file: manifestPath },
      );
    return new Manifest(disk, options, {
      files: new Map(isFiles(value) ? Object.entries(value.files) : []),
      isOlder: isObject(value) && isFiles(value) && isObject(first) && first.format !== format,
    });
  }

  /** Files that were there and are not, or are empty. */
  async missing(): Promise<readonly MissingFile[]> {
    const found: MissingFile[] = [];
    for (const file of dataFiles) {
      const sinceMs = this.#files.get(file.path);
      if (sinceMs !== undefined && !(await isThere(this.#disk, file.path))) found.push({ ...file, sinceMs });
    }
    return found;
  }

  /**
   * Tells the operator of what is missing, and no longer waits for what may be.
   * @throws HousecountError data_missing, naming each file that must not be, and the remedy.
   */
  async check(dataDir: string): Promise<void> {
    const missing = await this.missing();
    const needed = missing.filter(({ ifMissing }) => ifMissing === 'refuse');
    if (needed.length > 0)
      throw new HousecountError(
        'data_missing',
        `${needed
          .map(
            ({ path, sinceMs, without }) =>
              `${path} was there since ${timeOf(sinceMs)}. Without it ${without}.`,
          )
          .join(
            ' ',
          )} Put back a copy of the data folder from a backup; or, to go on without, run: housecount repair --data-dir ${dataDir}`,
      );
    for (const { path, sinceMs, without } of missing)
      this.#logger.error(`A FILE OF THE DATA FOLDER IS MISSING and is begun anew. Without it ${without}.`, {
        file: path,
        since: timeOf(sinceMs),
        remedy:
          'Stop the server and put back a copy of the file from a backup, or go on without what it held.',
      });
    await this.forget(missing.map(({ path }) => path));
  }

  /** Says, before anything is changed, that a server of before no longer reads the folder. */
  async bringForward(): Promise<void> {
    if (this.#isOlder) await this.#write(this.#files);
  }

  /** Notes what is there by now. */
  async noteFound(): Promise<void> {
    const found: string[] = [];
    for (const { path } of dataFiles) if (await isThere(this.#disk, path)) found.push(path);
    await this.#note(found);
  }

  /** Forgets files on purpose: from here on a missing file counts as one that never was. */
  async forget(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const left = new Map(this.#files);
    for (const path of paths) left.delete(path);
    await this.#write(left);
  }

  /** The same disk; what is made there later is noted as well. */
  watched(): Disk {
    const paths = dataFiles.map(({ path }) => path);
    return {
      ...this.#disk,
      replace: async (path, bytes) => {
        await this.#disk.replace(path, bytes);
        const file = paths.find((one) => path === one || path.startsWith(`${one}/`));
        if (file !== undefined) await this.#note([file]);
      },
    };
  }

  async #note(paths: readonly string[]): Promise<void> {
    if (paths.every((path) => this.#files.has(path))) return;
    const more = paths.map((path) => [path, this.#nowMs()] as const);
    await this.#write(new Map([...more, ...this.#files]));
  }

  /** Writes the manifest. A file that cannot be noted is taken up by the next start; that is no reason to refuse what was to be done. */
  async #write(files: ReadonlyMap<string, number>): Promise<void> {
    this.#files = files;
    await this.#turn.take(async () => {
      try {
        await this.#kept.put({ format, files: Object.fromEntries([...this.#files].sort()) });
        this.#isOlder = false;
      } catch (cause) {
        this.#logger.warn('The manifest of the data folder cannot be written.', {
          file: manifestPath,
          cause,
        });
      }
    });
  }
}

export interface ManifestOptions {
  readonly logger: Logger;
  readonly nowMs: () => number;
}

function isFiles(value: unknown): value is { readonly files: Readonly<Record<string, number>> } {
  return (
    isObject(value) &&
    isObject(value.files) &&
    Object.values(value.files).every((since) => typeof since === 'number')
  );
}

const timeOf = (ms: number) => new Date(ms).toISOString();

/** An empty file is none: whoever writes these makes them whole. */
async function isThere(disk: Disk, path: string): Promise<boolean> {
  const slash = path.lastIndexOf('/');
  const names = await disk.list(slash < 0 ? '.' : path.slice(0, slash));
  if (!names.includes(path.slice(slash + 1))) return false;
  const within = await listOf(disk, path);
  if (within !== undefined) {
    for (const name of within) if (((await listOf(disk, `${path}/${name}`)) ?? ['']).length > 0) return true;
    return false;
  }
  const file = await disk.open(path);
  try {
    return (await file.size()) > 0;
  } finally {
    await file.close();
  }
}

/** Names in a folder; undefined for a file. */
const listOf = (disk: Disk, path: string) =>
  disk.list(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  });
