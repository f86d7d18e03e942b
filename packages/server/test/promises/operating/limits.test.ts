import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { development } from '../../../src/config/development.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type RunningServer, startServer } from '../../../src/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-limits-'));
const servers: RunningServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A server with these limits, in this process. */
async function start(name: string, limits: Readonly<Record<string, number>>): Promise<string> {
  const overrides = { listen: { port: 0 }, media: { udpPort: 0 }, dataDir: join(folder, name), limits };
  const server = await startServer(loadConfig({ env: {}, overrides }));
  servers.push(server);
  return `${server.url}/v1/apps/${development.appId}`;
}

const made = async (app: string, name: string) => {
  const response = await fetch(`${app}/endpoints`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `https://${name}.example/` }),
  });
  const { code } = (await response.json()) as { code?: string };
  return code ?? response.status;
};

test('LIMIT3: two servers in one process have limits of their own, and their documents say so', async () => {
  const one = await start('one', { appEndpointsMax: 1, redeliveryNoticesMax: 7, eventStreamsMax: 1 });
  const two = await start('two', { appEndpointsMax: 2 });
  expect([await made(one, 'a'), await made(one, 'b')]).toEqual([200, 'endpoints_full']);
  expect([await made(two, 'a'), await made(two, 'b'), await made(two, 'c')]).toEqual([
    200,
    200,
    'endpoints_full',
  ]);
  const described = async (app: string) => (await fetch(new URL('/v1/openapi.json', app))).text();
  expect(await described(one)).toContain('At most 7 notices.');
  expect(await described(two)).toContain('At most 100000 notices.');
  const ending = new AbortController();
  const follow = async (app: string) => (await fetch(`${app}/attempts`, { signal: ending.signal })).status;
  expect([await follow(one), await follow(one)]).toEqual([200, 503]);
  expect([await follow(two), await follow(two)]).toEqual([200, 200]);
  ending.abort();
});
