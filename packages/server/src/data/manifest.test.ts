import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeDisk, openNodeDisk } from '../engine/embedded/node-disk.ts';
import { encodeLine } from '../kept/files/checked-lines.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import { createLogger } from '../observe/logger.ts';
import { dataFiles } from './data-files.ts';
import { Manifest, manifestPath } from './manifest.ts';
import { openResumeSecret, resumeSecretDamage } from './resume-secret.ts';

let folder: string;
let disk: NodeDisk;
let lines: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'housecount-manifest-'));
  disk = await openNodeDisk(folder);
  lines = [];
});
afterEach(() => {
  disk.close();
  rmSync(folder, { recursive: true, force: true });
});

const options = (nowMs = 1_000) => ({
  logger: createLogger({
    level: 'warn',
    format: 'json',
    sink: { write: (line: string) => lines.push(line) },
  }),
  nowMs: () => nowMs,
});
const read = (nowMs?: number) => Manifest.read(disk, options(nowMs));
const manifestText = () => readFileSync(join(folder, manifestPath), 'utf8');
const bytes = new TextEncoder().encode('something');
const pathOf = (path: string) => join(folder, path === 'log' ? 'log/main' : path);
/** All there is to be noted. */
async function full(): Promise<void> {
  const manifest = await read();
  for (const { path } of dataFiles)
    await manifest.watched().replace(path === 'log' ? 'log/main/first' : path, bytes);
  await manifest.noteFound();
}

describe('what is missing', () => {
  test('DATA7: what is the only place of something stops the start, with since when, what it costs, and the remedy', async () => {
    await full();
    await (await read()).check(folder);
    const needed = dataFiles.filter(({ ifMissing }) => ifMissing === 'refuse');
    expect(needed.map(({ path }) => path)).toEqual([
      'log',
      'notify/endpoints',
      'notify/cursors',
      'messages.db',
    ]);
    for (const { path, without } of needed) {
      rmSync(pathOf(path), { recursive: true });
      for (const _ of ['first', 'and again']) {
        const failure = await (await read()).check(folder).catch((error) => error);
        expect(failure.code).toBe('data_missing');
        expect(failure.message).toContain(
          `${path} was there since 1970-01-01T00:00:01.000Z. Without it ${without}`,
        );
        expect(failure.message).toContain(`housecount repair --data-dir ${folder}`);
      }
      await disk.replace(path === 'log' ? 'log/main/first' : path, bytes);
      await (await read()).check(folder);
    }
    for (const { path } of needed) rmSync(pathOf(path), { recursive: true });
    const failure = await (await read()).check(folder).catch((error) => error);
    for (const { path } of needed) expect(failure.message).toContain(`${path} was there`);
  });

  test('DATA7: what can be made anew is told once, and missed again only when it was there again', async () => {
    await full();
    for (const { path, without } of dataFiles.filter(({ ifMissing }) => ifMissing === 'tell')) {
      rmSync(pathOf(path));
      await (await read()).check(folder);
      expect(lines.splice(0).join()).toContain(`"file":"${path}"`);
      await (await read()).check(folder);
      expect(lines).toEqual([]);
      await disk.replace(path, bytes);
      await (await read(2_000)).noteFound();
      rmSync(pathOf(path));
      await (await read()).check(folder);
      const told = lines.splice(0).join();
      expect(told).toContain(without);
      expect(told).toContain('1970-01-01T00:00:02.000Z');
    }
  });

  test('DATA7: an empty file counts as missing', async () => {
    await full();
    writeFileSync(pathOf('messages.db'), '');
    await expect((await read()).check(folder)).rejects.toMatchObject({ code: 'data_missing' });
  });

  test('DATA7: a folder of before has no manifest: what is there is taken up', async () => {
    await disk.replace('messages.db', bytes);
    const manifest = await read();
    await manifest.check(folder);
    await manifest.noteFound();
    expect(lines).toEqual([]);
    rmSync(pathOf('messages.db'));
    await expect((await read()).check(folder)).rejects.toMatchObject({ code: 'data_missing' });
  });

  test('DATA7: who is told to go on without does so', async () => {
    await full();
    rmSync(pathOf('messages.db'));
    const manifest = await read();
    expect(await manifest.missing()).toMatchObject([{ path: 'messages.db', sinceMs: 1_000 }]);
    await manifest.forget(['messages.db']);
    await (await read()).check(folder);
  });

  test('DATA7: what is made later is noted once it is there; what is not written anew is not written', async () => {
    const watched = (await read()).watched();
    await watched.replace('notify/endpoints', bytes);
    const { ino } = statSync(join(folder, manifestPath));
    await watched.replace('notify/endpoints', bytes);
    await watched.replace('something/else', bytes);
    expect(statSync(join(folder, manifestPath)).ino).toBe(ino);
    rmSync(pathOf('notify/endpoints'));
    await expect((await read()).check(folder)).rejects.toMatchObject({ code: 'data_missing' });
  });
});

describe('the manifest itself', () => {
  test('DATA3: a manifest of a newer server stops the start, and stays as it is', async () => {
    const line = encodeLine({ format: 4, files: 'in some other way' });
    writeFileSync(join(folder, manifestPath), line);
    const failure = await read().catch((error) => error);
    expect(failure.code).toBe('data_newer');
    expect(failure.message).toContain('manifest has version 4, and this server knows none after 3');
    expect(readFileSync(join(folder, manifestPath), 'utf8')).toBe(line);
    for (const more of [encodeLine({ files: {} }), 'what only a newer server reads']) {
      writeFileSync(join(folder, manifestPath), `${line}${more}`);
      await expect(read()).rejects.toMatchObject({ code: 'data_newer' });
    }
  });

  test('DATA12: one of a server of before is written in the version of this one, with what it knew, before anything else', async () => {
    for (const format of [1, 2]) {
      await full();
      const known = JSON.parse(manifestText().slice(9));
      writeFileSync(join(folder, manifestPath), encodeLine({ ...known, format }));
      const manifest = await read(2_000);
      expect(manifestText()).toContain(`"format":${format}`);
      await manifest.bringForward();
      expect(JSON.parse(manifestText().slice(9))).toEqual({ ...known, format: 3 });
    }
    const { ino } = statSync(join(folder, manifestPath));
    await (await read()).bringForward();
    expect(statSync(join(folder, manifestPath)).ino).toBe(ino);
  });

  test('DATA7: a damaged manifest is told and written anew', async () => {
    const whole = encodeLine({ format: 1, files: { 'messages.db': 1 } });
    for (const damaged of ['nonsense', `${whole}nonsense`, `${whole}${whole}`]) {
      await full();
      writeFileSync(join(folder, manifestPath), damaged);
      const manifest = await read();
      expect(lines.splice(0).join()).toContain('manifest of the data folder is damaged');
      await manifest.check(folder);
      await manifest.noteFound();
      rmSync(pathOf('messages.db'));
      await expect((await read()).check(folder)).rejects.toMatchObject({ code: 'data_missing' });
      expect(lines).toEqual([]);
      await disk.replace('messages.db', bytes);
    }
  });
});

describe('the secret of resume keys', () => {
  test('DATA8: it is made once and kept', async () => {
    const made = await openResumeSecret(keptFiles(disk));
    expect(await openResumeSecret(keptFiles(disk))).toEqual(made);
  });

  test('DELIV8: of two that make it at once both have the one that is kept', async () => {
    const kept = keptFiles(disk);
    const [one, other] = await Promise.all([openResumeSecret(kept), openResumeSecret(kept)]);
    expect(one).toEqual(other);
    expect(await openResumeSecret(kept)).toEqual(one);
  });

  test('DATA8: what can be no secret is refused, with its name and the remedy, and stays', async () => {
    const half = crypto.getRandomValues(new Uint8Array(32)).fill(0, 16);
    const bad = [
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
      half,
      new Uint8Array(31).fill(7),
      new Uint8Array(),
    ];
    for (const one of bad) {
      await disk.replace('resume-secret', one);
      const failure = await openResumeSecret(keptFiles(disk)).catch((error) => error);
      expect(failure.code).toBe('data_damaged');
      expect(failure.message).toContain('resume-secret');
      expect(failure.message).toContain('housecount repair');
      expect(existsSync(join(folder, 'resume-secret'))).toBe(true);
    }
    for (let each = 0; each < 1_000; each += 1)
      expect(resumeSecretDamage(crypto.getRandomValues(new Uint8Array(32)))).toBeUndefined();
  });
});
