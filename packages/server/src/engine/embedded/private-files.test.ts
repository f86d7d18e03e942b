import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNodeDisk } from './node-disk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'housecount-private-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => ((await stat(join(folder, path))).mode & 0o777).toString(8);

test('DATA5: what is written is its owner\u2019s alone, whatever the umask', async () => {
  const before = process.umask(0);
  try {
    const disk = await openNodeDisk(join(folder, 'made', 'here'));
    await disk.replace('notify/endpoints', new Uint8Array(1));
    await (await disk.open('log/main/first')).close();
    disk.close();
  } finally {
    process.umask(before);
  }
  expect(await modeOf('made')).toBe('700');
  for (const path of ['', '/notify', '/log', '/log/main'])
    expect(await modeOf(`made/here${path}`)).toBe('700');
  for (const path of ['notify/endpoints', 'log/main/first', 'lock.db'])
    expect(await modeOf(`made/here/${path}`)).toBe('600');
});

test('DATA5: what is there already is made so, and what is not the server\u2019s is left alone', async () => {
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'self-signed'), { mode: 0o755 });
  await mkdir(join(folder, 'src'), { mode: 0o755 });
  const files = ['self-signed/key.pem', 'resume-secret', 'messages.db-wal', 'src/run', 'readme'];
  for (const path of files) {
    await writeFile(join(folder, path), 'x');
    await chmod(join(folder, path), 0o755);
  }
  await symlink(join(folder, 'src', 'run'), join(folder, 'alive'));
  (await openNodeDisk(folder)).close();
  expect(await Promise.all(['', 'self-signed', ...files, 'src'].map(modeOf))).toEqual([
    '700',
    '700',
    '600',
    '600',
    '600',
    '755',
    '755',
    '755',
  ]);
});
