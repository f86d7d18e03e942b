import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { development } from '../../../src/config/development.ts';
import {
  type AppLimits,
  appLimitNames,
  type Limits,
  limitNames,
  limitSettings,
} from '../../../src/config/limit-settings.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type RunningServer, startServer } from '../../../src/main.ts';
import { Client } from '../../../testing/clients/client.ts';
import {
  type Act,
  appActs,
  appLimitsTestedElsewhere,
  type Place,
  serverActs,
  serverLimitsTestedElsewhere,
} from '../../../testing/limit-acts.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-limits-'));
const servers: RunningServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A server with these limits, in this process; without apps it is the development app. */
async function start(
  name: string,
  limits: Partial<Limits>,
  apps?: readonly { readonly id: string; readonly limits: AppLimits }[],
): Promise<string> {
  const config = loadConfig({
    env: {},
    overrides: {
      listen: { port: 0 },
      media: { udpPort: 0 },
      log: { level: 'error' },
      dataDir: join(folder, name),
      limits,
      ...(apps && { apps, customers: [{ id: 'tester', secret: 'only-for-the-tests' }] }),
    },
  });
  const server = await startServer(config);
  servers.push(server);
  return server.url;
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
  const path = `/v1/apps/${development.appId}`;
  const one =
    (await start('one', { appEndpointsMax: 1, redeliveryNoticesMax: 7, eventStreamsMax: 1 })) + path;
  const two = (await start('two', { appEndpointsMax: 2 })) + path;
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

/** Does what one limit is about, at two places: what comes of it where the limit is low, and where it is as ever. */
async function both(act: Act, low: Place, usual: Place): Promise<unknown[]> {
  return [await act(low), await act(usual)];
}

test('LIMIT9: a server whose limits are all at their maximum starts, and takes people in', async () => {
  const most = Object.fromEntries(limitNames.map((name) => [name, limitSettings[name].maximum]));
  const client = await Client.join({ url: await start('most', most), channel: 'x', uid: 1 });
  expect(client.closed).toBeUndefined();
  client.drop();
});

describe('each where it is refused', () => {
  const usualApp = 'f'.repeat(32);
  const appOf = (index: number) => index.toString(16).padStart(32, '0');
  let url = '';
  beforeAll(async () => {
    const apps = appActs.map(({ limit, low }, index) => ({ id: appOf(index), limits: { [limit]: low } }));
    url = await start('apps', {}, [...apps, { id: usualApp, limits: {} }]);
  });
  test.each(appActs.map((row, index) => [row.limit, row, index] as const))(
    'LIMIT6: an app has a %s of its own, and the others have that of the server',
    async (_, { act, refused }, index) => {
      const [low, usual] = await both(act, { url, app: appOf(index) }, { url, app: usualApp });
      expect([low, usual]).toEqual([refused, 'ok']);
    },
  );
});

test('LIMIT6: each limit that an app may have of its own has a test of that', () => {
  for (const [limit, file] of appLimitsTestedElsewhere)
    expect(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')).toMatch(
      new RegExp(`^test\\('LIMIT6: an app has an? ${limit} of its own`, 'm'),
    );
  const tested = [...appActs.map(({ limit }) => limit), ...appLimitsTestedElsewhere.map(([limit]) => limit)];
  expect(tested.toSorted()).toEqual(appLimitNames.toSorted());
});

test('LIMIT7: each limit of a whole server has a test with another value than the default', () => {
  for (const [file, names] of Object.entries(serverLimitsTestedElsewhere)) {
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    expect([file, names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))]).toEqual([file, []]);
  }
  const tested = [
    ...serverActs.map(({ limit }) => limit),
    ...Object.values(serverLimitsTestedElsewhere).flat(),
    ...appLimitNames,
  ];
  expect(tested.toSorted()).toEqual(limitNames.toSorted());
});

test.each(['idempotencyMs', 'idempotencyKeysMax', 'idempotencyBytesMax'] as const)(
  'LIMIT7: a request is not done again as its %s says',
  async (limit) => {
    /** Asks twice, with another in between: whether the second time is the first answer again. */
    const isReplayed = async (url: string) => {
      const ask = async (key: string) => {
        const response = await fetch(`${url}/v1/apps/${development.appId}/rules`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ channel: key, privileges: ['join_channel'], seconds: 60 }),
        });
        expect(response.status).toBe(200);
        return response.headers.has('idempotency-replayed');
      };
      await ask('one');
      for (let at = 0; at < 5; at += 1) await ask(`another-${at}`);
      return ask('one');
    };
    expect(await isReplayed(await start(`${limit}-low`, { [limit]: 1 }))).toBe(false);
    expect(await isReplayed(await start(`${limit}-usual`, {}))).toBe(true);
  },
);

describe('of two servers in this process', () => {
  const app = '1'.repeat(32);
  let urls = ['', ''];
  beforeAll(async () => {
    const lowered = Object.fromEntries(
      serverActs.flatMap(({ limit, low, also }) => [[limit, low], ...Object.entries(also ?? {})]),
    );
    const apps = [{ id: app, limits: {} }];
    urls = [await start('low', lowered, apps), await start('usual', {}, apps)];
  });
  test.each(serverActs.map((row) => [row.limit, row] as const))(
    'LIMIT3: one is set to another %s, and the other is not',
    async (_, { act, refused }) => {
      const [low = '', usual = ''] = urls;
      expect(await both(act, { url: low, app }, { url: usual, app })).toEqual([refused, 'ok']);
    },
  );
});
