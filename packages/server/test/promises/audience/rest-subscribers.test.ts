import { afterEach, expect, test } from 'bun:test';
import { type Answer, ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer | undefined;
let sockets: { drop(): void }[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.drop();
  sockets = [];
  await server?.close();
  server = undefined;
});
const app = `/v1/apps/${testApp.id}`;

/** The subscribers, as the events after a snapshot make them; throws where an event is missing. */
class Fold {
  readonly members = new Map<number, string>();
  sid: string | undefined;
  seq = 0;

  constructor({ body }: Answer) {
    this.sid = body.sid;
    this.seq = body.seq ?? 0;
    for (const { uid, userId } of body.members) this.members.set(uid, userId);
  }

  absorb(event: Answer['body']): void {
    if (event.sid !== this.sid) {
      if (this.members.size > 0 || event.seq !== 1) throw new Error('a life is missing');
      this.sid = event.sid;
      this.seq = 0;
    }
    this.seq += 1;
    if (event.seq !== this.seq) throw new Error(`seq ${this.seq} is missing`);
    if (event.type === 'member-joined') this.members.set(event.uid, event.account ?? String(event.uid));
    if (event.type === 'member-left') this.members.delete(event.uid);
    expect(event.count).toBe(this.members.size);
  }
}

test('REST77: the subscribers of a moment and the events after it are the subscribers of now, with no seq missing', async () => {
  server = await startTestServer();
  const { url } = server;
  const rest = (path: string) => ask(url, `${app}/channels/lobby/subscribers${path}`);
  const login = async (userId: string) => {
    const client = await SignalingClient.login(url, userId);
    sockets.push(client);
    return client;
  };
  const leaves = (client: SignalingClient, channel = 'lobby') =>
    client.asks({ type: 'unsubscribe', channelType: 'MESSAGE', channel });
  const nobody = await rest('');
  expect(nobody.body).toEqual({
    app: testApp.id,
    channelType: 'MESSAGE',
    channel: 'lobby',
    count: 0,
    members: [],
    cursor: expect.any(String),
  });
  const [ann, bob, cid] = [await login('ann'), await login('bob'), await login('7')];
  await ann.subscribes('lobby');
  await bob.subscribes('lobby', { beQuiet: true });
  const middle = await rest('');
  expect(middle.body).toMatchObject({
    seq: 3,
    count: 2,
    members: [{ userId: 'ann' }, { userId: 'bob', quiet: true }],
  });
  await leaves(ann);
  await leaves(bob);
  await cid.subscribes('lobby', { states: { mood: 'good' } });
  await cid.subscribes('elsewhere');
  await ann.subscribes('lobby', { channelType: 'MESSAGE' });
  await leaves(cid);
  const end = await rest('');
  expect(end.body).toMatchObject({ count: 1, members: [{ userId: 'ann' }], seq: 4 });
  for (const start of [nobody, middle, end]) {
    for (const limit of [1, 2, 1000]) {
      const fold = new Fold(start);
      let { cursor } = start.body;
      for (let more = true; more; ) {
        const { status, body } = await rest(`/events?cursor=${cursor}&limit=${limit}`);
        expect(status).toBe(200);
        expect(body.events.length).toBeLessThanOrEqual(limit);
        for (const event of body.events) fold.absorb(event);
        ({ cursor, more } = body);
      }
      expect([fold.sid, fold.seq]).toEqual([end.body.sid, end.body.seq]);
      expect([...fold.members.values()]).toEqual(['ann']);
    }
  }
  // Pages of one moment, whatever happens between them.
  await bob.subscribes('lobby');
  await cid.subscribes('lobby');
  const first = (await rest('?limit=2')).body;
  await leaves(bob);
  await leaves(cid);
  const { after, at } = first.next;
  const second = (await rest(`?limit=2&after=${after}&at=${encodeURIComponent(at)}`)).body;
  expect([...first.members, ...second.members].map(({ userId }) => userId)).toEqual(['ann', 'bob', '7']);
  expect(second).toMatchObject({ sid: first.sid, seq: first.seq, count: 3 });
  expect([second.next, second.cursor]).toEqual([undefined, undefined]);
  expect((await rest('?at=NOSUCHSID:4')).body.code).toBe('no_longer_kept');
  expect((await rest('?at=x')).body.code).toBe('query_invalid');
  // Waited for: told as it happens.
  const waiting = rest(`/events?cursor=${(await rest('')).body.cursor}&wait=20`);
  await bob.subscribes('lobby');
  expect((await waiting).body.events).toMatchObject([{ type: 'member-joined', account: 'bob' }]);
  expect((await rest(`/events?cursor=${nobody.body.cursor}&wait=51`)).body.code).toBe('query_invalid');
  // Nothing happened in the stream channel of the name.
  expect((await rest(`/events?type=STREAM&cursor=${nobody.body.cursor}`)).body.events).toEqual([]);
});

test('REST78: a cursor that says nothing here is refused by name', async () => {
  server = await startTestServer();
  const { url } = server;
  const events = (query: string) => ask(url, `${app}/channels/lobby/subscribers/events?${query}`);
  const cursorOf = (id: string, position: number) =>
    `cursor=${Buffer.from(`1.${id.slice(0, 8)}.${position}.`).toString('base64url')}`;
  for (const [query, status, code] of [
    ['', 400, 'query_invalid'],
    ['cursor=now', 400, 'query_invalid'],
    [cursorOf('ffffffff', 0), 400, 'query_invalid'],
    [cursorOf(testApp.id, 1_000_000), 410, 'no_longer_kept'],
    [`${cursorOf(testApp.id, 0)}&limit=0`, 400, 'query_invalid'],
    [`${cursorOf(testApp.id, 0)}&type=USER`, 400, 'query_invalid'],
  ] as const) {
    const answer = await events(query);
    expect([query, answer.status, answer.body.code]).toEqual([query, status, code]);
  }
  expect((await ask(url, `${app}/channels/a.b/subscribers`)).body.code).toBe('invalid_channel_name');
});
