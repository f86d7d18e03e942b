import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from '../../../testing/clients/client.ts';
import { type ToldEvent, ToldEvents } from '../../../testing/clients/told-events.ts';
import { type Behaviour, type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

const secret = 'a-secret-for-the-killer';
const formats = ['agora', 'standard', 'batch'] as const;
/** Rounds of each kind; each is a kill and a restart. */
const rounds = 4;
const testMs = 120_000;

const accept: Behaviour = { status: 200 };
const hold: Behaviour = { does: 'hang' };

/** An endpoint with a receiver that can be away, and hold or fail what it is sent. */
class Place {
  readonly told = new ToldEvents();
  behaviour: (told: readonly ToldEvent[]) => Behaviour = () => accept;
  receiver: Receiver | undefined;
  port = 0;

  async open(): Promise<void> {
    this.receiver = await startReceiver({
      secret,
      port: this.port,
      behaviour: ({ body }) => this.behaviour(this.told.take(body)),
    });
    this.port = this.receiver.port;
  }

  async close(): Promise<void> {
    await this.receiver?.close();
    this.receiver = undefined;
  }
}

const places: Readonly<Record<(typeof formats)[number], Place>> = {
  agora: new Place(),
  standard: new Place(),
  batch: new Place(),
};
const all = Object.values(places);
const clients: Client[] = [];
let server: ServerProcess;
let nextUid = 1;

beforeAll(async () => {
  for (const place of all) await place.open();
  server = await startServerProcess(
    {
      endpoints: formats.map((format) => ({
        app: testApp.id,
        url: places[format].receiver?.url,
        format,
        secret,
        allowPrivateNetwork: true,
      })),
      leases: { rtcMs: 10_000, signalingMs: 10_000, recoveryMs: 1_000 },
    },
    { HOUSECOUNT_LOG_LEVEL: 'warn' },
  );
}, testMs);

afterAll(async () => {
  for (const client of clients) client.drop();
  await server?.close();
  for (const place of all) await place.close();
});

/** A new member on its way in. */
function open(channel: string): Client {
  const client = Client.open({ url: server.url, channel, uid: nextUid++ });
  clients.push(client);
  return client;
}

/** Joins that many new members and resolves with where the log stood at each, once all are acknowledged. */
async function joinSome(count: number): Promise<readonly { sid: string; seq: number }[]> {
  const joining = Array.from({ length: count }, (_, at) => open(`killed-${at % 3}`));
  return Promise.all(
    joining.map(async (client) => {
      const { sid, seq } = await client.until('a welcome', () => client.welcome);
      return { sid, seq };
    }),
  );
}

/** Ends the server and hears out what it has sent; whoever comes to the receivers after this is the next server. */
async function kill(): Promise<void> {
  await server.kill();
  for (const { receiver } of all) {
    if (!receiver) continue;
    // Connections are taken in order: once this one is, none of the dead server's is still to come.
    const before = receiver.connections;
    const last = connect(receiver.port, '127.0.0.1');
    last.on('error', () => last.destroy());
    await until(
      'the receiver takes a connection',
      () => receiver.connections > before && last.readyState === 'open',
    );
    last.destroy();
    await until('the receiver has read what the dead server sent', () => receiver.openConnections === 0);
  }
  for (const { told } of all) told.serverKilled();
  for (const client of clients.splice(0)) client.drop();
}

/** Waits until the files of delivery have stood still for several times as long as a moved cursor waits to be written. */
async function cursorsAtRest(): Promise<void> {
  const folder = join(server.dataDir, 'notify');
  let seen = '';
  let sinceMs = Date.now();
  await until('the cursors are written', async () => {
    const names = (await readdir(folder)).sort();
    const now = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs } = await stat(join(folder, name));
        return `${name} ${size} ${mtimeMs}`;
      }),
    );
    if (now.join() !== seen) sinceMs = Date.now();
    seen = now.join();
    return Date.now() - sinceMs > 300;
  });
}

interface Pulled {
  readonly sid: string;
  readonly seq: number;
  readonly noticeId: string;
}

/** Every event of the app, by the REST API. */
async function logged(): Promise<Map<string, Pulled>> {
  const events = new Map<string, Pulled>();
  let cursor = 'start';
  for (;;) {
    const query = `cursor=${cursor}&limit=1000`;
    const response = await fetch(`${server.url}/v1/apps/${testApp.id}/events?${query}`, {
      headers: { authorization: testAuthorization },
    });
    expect(response.status).toBe(200);
    const page = (await response.json()) as { events: Pulled[]; cursor: string; more: boolean };
    for (const event of page.events) events.set(`${event.sid} ${event.seq}`, event);
    if (!page.more) return events;
    cursor = page.cursor;
  }
}

/** Waits until every endpoint was told all that the log holds, and checks how. */
async function nothingLost(): Promise<void> {
  const events = await logged();
  expect(events.size).toBeGreaterThan(0);
  for (const format of formats) {
    const { told } = places[format];
    const missing = () => [...events.values()].filter(({ sid, seq }) => told.times(sid, seq) === 0);
    await until(`${format} was told everything`, () => missing().length === 0, 20_000).catch(() => {
      const places = missing().map(({ sid, seq }) => `${sid} ${seq}`);
      throw new Error(`${format} was never told: ${places.slice(0, 10).join(', ')}; ${places.length} in all`);
    });
    expect(told.violations.map((violation) => `${format}: ${violation}`)).toEqual([]);
  }
  // And of nothing else, and under the ids that the log gives.
  const now = await logged();
  for (const format of formats)
    for (const [place, { noticeId }] of places[format].told.places)
      expect(`${place} ${noticeId}`).toBe(`${place} ${now.get(place)?.noticeId}`);
}

const random = (below: number) => Math.floor(Math.random() * below);
const pauseMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('kill -9 between two steps of a delivery', () => {
  test(
    'HOOK150: killed after a join was acknowledged and before any receiver could be reached, it sends the notices after its restart',
    async () => {
      for (let round = 0; round < rounds; round++) {
        for (const place of all) await place.close();
        await joinSome(3);
        if (round % 2 === 0) await cursorsAtRest();
        await kill();
        for (const place of all) await place.open();
        await server.restart();
        await nothingLost();
      }
    },
    testMs,
  );

  test(
    'HOOK150: killed at the very welcome, it loses nothing',
    async () => {
      for (let round = 0; round < rounds; round++) {
        await joinSome(1 + round);
        await kill();
        await server.restart();
        await nothingLost();
      }
    },
    testMs,
  );

  test(
    'HOOK151: killed while the receivers have a notice and have not answered, it sends it again: the same id, the same body',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const held = all.map(({ told }) => ({ told, events: new Map<string, ToldEvent>() }));
        for (const [at, place] of all.entries())
          place.behaviour = (told) => {
            for (const event of told) held[at]?.events.set(event.noticeId, event);
            return hold;
          };
        await joinSome(3);
        await until('every receiver holds something', () => held.every(({ events }) => events.size > 0));
        if (round % 2 === 0) await cursorsAtRest();
        await kill();
        const again = held.flatMap(({ told, events }) =>
          [...events.values()].map(({ sid, seq }) => ({ told, sid, seq, before: told.times(sid, seq) })),
        );
        for (const place of all) place.behaviour = () => accept;
        await server.restart();
        await nothingLost();
        for (const { told, sid, seq, before } of again)
          await until(`${sid} ${seq} came again`, () => told.times(sid, seq) > before);
      }
    },
    testMs,
  );

  test(
    'HOOK152: killed when some were answered and others not, before or after the cursor was written, it sends the unanswered',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const held = new Set<string>();
        for (const place of all)
          place.behaviour = (told) => {
            if (!told.some(({ uid = 0 }) => uid % 2 === 1)) return accept;
            for (const { sid, seq } of told) held.add(`${sid} ${seq}`);
            return hold;
          };
        await joinSome(6);
        await until('some are held', () => held.size > 0);
        if (round % 2 === 0) await cursorsAtRest();
        await kill();
        for (const place of all) place.behaviour = () => accept;
        await server.restart();
        await nothingLost();
      }
    },
    testMs,
  );

  test(
    'HOOK152: killed the moment a receiver has answered, before the cursor is written, what it sends again is the same',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const answering = all[round % all.length] as Place;
        const firstUid = nextUid;
        const answered = new Promise<void>((resolve) => {
          answering.behaviour = (told) => {
            // After this turn, in which the answer is written.
            if (told.some(({ uid = 0 }) => uid >= firstUid)) setImmediate(resolve);
            return accept;
          };
        });
        for (let count = 0; count < 4; count++) open(`killed-${count % 2}`);
        await answered;
        if (round >= 2) await pauseMs(random(120));
        await kill();
        answering.behaviour = () => accept;
        await server.restart();
        await nothingLost();
      }
    },
    testMs,
  );

  test(
    'HOOK153: killed at random moments under load, with receivers that fail, hold and break off, it tells every event to every endpoint, under one id, a member’s in order',
    async () => {
      const unwell: Behaviour[] = [{ status: 500 }, { does: 'close' }, { does: 'half-head' }, hold];
      for (const place of all)
        place.behaviour = (told) => {
          const isFirst = told.every(({ sid, seq }) => place.told.times(sid, seq) === 1);
          // Never twice for one notice, so that the four attempts of `agora` always suffice.
          if (isFirst && random(10) === 0) return unwell[random(unwell.length)] ?? accept;
          return { status: 200, delayMs: random(20) };
        };
      for (let round = 0; round < rounds; round++) {
        let alive = true;
        const busy = Array.from({ length: 12 }, async () => {
          while (alive) {
            const client = open(`busy-${random(3)}`);
            await client.until('a welcome or the end', () => client.welcome !== undefined || client.closed);
            for (const role of ['broadcaster', 'audience', 'broadcaster']) {
              if (client.closed) break;
              client.send({ type: 'set-role', id: 1, role });
            }
            if (!client.closed && random(2) === 0) await client.leave();
          }
        });
        await pauseMs(100 + random(300));
        alive = false;
        await kill();
        await Promise.all(busy);
        if (round === rounds - 1) for (const place of all) place.behaviour = () => accept;
        await server.restart();
      }
      await nothingLost();
    },
    testMs,
  );
});
