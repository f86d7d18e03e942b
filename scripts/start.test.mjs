// `npm start` as a user runs it; the builds are there already.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './tests/until.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

test('CLI15: a server started by npm start ends when npm is told to', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'housecount-start-'));
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data-dir', dataDir], {
    cwd: root,
    env: { ...process.env, HOUSECOUNT_MEDIA_UDP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  npm.stdout.on('data', (chunk) => {
    out += chunk;
  });
  /** @type {string | undefined} */
  let url;
  try {
    await until('listening', () => {
      url = /listening on (\S+)/.exec(out)?.[1];
      return url;
    });
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  } finally {
    npm.kill('SIGTERM');
  }
  const answers = () => fetch(`${url}/healthz`).then(Boolean, () => false);
  await until('gone', async () => !(await answers()));
  await rm(dataDir, { recursive: true, force: true });
});
