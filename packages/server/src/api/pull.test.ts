import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { formatCursor } from './request/pull-cursor.ts';

const other = { id: 'c'.repeat(32), certificate: 'd'.repeat(32), historyDays: 0 };
let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld({ apps: () => [testApp, other] });
});
afterEach(() => world.close());
const app = `/v1/apps/${testApp.id}`;
const pull = async (query = '', init?: Parameters<ApiWorld['json']>[1]) =>
  world.json(`${app}/events?${query}`, init);
const ids = (body: Body): string[] => body.events.map((event: Body) => `${event.channel} ${event.seq}`);

/** All there is from a cursor on, page by page. */
async function drain(cursor: string, limit = 7): Promise<{ events: Body[]; cursor: string }> {
  const events: Body[] = [];
  for (;;) {
    const { status, body } = await pull(`cursor=${cursor}&limit=${limit}`);
    expect(status).toBe(200);
    events.push(...body.events);
    cursor = body.cursor;
    if (!body.more && body.events.length === 0) return { events, cursor };
  }
}

async function snapshot(): Promise<Body[]> {
  const response = await world.ask(`${app}/snapshot`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toStartWith('application/x-ndjson');
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Body);
}

describe('pulling events', () => {
  test('REST34: all channels in the order of the log, the records of the channel, each with its notice', async () => {
    await world.join('a', 1, { role: 'broadcaster' });
    await world.join('b', 2);
    await world.join('a', 3);
    await world.join('b', 9, { key: liveKey(other.id, 'b') });
    await world.leave('b', 2);
    const { status, body } = await pull();
    expect(status).toBe(200);
    expect(ids(body)).toEqual(['a 1', 'a 2', 'b 1', 'b 2', 'a 3', 'b 3', 'b 4']);
    expect(body.more).toBe(false);
    const { body: ofChannel } = await world.json(`${app}/channels/a/events`);
    const records = body.events.map(({ noticeId: _n, eventType: _e, notice: _b, ...record }: Body) => record);
    expect(records.filter(({ channel }: Body) => channel === 'a')).toEqual(ofChannel.events);
    expect(body.events[1]).toMatchObject({
      noticeId: `${body.events[1].sid}:2:103`,
      eventType: 103,
      notice: { eventType: 103, productId: 1, payload: { channelName: 'a', uid: 1, seq: 2, count: 1 } },
    });
    expect(body.events[1].notice.noticeId).toBe(body.events[1].noticeId);
  });

  test('REST34: pages by cursor miss nothing and tell nothing twice; start and now', async () => {
    const { body: now } = await pull('cursor=now');
    for (let uid = 1; uid <= 20; uid++) await world.join(`c${uid % 3}`, uid);
    const all = (await drain('start')).events;
    expect(all).toHaveLength(23);
    const strip = ({ notice: _, ...rest }: Body) => rest;
    expect((await drain(now.cursor, 1)).events.map(strip)).toEqual(all.map(strip));
    const { body: end } = await pull('cursor=now');
    expect(end.events).toEqual([]);
    await world.leave('c1', 1);
    expect(ids((await pull(`cursor=${end.cursor}`)).body)).toHaveLength(1);
    expect(ids((await pull('cursor=now')).body)).toEqual([]);
  });

  test('REST34: since a time: what happened at or after it, and from the cursor on as ever', async () => {
    await world.join('a', 1);
    // The time of the log has moved on, so that the two are told apart.
    const { atMs } = (await drain('start')).events.at(-1) as Body;
    while (world.deps.clock.nowMs() <= atMs + 1) world.advance(1);
    await world.join('a', 2);
    const later = (await drain('start')).events.at(-1) as Body;
    const { status, body } = await pull(`since=${later.atMs}`);
    expect({ status, ids: ids(body) }).toEqual({ status: 200, ids: ['a 3'] });
    expect(ids((await pull(`since=${atMs + 1}`)).body)).toEqual(['a 3']);
    expect(ids((await pull('since=0')).body)).toEqual(['a 1', 'a 2', 'a 3']);
    const { body: ahead } = await pull(`since=${later.atMs + 1_000}`);
    expect(ahead.events).toEqual([]);
    await world.leave('a', 1);
    expect(ids((await pull(`cursor=${ahead.cursor}`)).body)).toEqual(['a 4']);
    expect((await pull(`cursor=${ahead.cursor}&since=0`)).body.code).toBe('query_invalid');
  });

  test('REST34: since a time of which something was deleted is refused, and the refusal says what to do', async () => {
    const positionBefore = () => {
      throw new HousecountError('no_longer_kept');
    };
    const forgetful = await openApiWorld();
    try {
      Object.assign(forgetful.deps.history, { positionBefore });
      const { status, body } = await forgetful.json(`${app}/events?since=5`);
      expect({ status, code: body.code }).toEqual({ status: 410, code: 'no_longer_kept' });
      expect(body.message).toContain(`${app}/snapshot`);
    } finally {
      await forgetful.close();
    }
  });

  test('REST34: with wait it is answered when there is something, at once if there is', async () => {
    await world.join('a', 1);
    expect(ids((await pull('wait=50')).body)).toEqual(['a 1', 'a 2']);
    const { cursor } = (await pull('cursor=now')).body;
    const waiting = pull(`cursor=${cursor}&wait=50`);
    let answered = false;
    void waiting.then(() => {
      answered = true;
    });
    await world.join('x', 5, { key: liveKey(other.id, 'x') });
    await world.deps.history.caughtUp(new AbortController().signal);
    expect(answered).toBe(false);
    await world.join('a', 2);
    expect(ids((await waiting).body)).toEqual(['a 3']);
  });

  test('REST34: nothing until the wait is over is an answer without events, whose cursor goes on', async () => {
    await world.join('a', 1);
    const { cursor } = (await pull('cursor=now')).body;
    await world.join('x', 5, { key: liveKey(other.id, 'x') });
    const { body } = await pull(`cursor=${cursor}&wait=1`);
    expect(body).toMatchObject({ events: [], more: false });
    await world.join('a', 2);
    expect(ids((await pull(`cursor=${body.cursor}`)).body)).toEqual(['a 3']);
  });

  test('REST35: waiting is bounded in number, and whoever goes away makes room', async () => {
    const leaving = new AbortController();
    const waiting = Array.from({ length: limits.pullWaitersMax }, () =>
      pull('cursor=now&wait=50', { signal: leaving.signal }),
    );
    let refused = await pull('cursor=now&wait=50', { signal: AbortSignal.timeout(100) });
    for (let tries = 0; refused.body.code !== 'too_many_connections' && tries < 50; tries++)
      refused = await pull('cursor=now&wait=50', { signal: AbortSignal.timeout(100) });
    expect(refused).toMatchObject({ status: 503, body: { code: 'too_many_connections' } });
    expect((await pull('cursor=now')).status).toBe(200);
    leaving.abort();
    for (const { status, body } of await Promise.all(waiting))
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'going_away' });
    expect((await pull('cursor=now&wait=1')).status).toBe(200);
  });

  test('REST34: bad parameters are refused by name', async () => {
    const { cursor } = (await pull('cursor=now')).body;
    const foreign = formatCursor({ app: other.id, position: 0, sid: undefined });
    for (const query of [
      'wait=51',
      'wait=-1',
      'wait=x',
      'limit=0',
      'since=-1',
      'since=x',
      'since=1.5',
      `limit=${fixed.pageMax + 1}`,
      'cursor=7',
      'cursor=Start',
      `cursor=${cursor}x`,
      `cursor=${cursor.slice(1)}`,
      `cursor=${Buffer.from('1.aaaaaaaa.-1.').toString('base64url')}`,
      `cursor=${Buffer.from(`1.aaaaaaaa.${'9'.repeat(20)}.`).toString('base64url')}`,
      `cursor=${foreign}`,
    ])
      expect(await pull(query)).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
    expect(await world.json('/v1/apps/none/events')).toMatchObject({ body: { code: 'invalid_app_id' } });
  });

  test('REST36: a cursor beyond the log, or of another log, is refused, and the refusal says what to do', async () => {
    await world.join('a', 1);
    const { lastPosition } = world.log;
    const beyond = formatCursor({ app: testApp.id, position: lastPosition + 1, sid: undefined });
    const elsewhere = formatCursor({ app: testApp.id, position: lastPosition, sid: 'not-this-sid' });
    for (const cursor of [beyond, elsewhere]) {
      const { status, body } = await pull(`cursor=${cursor}`);
      expect({ status, code: body.code }).toEqual({ status: 410, code: 'no_longer_kept' });
      expect(body.message).toContain(`${app}/snapshot`);
    }
  });
});

describe('snapshots', () => {
  test('REST37: every channel with its members, between a first and a last line', async () => {
    for (let uid = 1; uid <= fixed.snapshotLineMembersMax + 1; uid++) await world.join('big', uid);
    await world.join('a', 7, { role: 'broadcaster', identity: { account: 'alice' } });
    await world.join('b', 9, { key: liveKey(other.id, 'b') });
    const lines = await snapshot();
    expect(lines.map(({ type, channel }) => [type, channel])).toEqual([
      ['snapshot', undefined],
      ['channel', 'a'],
      ['members', 'a'],
      ['channel', 'big'],
      ['members', 'big'],
      ['members', 'big'],
      ['end', undefined],
    ]);
    expect(lines[1]).toMatchObject({ seq: 2, count: 1, hosts: 1 });
    expect(lines[2].members[0]).toMatchObject({ account: 'alice', role: 'broadcaster' });
    expect(lines.at(-1)).toEqual({ type: 'end', channels: 2, members: fixed.snapshotLineMembersMax + 2 });
    expect((await pull(`cursor=${lines[0].cursor}`)).body.events).toEqual([]);
  });

  test('REST37: an app with nobody has two lines', async () => {
    expect((await snapshot()).map(({ type }) => type)).toEqual(['snapshot', 'end']);
  });

  test('REST37: open ones are bounded; one that is given up or aborted makes room', async () => {
    for (let uid = 1; uid <= 3_000; uid++) void world.join('big', uid);
    await world.join('big', 3_001);
    const leaving = new AbortController();
    const open = await Promise.all(
      Array.from({ length: limits.snapshotStreamsMax }, () =>
        world.ask(`${app}/snapshot`, { signal: leaving.signal }),
      ),
    );
    expect(await world.json(`${app}/snapshot`)).toMatchObject({ body: { code: 'too_many_connections' } });
    await open[0]?.body?.cancel();
    expect((await snapshot()).at(-1)).toMatchObject({ type: 'end', members: 3_001 });
    leaving.abort();
    expect(open[1]?.text()).rejects.toThrow();
    const again = await Promise.all(
      Array.from({ length: limits.snapshotStreamsMax }, () => world.ask(`${app}/snapshot`)),
    );
    for (const response of again) {
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
  });

  test.each([1, 2, 3, 4])(
    'REST38: under churn a snapshot and the events after it are the truth (seed %i)',
    async (seed) => {
      const random = new SimRandom(seed);
      const pick = (n: number) => Math.floor(random.fraction() * n);
      const inside = new Set<string>();
      let ended = false;
      const step = async () => {
        const channel = `c${pick(6)}`;
        const uid = 1 + pick(30);
        const key = `${channel}-${uid}`;
        if (!inside.has(key)) {
          inside.add(key);
          await world.join(channel, uid, { role: pick(4) === 0 ? 'broadcaster' : 'audience' });
        } else if (pick(3) === 0) {
          const role = pick(2) === 0 ? 'broadcaster' : 'audience';
          await world.log.submit(liveKey(testApp.id, channel), { type: 'set-role', connectionId: key, role });
        } else {
          inside.delete(key);
          await world.leave(channel, uid);
        }
      };
      const churn = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (!ended) {
            await step();
            await new Promise((resolve) => setImmediate(resolve));
          }
        }),
      );
      const copies: { rosters: Map<string, Body>; cursor: string }[] = [];
      for (let n = 0; n < 10; n++) {
        const response = await world.ask(`${app}/snapshot`);
        // Read late: what happens meanwhile must not be in it.
        for (let m = 0; m < 20; m++) await step();
        const lines = (await response.text())
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Body);
        expect(lines.at(-1)?.type).toBe('end');
        copies.push({ rosters: rostersOf(lines), cursor: lines[0].cursor });
      }
      ended = true;
      await churn;
      const truth = Object.fromEntries(
        world.log.channels(testApp.id).map(({ key, sid, seq, roster }) => [
          key.name,
          {
            sid,
            seq,
            members: Object.fromEntries(roster.page(0, 1_000).map(({ uid, role }) => [uid, role])),
          },
        ]),
      );
      let applied = 0;
      for (const { rosters, cursor } of copies) {
        const { events } = await drain(cursor, 50);
        for (const event of events) fold(rosters, event);
        applied += events.length;
        expect(Object.fromEntries(rosters)).toEqual(truth);
      }
      expect(applied).toBeGreaterThan(100);
    },
  );
});

function rostersOf(lines: readonly Body[]): Map<string, Body> {
  const rosters = new Map<string, Body>();
  for (const line of lines) {
    if (line.type === 'channel') rosters.set(line.channel, { sid: line.sid, seq: line.seq, members: {} });
    if (line.type === 'members')
      for (const { uid, role } of line.members) rosters.get(line.channel).members[uid] = role;
  }
  return rosters;
}

/** Each event must be the next of its channel: one that was in the snapshot, or is missing, fails. */
function fold(rosters: Map<string, Body>, event: Body): void {
  const known = rosters.get(event.channel);
  if (event.type === 'channel-opened') {
    expect(known).toBeUndefined();
    rosters.set(event.channel, { sid: event.sid, seq: event.seq, members: {} });
    return;
  }
  expect({ sid: known?.sid, seq: known?.seq + 1 }).toEqual({ sid: event.sid, seq: event.seq });
  known.seq = event.seq;
  if (event.type === 'channel-closed') rosters.delete(event.channel);
  else if (event.type === 'member-left') delete known.members[event.uid];
  else known.members[event.uid] = event.role;
}
