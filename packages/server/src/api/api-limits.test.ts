import { afterEach, expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { type ApiWorld, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';
import { quietLogger, quietMetrics } from '../../testing/worlds/notify-world.ts';
import type { Limits } from '../config/limit-settings.ts';
import { limits } from '../limits.ts';
import type { LogEntry } from '../log/record/record.ts';
import { LoginBrake } from './access/login-brake.ts';
import { EventStreams } from './request/event-stream.ts';
import { SubscriberEvents } from './request/subscriber-events.ts';

let world: ApiWorld | undefined;
async function begin(over: Partial<Limits>): Promise<ApiWorld> {
  world = await openApiWorld({ endpoint: true, limits: { ...limits, ...over } });
  return world;
}
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const app = `/v1/apps/${testApp.id}`;
const never = new AbortController().signal;

/** Asks for the second page of a roster, of the moment of the first. */
async function paged(w: ApiWorld) {
  const { body } = await w.json(`${app}/channels/c/roster?limit=1`);
  const { after, at } = body.next;
  return async () => (await w.json(`${app}/channels/c/roster?limit=1&after=${after}&at=${at}`)).status;
}

test('LIMIT7: a roster is kept for the pages of a listing for as long as rosterSnapshotMs says', async () => {
  const w = await begin({ rosterSnapshotMs: 30_000 });
  for (const uid of [1, 2]) await w.join('c', uid);
  const next = await paged(w);
  expect(await next()).toBe(200);
  w.advance(30_000);
  expect(await next()).toBe(410);
});

test('LIMIT7: as many rosters are kept for listings as rosterSnapshotsMax says', async () => {
  const w = await begin({ rosterSnapshotsMax: 1 });
  for (const uid of [1, 2]) await w.join('c', uid);
  const first = await paged(w);
  await w.join('c', 3);
  const second = await paged(w);
  expect([await first(), await second()]).toEqual([410, 200]);
});

/** More members than a snapshot has in the parts of it that are made ahead of its reader. */
async function crowd(w: ApiWorld): Promise<void> {
  await Promise.all(Array.from({ length: 3_000 }, (_, at) => w.join('big', at + 1)));
}

test('LIMIT7: as many snapshots are read at once as snapshotStreamsMax says', async () => {
  const w = await begin({ snapshotStreamsMax: 1 });
  await crowd(w);
  const first = await w.ask(`${app}/snapshot`);
  expect((await w.json(`${app}/snapshot`)).body).toMatchObject({ code: 'too_many_connections' });
  await first.body?.cancel();
});

test('LIMIT7: a snapshot is read for as long as snapshotStreamMs says', async () => {
  const w = await begin({ snapshotStreamMs: 10 });
  await crowd(w);
  // Of more than is read ahead nobody reads the end.
  const reader = (await w.ask(`${app}/snapshot`)).body?.getReader();
  await expect(reader?.closed).rejects.toMatchObject({ code: 'going_away' });
});

test('LIMIT7: a redelivery has as many notices as redeliveryNoticesMax says, and as many events are looked at as redeliveryScanMax says', async () => {
  for (const over of [{ redeliveryNoticesMax: 2 }, { redeliveryScanMax: 2 }]) {
    const w = await begin(over);
    for (const uid of [1, 2, 3]) await w.join('c', uid);
    const { body } = await w.json(`${app}/redeliver`, {
      method: 'POST',
      send: { endpoint: 'main', since: 0, dryRun: true },
    });
    expect(body.code).toBe('query_invalid');
    await w.close();
    world = undefined;
  }
});

test('LIMIT7: as many redeliveries are under way, and remembered, as redeliveriesMax and redeliveriesKeptMax say', async () => {
  const w = await begin({ redeliveriesMax: 1, redeliveriesKeptMax: 1 });
  await w.join('c', 1);
  const start = async () =>
    (await w.json(`${app}/redeliver`, { method: 'POST', send: { endpoint: 'main', since: 0 } })).body;
  const state = async (id: string) => (await w.json(`${app}/redeliveries/${id}`)).body;
  const ids: string[] = [];
  for (let at = 0; at < 3; at += 1) {
    const [one, another] = await Promise.all([start(), start()]);
    const [taken, refused] = one.redelivery ? [one, another] : [another, one];
    expect(refused).toMatchObject({
      code: 'overloaded',
      message: expect.stringMatching(/too much to do\. As many redeliveries .* That is 1\.$/),
    });
    ids.push(taken.redelivery.id);
    while ((await state(taken.redelivery.id)).endedMs === undefined) await Bun.sleep(1);
  }
  const codes = [];
  for (const id of ids) codes.push((await state(id)).code ?? 'kept');
  expect(codes).toEqual(['not_found', 'kept', 'kept']);
});

test('LIMIT7: wrong logins are braked as loginFailuresMax and loginFailureMs say, of as many addresses as loginAddressesMax says', async () => {
  const time = new SimClock(1);
  const brake = new LoginBrake({
    clock: time.process(),
    logger: quietLogger(() => {}),
    metrics: quietMetrics,
    limits: { loginFailuresMax: 2, loginFailureMs: 500, loginAddressesMax: 2 },
  });
  const wrong = (address: string) => {
    const isRead = brake.admits(address, 'guess');
    if (isRead) brake.wasWrong(address);
    return isRead;
  };
  const three = () => [1, 2, 3].map(() => wrong('192.0.2.1'));
  expect(three()).toEqual([true, true, false]);
  await time.advance(500);
  expect(three()).toEqual([true, false, false]);
  for (const other of ['192.0.2.2', '192.0.2.3', '192.0.2.4']) wrong(other);
  expect(wrong('192.0.2.1')).toBe(true);
});

test('LIMIT7: a silent event stream is kept open as often as eventStreamPingMs says', async () => {
  const time = new SimClock(1);
  const streams = new EventStreams(time.process(), { eventStreamsMax: 1, eventStreamPingMs: 100 });
  const reader = streams
    .respond({
      signal: never,
      async *source(signal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    })
    .body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toBe(': connected\n\n');
  const next = read();
  await time.advance(99);
  expect(await Promise.race([next, 'silent'])).toBe('silent');
  await time.advance(1);
  expect(await next).toBe(': ping\n\n');
  await reader?.cancel();
});

test('LIMIT7: events of subscribers are looked for in as much of the log as subscriberEventsScanMax says, and as many wait as subscriberWaitersMax says', async () => {
  const record = { type: 'rule-deleted', app: testApp.id, ruleId: 1, atMs: 1 } as const;
  const key = { app: testApp.id, kind: 'message', name: 'lobby' } as const;
  const ending = new AbortController();
  const log = {
    firstPosition: async () => 1,
    lastPosition: 10,
    async *follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
      yield Array.from({ length: 10 - after }, (_, at) => ({ position: after + at + 1, record }));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const own = { subscriberEventsScanMax: 4, subscriberWaitersMax: 1 };
  const events = new SubscriberEvents(log, new SimClock(1).process(), own);
  const ask = (after: number, waitMs: number) =>
    events.after(key, { after, size: 10, waitMs, signal: ending.signal });
  expect(await ask(0, 0)).toMatchObject({ through: 4, more: true });
  const waiting = ask(10, 1_000);
  await Promise.resolve();
  await expect(ask(10, 1_000)).rejects.toMatchObject({ code: 'too_many_connections' });
  ending.abort();
  await waiting;
});
