import { afterEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { type ServerProcess, startServerProcess, until } from '../../../testing/processes/server-process.ts';

let server: ServerProcess | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Process ids of the server's own children: the media engine. */
const childrenOf = (pid: number): number[] =>
  spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number);

test('OPS15: without its media engine the server is not ready and says so; with a new one it is again', async () => {
  const running = await startServerProcess();
  server = running;
  const ready = async () => {
    const response = await fetch(`${running.url}/readyz`);
    return { ...((await response.json()) as { reasons?: object }), status: response.status };
  };
  expect(await ready()).toMatchObject({ status: 200 });
  const red = await until('not ready', async () => {
    for (const pid of childrenOf(running.pid)) process.kill(pid, 'SIGKILL');
    const answer = await ready();
    return answer.status === 503 && answer;
  });
  expect(red.reasons).toEqual({ media: expect.stringContaining('being restarted') });
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
  await until('ready again', async () => (await ready()).status === 200);
}, 120_000);
