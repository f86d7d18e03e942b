import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A wall clock of a process that can be set while it runs: the environment for the process, and the means. */
export interface FakedTime {
  readonly environment: Readonly<Record<string, string>>;
  /** Sets its wall clock so far ahead of the real one, seconds; below 0: behind. What only runs is left alone. */
  set(aheadSeconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Debian's libfaketime, of the kind for programs with threads; undefined where it is not installed. */
export function faketimeLibrary(): string | undefined {
  if (process.env.FAKETIME_LIBRARY) return process.env.FAKETIME_LIBRARY;
  const name = 'faketime/libfaketimeMT.so.1';
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders.map((folder) => join('/usr/lib', folder, name)).find((path) => existsSync(path));
}

export async function fakedTime(library: string, aheadSeconds = 0): Promise<FakedTime> {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-time-'));
  const file = join(folder, 'time');
  const set = (seconds: number) => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await set(aheadSeconds);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
