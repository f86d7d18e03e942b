import { afterEach, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import type { Logger } from '../../../src/observe/contract.ts';
import { warnOfReaders } from '../../../src/operate/readable-secrets.ts';
import { type ServerProcess, startServerProcess } from '../../../testing/processes/server-process.ts';

let server: ServerProcess | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Everything below a folder, and the folder, that group or others have a right to. */
function open(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return [folder, ...paths].filter((path) => (statSync(path).mode & 0o077) !== 0);
}

test('DATA5: a whole server leaves nothing that others can read, also in a folder of before', async () => {
  const before = process.umask(0);
  try {
    server = await startServerProcess();
  } finally {
    process.umask(before);
  }
  const names = readdirSync(server.dataDir, { recursive: true }).map(String);
  for (const name of ['deliveries.db-wal', 'messages.db-shm', 'resume-secret', 'manifest', 'alive'])
    expect(names).toContain(name);
  expect(open(server.dataDir)).toEqual([]);
  await server.kill();
  for (const path of ['', ...names])
    chmodSync(join(server.dataDir, path), statSync(join(server.dataDir, path)).isDirectory() ? 0o755 : 0o644);
  await server.restart();
  expect(open(server.dataDir)).toEqual([]);
  expect(server.stderr()).toContain('Others could read the data folder');
}, 300_000);

test('DATA6: a configuration or a key that everybody can read is told, with the remedy; a group may read it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-readable-'));
  folders.push(folder);
  const [file, key] = [join(folder, 'housecount.yaml'), join(folder, 'key.pem')];
  writeFileSync(file, JSON.stringify({ apps: [{ id: '0'.repeat(32), certificate: '1'.repeat(32) }] }));
  writeFileSync(key, 'a key');
  const told = async (mode: number) => {
    chmodSync(file, mode);
    chmodSync(key, mode);
    const warnings: unknown[] = [];
    const logger = { warn: (_: string, fields: object) => warnings.push(fields) } as unknown as Logger;
    const config = loadConfig({ file, env: {}, overrides: { listen: { tls: { cert: key, key } } } });
    await warnOfReaders(logger, config);
    return warnings;
  };
  expect(await told(0o644)).toMatchObject([
    { file, remedy: expect.stringContaining(`chmod 600 ${file}`) },
    { file: key },
  ]);
  expect(await told(0o640)).toEqual([]);
});
