import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());
const app = `/v1/apps/${testApp.id}`;
const uids = (body: Body): number[] => body.members.map((member: Body) => member.uid);

describe('rosters', () => {
  test('REST1: who is in, in order of arrival, with the sid and seq it is true at', async () => {
    await world.join('a b/c'.replace('/', '-'), 7, { role: 'broadcaster' });
    await world.join('a b-c', 3, { identity: { account: 'alice' }, platform: 2 });
    const { status, body } = await world.json(`${app}/channels/a%20b-c/roster`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ channel: 'a b-c', seq: 3, profile: 'live', count: 2, hosts: 1 });
    expect(body.members[0]).toMatchObject({ uid: 7, role: 'broadcaster', connection: 'rtc' });
    expect(body.members[1]).toMatchObject({ account: 'alice', role: 'audience', platform: 2 });
    expect(body.next).toBeUndefined();
    expect(Object.keys(body.members[0]).sort()).toEqual([
      'connection',
      'joinedMs',
      'platform',
      'role',
      'uid',
    ]);
  });

  test('REST2: the pages of one listing are of one moment, whatever happens between them', async () => {
    for (let uid = 1; uid <= 25; uid++) await world.join('big', uid);
    const seen: number[] = [];
    let { body } = await world.json(`${app}/channels/big/roster?limit=10`);
    const { seq, count } = body;
    seen.push(...uids(body));
    for (let uid = 1; uid <= 25; uid += 2) await world.leave('big', uid);
    await world.join('big', 99);
    while (body.next) {
      const { after, at } = body.next;
      ({ body } = await world.json(`${app}/channels/big/roster?limit=10&after=${after}&at=${at}`));
      expect(body.seq).toBe(seq);
      expect(body.count).toBe(count);
      seen.push(...uids(body));
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    expect(uids((await world.json(`${app}/channels/big/roster?limit=1000`)).body)).toHaveLength(13);
  });

  test('REST2: a moment that is not kept any more is refused as such', async () => {
    await world.join('big', 1);
    await world.join('big', 2);
    const { body } = await world.json(`${app}/channels/big/roster?limit=1`);
    const next = `${app}/channels/big/roster?limit=1&after=${body.next.after}&at=${body.next.at}`;
    world.advance(limits.rosterSnapshotMs - 1_000);
    expect((await world.json(next)).status).toBe(200);
    world.advance(limits.rosterSnapshotMs);
    expect(await world.json(next)).toMatchObject({ status: 410, body: { code: 'no_longer_kept' } });
    const other = await world.json(`${app}/channels/big/roster?at=NOSUCHSID:4`);
    expect(other.body.code).toBe('no_longer_kept');
  });

  test('REST2: the number of kept moments is bounded', async () => {
    await world.join('c', 1);
    await world.join('c', 2);
    const first = (await world.json(`${app}/channels/c/roster?limit=1`)).body.next;
    for (let n = 0; n < limits.rosterSnapshotsMax; n++) {
      await world.join('c', 100 + n);
      await world.json(`${app}/channels/c/roster?limit=1`);
    }
    expect((await world.json(`${app}/channels/c/roster?at=${first.at}`)).status).toBe(410);
  });

  test('REST3: nobody there, no such app, and bad parameters have codes', async () => {
    const code = async (path: string) => (await world.json(path)).body.code;
    expect(await code(`${app}/channels/empty/roster`)).toBe('not_found');
    expect(await code(`/v1/apps/${'c'.repeat(32)}/channels/x/roster`)).toBe('invalid_app_id');
    expect(await code(`${app}/channels/${'x'.repeat(65)}/roster`)).toBe('invalid_channel_name');
    expect(await code(`${app}/channels/%F0%9F%98%80/roster`)).toBe('invalid_channel_name');
    for (const bad of [
      'limit=0',
      `limit=${fixed.pageMax + 1}`,
      'limit=x',
      'limit=',
      'after=-1',
      'after=1.5',
      'at=x',
    ])
      expect(await code(`${app}/channels/x/roster?${bad}`)).toBe('query_invalid');
  });
});

describe('channels', () => {
  test('REST4: open channels by name, in pages, each with its numbers', async () => {
    for (const channel of ['b', 'a', 'c', 'B']) await world.join(channel, 1);
    await world.join('b', 2, { role: 'broadcaster' });
    await world.leave('c', 1);
    const first = (await world.json(`${app}/channels?limit=2`)).body;
    expect(first.channels.map((one: Body) => one.channel)).toEqual(['B', 'a']);
    expect(first).toMatchObject({ total: 3, next: 'a' });
    const second = (await world.json(`${app}/channels?limit=2&after=${first.next}`)).body;
    expect(second.channels).toMatchObject([{ channel: 'b', count: 2, hosts: 1, audience: 1, seq: 3 }]);
    expect(second.next).toBeUndefined();
  });
});

describe('history', () => {
  test('REST5: events of a life by seq, never older than what was acknowledged', async () => {
    for (let uid = 1; uid <= 20; uid++) {
      await world.join('x', uid);
      const { body } = await world.json(`${app}/channels/x/events?after=${uid}&limit=5`);
      expect(body.events).toMatchObject([{ type: 'member-joined', uid, seq: uid + 1, count: uid }]);
      expect(body).toMatchObject({ next: uid + 1, more: false });
    }
    const page = (await world.json(`${app}/channels/x/events?limit=3`)).body;
    expect(page.events.map((event: Body) => event.seq)).toEqual([1, 2, 3]);
    expect(page).toMatchObject({ next: 3, more: true });
    expect((await world.json(`${app}/channels/x/events?after=21`)).body).toMatchObject({
      events: [],
      next: 21,
    });
  });

  test('REST5: no resume key and no address is in what was logged', async () => {
    await world.join('x', 1);
    const text = await (await world.ask(`${app}/channels/x/events`)).text();
    expect(text).not.toContain('resume');
    expect(text).not.toContain('198.51.100.1');
  });

  test('REST6: lives of a channel, and the events of an earlier one', async () => {
    await world.join('x', 1);
    await world.leave('x', 1);
    await world.join('x', 2);
    const { sids } = (await world.json(`${app}/channels/x/sids`)).body;
    expect(sids).toHaveLength(2);
    expect(sids[0].closedMs).toBeUndefined();
    expect(sids[1]).toMatchObject({ lastSeq: 4, joins: 1, peak: 1 });
    const events = (await world.json(`${app}/channels/x/events?sid=${sids[1].sid}`)).body.events;
    expect(events.map((event: Body) => event.type)).toEqual([
      'channel-opened',
      'member-joined',
      'member-left',
      'channel-closed',
    ]);
    const newest = (await world.json(`${app}/channels/x/sids?limit=1`)).body;
    const older = (await world.json(`${app}/channels/x/sids?limit=1&before=${newest.next}`)).body;
    expect([newest.sids[0].sid, older.sids[0].sid]).toEqual([sids[0].sid, sids[1].sid]);
    expect(older.next).toBeUndefined();
  });

  test('REST6: a sid of another channel, and a channel that never was, are not found', async () => {
    await world.join('x', 1);
    const { sid } = (await world.json(`${app}/channels/x/roster`)).body;
    expect((await world.json(`${app}/channels/y/events?sid=${sid}`)).body.code).toBe('not_found');
    expect((await world.json(`${app}/channels/y/events`)).body.code).toBe('not_found');
    expect((await world.json(`${app}/channels/y/sids`)).body).toEqual({ sids: [] });
  });
});

describe('streams', () => {
  async function* events(response: Response): AsyncGenerator<{ event?: string; id?: string; data?: Body }> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const lines = block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]);
        const { event, id, data } = Object.fromEntries(lines) as Record<string, string | undefined>;
        yield { event, id, ...(data !== undefined && { data: JSON.parse(data) }) };
      }
    }
  }
  const take = async (stream: AsyncGenerator<{ event?: string; id?: string; data?: Body }>, n: number) => {
    const taken: { event?: string; id?: string; data?: Body }[] = [];
    while (taken.length < n) {
      const { value, done } = await stream.next();
      if (done) break;
      taken.push(value);
    }
    return taken;
  };

  test('REST7: notices from a position, signed, each with the position to resume after', async () => {
    await world.join('x', 1);
    const stop = new AbortController();
    const response = await world.ask(`${app}/notices?after=0`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const stream = events(response);
    const [head, opened, joined] = await take(stream, 3);
    expect(head?.id).toBe('0');
    expect(opened).toMatchObject({ event: 'notice', id: '2', data: { eventType: 101 } });
    expect(JSON.parse(joined?.data.body)).toMatchObject({
      eventType: 105,
      payload: { uid: 1, seq: 2, count: 1 },
    });
    expect(joined?.data.headers['Agora-Signature-V2']).toMatch(/^[0-9a-f]{64}$/);
    await world.join('x', 2);
    expect((await take(stream, 1))[0]?.data.position).toBe(4);
    stop.abort();
    expect(await take(stream, 1)).toEqual([]);

    const again = new AbortController();
    const resumed = await world.ask(`${app}/notices?after=0`, {
      signal: again.signal,
      headers: { 'last-event-id': '3' },
    });
    expect((await take(events(resumed), 2))[1]?.id).toBe('4');
    again.abort();
  });

  test('REST7: without a position the stream begins now, and says where', async () => {
    await world.join('x', 1);
    const stop = new AbortController();
    const stream = events(await world.ask(`${app}/notices`, { signal: stop.signal }));
    expect((await take(stream, 1))[0]?.id).toBe(String(world.log.lastPosition));
    await world.join('x', 2);
    expect((await take(stream, 1))[0]?.data.position).toBe(4);
    stop.abort();
  });

  test('REST8: attempts that were made and that are made', async () => {
    await world.join('x', 1);
    const stop = new AbortController();
    const stream = events(await world.ask(`${app}/attempts`, { signal: stop.signal }));
    const past = (await take(stream, 3)).slice(1);
    expect(past.map(({ data }) => data.eventType)).toEqual([101, 105]);
    expect(past[0]?.data).toMatchObject({ virtual: true, next: 'delivered', outcome: { answered: true } });
    await world.join('x', 2);
    const [live] = await take(stream, 1);
    expect(Number(live?.id)).toBe(Number(past[1]?.id) + 1);
    stop.abort();
    const again = new AbortController();
    const ahead = events(await world.ask(`${app}/attempts?after=1000000`, { signal: again.signal }));
    expect((await take(ahead, 4)).slice(1).map(({ data }) => data.id)).toEqual([1, 2, 3]);
    again.abort();
  });

  test('REST9: streams are bounded, and one that ends makes room', async () => {
    const stops: AbortController[] = [];
    for (let n = 0; n < limits.eventStreamsMax; n++) {
      const stop = new AbortController();
      stops.push(stop);
      expect((await world.ask(`${app}/notices`, { signal: stop.signal })).status).toBe(200);
    }
    const refused = await world.json(`${app}/notices`);
    expect(refused).toMatchObject({ status: 503, body: { code: 'too_many_connections' } });
    stops[0]?.abort();
    const stop = new AbortController();
    expect((await world.ask(`${app}/notices`, { signal: stop.signal })).status).toBe(200);
    for (const one of [...stops, stop]) one.abort();
  });
});

describe('notices', () => {
  test('REST10: endpoints with their standing, without secrets, and what they did not take', async () => {
    await world.close();
    world = await openApiWorld({ endpoint: true });
    expect((await world.json(`${app}/given-up`)).body).toMatchObject({
      endpoint: 'main',
      notices: [],
      more: false,
    });
    const { body } = await world.json(`${app}/endpoints`);
    expect(body.endpoints).toMatchObject([{ endpointId: 'main', givenUp: 0, state: 'running' }]);
    expect(JSON.stringify(body)).not.toContain('"s"');
    expect(await world.json(`${app}/given-up?endpoint=other`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  test('REST10: without an endpoint there is none to ask about', async () => {
    expect((await world.json(`${app}/endpoints`)).body).toEqual({ endpoints: [] });
    expect(await world.json(`${app}/given-up`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
