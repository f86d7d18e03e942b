import { afterEach, expect, test } from 'bun:test';
import { type EventsLostChange, fetchHandler, Roster, restHealer } from '@housecount/webhook';
import { keptFiles } from '../../../src/kept/files/kept-files.ts';
import { limits } from '../../../src/limits.ts';
import { startNotify } from '../../../src/notify/notify.ts';
import type { Send } from '../../../src/notify/send/transport.ts';
import { until } from '../../../testing/processes/server-process.ts';
import { type ApiWorld, openApiWorld, testApp, testCustomer } from '../../../testing/worlds/api-world.ts';
import { endpointForTests, quietLogger, quietMetrics } from '../../../testing/worlds/notify-world.ts';
import { SimDisk } from '../../simulation/sim-disk.ts';
import { SimRandom } from '../../simulation/sim-random.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const hourMs = 3_600_000;
const secret = 'a-secret-for-the-roster';

const peopleOf = (world: ApiWorld, channel: string) =>
  world.log
    .channels(testApp.id)
    .filter((one) => one.key.name === channel)
    .flatMap(({ roster }) => roster.page(0, 1_000).map(({ uid, role }) => `${uid} ${role}`))
    .sort();

test.each(['agora', 'standard', 'batch'] as const)(
  'HOOK125: what retention takes from an endpoint in %s is told, and a Roster is right without a refresh',
  async (format) => {
    const world = await openApiWorld();
    ends.push(() => world.close());
    const { deps, log } = world;
    let isUp = true;
    const failed: unknown[] = [];
    const told: EventsLostChange[] = [];
    const roster = new Roster({
      heal: restHealer({
        url: 'http://127.0.0.1:7080',
        app: testApp.id,
        customer: testCustomer,
        fetch: (url, init) => world.ask(url.replace('http://127.0.0.1:7080', ''), init),
      }),
    });
    roster.onLost((lost) => told.push(lost));
    const handle = fetchHandler({
      secret,
      roster,
      // The world's clock is moved on.
      now: () => deps.clock.nowMs(),
      onError: (error) => failed.push(error),
    });
    const send: Send = async ({ url, headers, body }) => {
      if (!isUp) return { answered: false, stage: 'connect', detail: 'refused' };
      const answer = await handle(new Request(url, { method: 'POST', headers, body }));
      return { answered: true, status: answer.status, excerpt: await answer.text() };
    };
    const notify = await startNotify({
      ...deps,
      limits,
      log,
      logger: quietLogger(() => undefined),
      metrics: quietMetrics,
      kept: keptFiles(new SimDisk(new SimRandom(1)).mount()),
      send,
      retention: { ms: hourMs, bytes: Number.MAX_SAFE_INTEGER, bytesPerApp: 0, checkMs: 20 },
      endpoints: [
        endpointForTests('main', {
          app: testApp.id,
          format,
          secrets: [{ secret }],
          retry: { gapsMs: Array(50).fill(200) },
        }),
      ],
      inspectorSecretOf: () => 'inspector',
    });
    ends.push(() => notify.stop());

    for (let uid = 1; uid <= 5; uid++) await world.join('stage', uid);
    await until('the roster to begin', async () => (await roster.count('stage')) === 5);

    isUp = false;
    for (let uid = 6; uid <= 60; uid++) await world.join('stage', uid, { role: 'broadcaster' });
    for (let uid = 1; uid <= 3; uid++) await world.leave('stage', uid);
    for (let uid = 1; uid <= 3; uid++) await world.join('unseen', uid);
    world.advance(2 * hourMs);
    await until('retention to take them', () => (notify.status()[0]?.lost ?? 0) > 0);
    isUp = true;
    await until('the last word of it', () => new Set(told.map(({ channel }) => channel)).size === 2);
    // Nothing more has happened, so that no hole has shown: word of the loss alone made these right.
    expect((await roster.members('stage')).map(({ uid, role }) => `${uid} ${role}`).sort()).toEqual(
      peopleOf(world, 'stage'),
    );
    expect((await roster.members('unseen')).map(({ uid, role }) => `${uid} ${role}`).sort()).toEqual(
      peopleOf(world, 'unseen'),
    );
    expect(told.every(({ healed }) => healed)).toBe(true);
    expect(log.channels(testApp.id)).toHaveLength(2);

    await world.leave('stage', 4);
    await until('what comes next', async () => (await roster.count('stage')) === 56);
    expect((await roster.view('stage')).waitingFor).toBeUndefined();
    expect(failed).toEqual([]);
  },
  60_000,
);
