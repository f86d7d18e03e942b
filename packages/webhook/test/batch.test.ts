import { describe, expect, test } from 'bun:test';
import {
  batchBytesMax,
  type ChannelEvent,
  toStandardEventsLost,
  toStandardNotice,
} from '@housecount/protocol';
import { endpointSigner } from '../../server/src/notify/endpoint/endpoint-signer.ts';
import { expressHandler, fetchHandler, type HandlerOptions } from '../src/handlers.ts';
import type { Notice } from '../src/notice.ts';
import { Roster } from '../src/roster/roster.ts';
import { sqliteStore } from '../src/roster/stores/sqlite-store.ts';
import { memoryStore, type RosterStore } from '../src/roster/stores/store.ts';
import { entryOfEvent, namesOf, Truth } from './truth.ts';

const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const sign = endpointSigner({ secrets: [{ secret }], format: 'standard' });
const standard = (event: ChannelEvent) => toStandardNotice(event, '107/108');
const batch = (events: readonly ChannelEvent[]) => JSON.stringify(events.map(standard));
let requests = 0;

function sender(options: Omit<HandlerOptions, 'secret'>) {
  const handle = fetchHandler({ secret, ...options });
  return async (
    body: string,
    headers = sign({ id: `batch-${++requests}`, body, atMs: Date.now() }) ?? {},
  ) => {
    const answer = await handle(new Request('https://example.com/', { method: 'POST', body, headers }));
    return { status: answer.status, body: await answer.text() };
  };
}
/** A store that counts what is saved. */
function counted(inner: RosterStore) {
  const saves: string[] = [];
  const store: RosterStore = {
    load: (key) => inner.load(key),
    save(key, value, version) {
      saves.push(key);
      return inner.save(key, value, version);
    },
  };
  return { store, saves };
}
function crowd(channel: string, viewers: number) {
  const truth = new Truth(channel);
  const events = Array.from({ length: viewers }, (_, pick) => truth.step({ does: 'join', pick })).flat();
  return { truth, events };
}

describe('a handler that is sent a batch', () => {
  test('HOOK123: all of it reaches the roster, then the callback in order, and is answered once, 200 {}', async () => {
    const { truth, events } = crowd('x', 40);
    const roster = new Roster();
    const heard: [number | undefined, number][] = [];
    const onNotice = async (notice: Notice) => heard.push([notice.seq, await roster.count('x')]);
    const send = sender({ roster, onNotice });
    expect(await send(batch(events))).toEqual({ status: 200, body: '{}' });
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    expect(heard).toEqual(events.map(({ seq }) => [seq, 40]));
  });

  test('HOOK123: copies, out of order and in two channels: the roster is right', async () => {
    const [a, b] = [crowd('a', 15), crowd('b', 15)];
    const roster = new Roster();
    const send = sender({ roster });
    const [first = [], second = []] = [a.events.slice(0, 9), a.events.slice(9)];
    expect((await send(batch([...second, ...b.events, ...second]))).status).toBe(200);
    expect(await roster.count('a')).toBe(0);
    expect((await send(batch([...first.toReversed(), ...b.events]))).status).toBe(200);
    expect(namesOf(await roster.members('a'))).toEqual(a.truth.people());
    expect(namesOf(await roster.members('b'))).toEqual(b.truth.people());
  });

  test('HOOK123: a batch of a thousand is a few saves, not a thousand', async () => {
    const { truth, events } = crowd('x', 999);
    const { store, saves } = counted(memoryStore());
    const roster = new Roster({ store });
    expect((await sender({ roster })(batch(events))).status).toBe(200);
    expect(await roster.count('x')).toBe(truth.size);
    expect(saves.length).toBeLessThan(10);
  });

  test('HOOK123: the content of a store in a file is the same afterwards', async () => {
    const { Database } = await import('bun:sqlite');
    const database = new Database(':memory:');
    const { truth, events } = crowd('x', 300);
    const roster = new Roster({ store: sqliteStore(database) });
    expect((await sender({ roster })(batch(events))).status).toBe(200);
    expect(namesOf(await new Roster({ store: sqliteStore(database) }).members('x'))).toEqual(truth.people());
    database.close();
  });

  test('HOOK123: a batch that is bad in one place is refused whole with 400, and nothing of it is taken', async () => {
    const { events } = crowd('x', 5);
    const good = events.map(standard);
    const roster = new Roster();
    const heard: unknown[] = [];
    const send = sender({ roster, onNotice: (notice) => heard.push(notice) });
    const last = good.at(-1);
    for (const bad of [
      null,
      {},
      [],
      { ...last, seq: 0 },
      { ...last, sid: '' },
      { ...last, data: { ...last?.data, uid: 2 ** 32 } },
      { ...last, channel: undefined },
    ])
      expect(await send(JSON.stringify([...good, bad]))).toEqual({
        status: 400,
        body: '{"code":"notice_invalid"}',
      });
    expect((await send('[]')).status).toBe(400);
    expect((await send(JSON.stringify(Array(1_001).fill(good[0])))).status).toBe(400);
    expect(await roster.count('x')).toBe(0);
    expect((await roster.view('x')).waitingFor).toBeUndefined();
    expect(heard).toEqual([]);
    expect((await send(JSON.stringify(good))).status).toBe(200);
    expect(heard).toHaveLength(good.length);
  });

  test('HOOK123: the signature is over the whole body', async () => {
    const { events } = crowd('x', 3);
    const body = batch(events);
    const roster = new Roster();
    const send = sender({ roster });
    const headers = sign({ id: 'b', body: batch(events.slice(1)), atMs: Date.now() });
    expect((await send(body, headers)).status).toBe(401);
    expect((await send(body, {})).status).toBe(401);
    const old = sign({ id: 'b', body, atMs: Date.now() - 3_600_000 });
    expect((await send(body, old)).status).toBe(401);
    expect(await roster.count('x')).toBe(0);
    const late = sender({ roster, toleranceSeconds: 7_200 });
    expect((await late(body, old)).status).toBe(200);
  });

  test('HOOK123: one of a mebibyte is read; a byte more is 413', async () => {
    const { events } = crowd('x', 900);
    const body = batch(events);
    const padded = (bytes: number) => body + ' '.repeat(bytes - Buffer.byteLength(body));
    const roster = new Roster();
    const send = sender({ roster });
    expect((await send(padded(batchBytesMax + 1))).status).toBe(413);
    expect(await roster.count('x')).toBe(0);
    expect((await send(padded(batchBytesMax))).status).toBe(200);
    expect(await roster.count('x')).toBe(900);
  });

  test('HOOK123: 500 if one cannot be taken or the callback fails; sent again, it is whole', async () => {
    const { truth, events } = crowd('x', 30);
    const errors: unknown[] = [];
    const inner = memoryStore();
    let isDown = true;
    const load = (key: string) => {
      if (isDown) throw new Error('store away');
      return inner.load(key);
    };
    let fails = true;
    const heard: (number | undefined)[] = [];
    const onNotice = ({ seq }: Notice) => {
      if (fails && seq === 20) throw new Error('callback failed');
      heard.push(seq);
    };
    const roster = new Roster({ store: { ...inner, load } });
    const send = sender({ roster, onNotice, onError: (error) => errors.push(error) });
    expect((await send(batch(events))).status).toBe(500);
    expect(heard).toEqual([]);
    isDown = false;
    expect((await send(batch(events))).status).toBe(500);
    expect(heard.at(-1)).toBe(19);
    fails = false;
    expect((await send(batch(events))).status).toBe(200);
    expect(heard.slice(-events.length)).toEqual(events.map(({ seq }) => seq));
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    expect(errors).toEqual([new Error('store away'), new Error('callback failed')]);
  });

  test('HOOK123: the check of an endpoint in a batch is answered 200 and is no news', async () => {
    const { events } = crowd('test_webhook', 1);
    const checks = events.map(standard).map((one) => ({
      ...one,
      data: { ...one.data, ...('uid' in one.data && { uid: 12121212 }) },
    }));
    const heard: unknown[] = [];
    const roster = new Roster();
    const send = sender({ roster, onNotice: (notice) => heard.push(notice) });
    expect((await send(JSON.stringify(checks))).status).toBe(200);
    expect(heard).toEqual([]);
    expect(await roster.count('test_webhook')).toBe(0);
  });

  test('HOOK123: lost events between others are asked for once what stands before them is in', async () => {
    const { truth, events } = crowd('x', 30);
    const asked: unknown[] = [];
    const roster = new Roster({
      heal: {
        async events(query) {
          asked.push(query);
          return truth.lives.get(query.sid)?.slice(query.after, query.to).map(entryOfEvent);
        },
        roster: async () => truth.snapshot(),
      },
    });
    const [first] = events;
    if (!first) throw new Error('there are events');
    const gap = toStandardEventsLost({
      type: 'events-lost',
      app: 'a',
      range: { channel: 'x', sid: first.sid, fromSeq: 11, toSeq: 20 },
      atMs: 1,
    });
    const body = [...events.slice(0, 10).map(standard), gap, ...events.slice(20).map(standard)];
    expect((await sender({ roster })(JSON.stringify(body))).status).toBe(200);
    expect(asked).toEqual([{ channel: 'x', sid: first.sid, after: 10, to: 20 }]);
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK123: a body that express.raw() has read is taken as well', async () => {
    const { truth, events } = crowd('x', 300);
    const roster = new Roster();
    const body = Buffer.from(batch(events));
    const headers = sign({ id: 'b', body: body.toString(), atMs: Date.now() }) ?? {};
    const statuses: number[] = [];
    const response = { writeHead: (status: number) => statuses.push(status), end: () => undefined };
    async function* read() {}
    const request = Object.assign(read(), { method: 'POST', headers, body });
    await expressHandler({ secret, roster })(request, response, (error) => {
      throw error;
    });
    expect(statuses).toEqual([200]);
    expect(await roster.count('x')).toBe(truth.size);
  });
});
