import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import { openNodeDisk } from './node-disk.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(300_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'housecount-disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('LOG11: a data folder has one opener; the second is refused by name, until the first lets go', async () => {
  const disk = await openNodeDisk(folder);
  const refusal = await openNodeDisk(folder).catch((error) => error);
  expect(refusal.code).toBe('data_in_use');
  expect(refusal.message).toContain(folder);
  expect(refusal.message).toContain('--data-dir');
  disk.close();
  (await openNodeDisk(folder)).close();
});

test('LOG11: another process is refused, and a killed one keeps nothing', async () => {
  const child = writer(folder);
  await child.line();
  expect((await openNodeDisk(folder).catch((error) => error)).code).toBe('data_in_use');
  await child.kill();
  (await openNodeDisk(folder)).close();
});

test('LOG3: kill -9 of a writing process, ten times: everything acknowledged is there', async () => {
  let acknowledged = 0;
  for (let round = 0; round < 10; round += 1) {
    const child = writer(folder);
    const until = acknowledged + 20 * (round + 1);
    while (acknowledged < until) acknowledged = Number(await child.line());
    acknowledged = Math.max(acknowledged, await child.kill());
    const disk = await openNodeDisk(folder);
    const store = await openEmbeddedLog({ disk, logger, clock: systemClock() });
    const records = await store.read('main', 0, 1_000_000);
    expect(records.length).toBeGreaterThanOrEqual(acknowledged);
    for (const { position, payload } of records) {
      expect(new TextDecoder().decode(payload).split(' ')[0]).toBe(String(position));
    }
    expect(records.length % 3).toBe(0);
    await store.close();
    disk.close();
  }
});

test('LOG12: replace changes a file wholly or not at all, and folders are made on the way', async () => {
  const disk = await openNodeDisk(folder);
  expect(await disk.list('a/b')).toEqual([]);
  expect(await disk.read('a/b/c')).toBeUndefined();
  await disk.replace('a/b/c', new Uint8Array([1, 2, 3]));
  await disk.replace('a/b/c', [new Uint8Array([4]), new Uint8Array(), new Uint8Array([5, 6])]);
  expect(await disk.read('a/b/c')).toEqual(new Uint8Array([4, 5, 6]));
  const failing = disk.replace(
    'a/b/c',
    (function* () {
      yield new Uint8Array([9]);
      throw new Error('no more');
    })(),
  );
  expect(await failing.catch((error) => error.message)).toBe('no more');
  expect(await disk.read('a/b/c')).toEqual(new Uint8Array([4, 5, 6]));
  expect(await readdir(join(folder, 'a/b'))).toEqual(['c']);
  await disk.remove('a/b/c');
  await disk.remove('a/b/c');
  expect(await disk.list('a/b')).toEqual([]);
  disk.close();
});

test('LOG12: what a crash left of an unfinished replace is gone after the next start', async () => {
  const disk = await openNodeDisk(folder);
  await disk.replace('a/b', new Uint8Array([1]));
  disk.close();
  await writeFile(join(folder, 'a/b.tmp'), 'half');
  const again = await openNodeDisk(folder);
  expect(await again.list('a')).toEqual(['b']);
  again.close();
});

test('LOG12: files are read, written, shortened and measured at any offset', async () => {
  const disk = await openNodeDisk(folder);
  const file = await disk.open('x/file');
  expect(await file.size()).toBe(0);
  await file.write(0, new Uint8Array([1, 2, 3, 4]));
  await file.write(2, new Uint8Array([7, 8, 9]));
  await file.sync();
  expect(await file.read(1, 100)).toEqual(new Uint8Array([2, 7, 8, 9]));
  expect(await file.read(5, 1)).toEqual(new Uint8Array());
  await file.truncate(3);
  expect(await file.size()).toBe(3);
  await file.close();
  const again = await disk.open('x/file');
  expect(await again.read(0, 100)).toEqual(new Uint8Array([1, 2, 7]));
  await again.close();
  disk.close();
});

test('LOG12: a folder that cannot be made is an error, not an empty disk', async () => {
  await writeFile(join(folder, 'plain'), '');
  expect(await openNodeDisk(join(folder, 'plain')).catch((error) => error.code)).toMatch(/EEXIST|ENOTDIR/);
});

/** A process that appends transactions of three records for ever and prints each acknowledged position. */
function writer(root: string) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../../testing/processes/disk-writer.ts'), root],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next) next(line);
    else lines.push(line);
  });
  const closed = once(child.stdout, 'close');
  return {
    line: (): Promise<string> =>
      Promise.race([
        lines.length > 0
          ? Promise.resolve(lines.shift() ?? '')
          : new Promise<string>((resolve) => waiting.push(resolve)),
        ended.then(([code]) => Promise.reject(new Error(`the writer ended: ${code}`))),
      ]),
    /** Kills it at once; returns the last position it had acknowledged. */
    async kill(): Promise<number> {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      await closed;
      return Math.max(0, ...lines.map(Number));
    },
  };
}

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message, fields) => {
    throw new Error(`${message} ${JSON.stringify(fields)}`);
  },
  with: () => logger,
};
