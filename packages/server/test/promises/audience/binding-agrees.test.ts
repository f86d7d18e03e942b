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

/** Walks, one for each seed, and what they say when all is told. Returns the names of the steps that were taken. */
async function walked(
  seeds: readonly number[],
  lives: readonly number[],
  isLinked: boolean,
  agrees: (walk: Walk) => void = () => undefined,
): Promise<ReadonlySet<string>> {
  const walks = await Promise.all(seeds.map((seed) => Walk.begin(server.url, seed, { roster, isLinked })));
  try {
    await Promise.all(
      walks.map(async (walk, at) => {
        try {
          for (const steps of lives) await walk.live(steps);
          const { stream, hooks, presence } = walk;
          await until('the last notice', () => hooks.now === '');
          await until('the last presence event', () => presence.told.now === '');
          for (const place of stream.places)
            expect([place, hooks.of(place)]).toEqual([place, stream.of(place)]);
          expect(hooks.rosters).toEqual(stream.rosters);
          expect([...presence.states.keys()]).toEqual([`watcher ${seeds[at]}`]);
          agrees(walk);
        } catch (cause) {
          throw new Error(`seed ${seeds[at]}`, { cause });
        }
      }),
    );
  } finally {
    for (const walk of walks) walk.close();
  }
  expect(failures).toEqual([]);
  return new Set(walks.flatMap((walk) => [...walk.taken.keys()]));
}

test('SIG120: roster, stream, notices and presence agree at every seq, whoever comes and goes by whichever link', async () => {
  const taken = await walked([1, 2, 3], [120, 30], false, ({ stream, presence, roster: rostered }) => {
    for (const place of rostered.places)
      expect([place, rostered.of(place)]).toEqual([place, stream.of(place)]);
    expect(rostered.now).toBe('');
    expect(presence.told.rosters).toEqual(stream.rosters);
  });
  // The seeds are chosen so that everything there is happens.
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
  const taken = await walked([11, 12], [150, 40], true);
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
