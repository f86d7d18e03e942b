import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeHandler, Roster } from '@housecount/webhook';
import { Walk } from '../../../testing/binding/walk.ts';
import { logoutAll } from '../../../testing/clients/rtm-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';

const secret = 'a-secret-for-the-roster';
/** Longer than a client that stays can be starved on a busy machine; those who lose their path are waited for. */
const leases = { rtcMs: 30_000, signalingMs: 30_000, recoveryMs: 30_000 };
const seeds = [1, 2, 3];

let server: ServerProcess;
let receiver: Server;
const roster = new Roster();
const failures: unknown[] = [];

beforeAll(async () => {
  receiver = createServer(nodeHandler({ secret, roster, onError: (error) => failures.push(error) }));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  server = await startServerProcess({
    leases,
    apps: [{ ...testApp, signaling: { debounceMs: 0 } }],
    endpoints: [{ app: testApp.id, url, secret, allowPrivateNetwork: true }],
  });
}, 120_000);
afterAll(async () => {
  await logoutAll();
  await server?.close();
  receiver?.closeAllConnections();
  receiver?.close();
});

test('SIG120: roster, stream, notices and presence agree at every seq, whoever comes and goes by whichever link', async () => {
  const walks = await Promise.all(seeds.map((seed) => Walk.begin(server.url, seed, { roster })));
  try {
    await Promise.all(
      walks.map(async (walk, at) => {
        try {
          await walk.live(120);
          await walk.live(30);
          const { stream, hooks, presence, roster: rostered } = walk;
          await until('the last notice', () => hooks.now === '');
          await until('the last presence event', () => presence.told.now === '');
          for (const place of stream.places)
            expect([place, hooks.of(place)]).toEqual([place, stream.of(place)]);
          for (const place of rostered.places)
            expect([place, rostered.of(place)]).toEqual([place, stream.of(place)]);
          expect(rostered.now).toBe('');
          expect(hooks.rosters).toEqual(stream.rosters);
          expect(presence.told.rosters).toEqual(stream.rosters);
          expect([...presence.states.keys()]).toEqual([`watcher ${seeds[at]}`]);
        } catch (cause) {
          throw new Error(`seed ${seeds[at]}`, { cause });
        }
      }),
    );
  } finally {
    for (const walk of walks) walk.close();
  }
  expect(failures).toEqual([]);
  // The seeds are chosen so that everything there is happens.
  const taken = new Set(walks.flatMap((walk) => [...walk.taken.keys()]));
  expect([...taken].sort()).toEqual([
    'a session is given up',
    'an rtc link is given up',
    'change role',
    'come back',
    'drop',
    'join',
    'join from a new device',
    'kick',
    'leave',
    'log out',
    'lose the connection',
    'resume',
    'set a state',
    'subscribe openly',
    'subscribe quietly',
    'unsubscribe',
  ]);
  // A hang ends the test; a slow machine does not.
}, 600_000);

test('PERSON51: so do those who have an id for each half, and whose pages link them, sooner or later: each is one person for everybody', async () => {
  const linkedSeeds = [11, 12];
  const walks = await Promise.all(
    linkedSeeds.map((seed) => Walk.begin(server.url, seed, { roster, isLinked: true })),
  );
  try {
    await Promise.all(
      walks.map(async (walk, at) => {
        try {
          await walk.live(150);
          await walk.live(40);
          const { stream, hooks, presence } = walk;
          await until('the last notice', () => hooks.now === '');
          await until('the last presence event', () => presence.told.now === '');
          for (const place of stream.places)
            expect([place, hooks.of(place)]).toEqual([place, stream.of(place)]);
          expect(hooks.rosters).toEqual(stream.rosters);
          expect([...presence.states.keys()]).toEqual([`watcher ${linkedSeeds[at]}`]);
        } catch (cause) {
          throw new Error(`seed ${linkedSeeds[at]}`, { cause });
        }
      }),
    );
  } finally {
    for (const walk of walks) walk.close();
  }
  expect(failures).toEqual([]);
  const taken = new Set(walks.flatMap((walk) => [...walk.taken.keys()]));
  for (const step of [
    'link',
    'join awaiting a link',
    'the screen: link',
    'resume',
    'change role',
    'kick by a member',
    'log out',
  ])
    expect([step, taken.has(step)]).toEqual([step, true]);
}, 600_000);
