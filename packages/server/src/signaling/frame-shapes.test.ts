import { expect, test } from 'bun:test';
import type { SignalingServerFrame } from '@housecount/protocol';
import type { TypeOf } from '@housecount/schema';
import type { signalingServerFrame } from '@housecount/schema/frames/signaling-server-frames';
import type { Agrees } from '../../testing/agrees.ts';
import { listedTokenOf } from '../../testing/worlds/listed-token.ts';
import {
  app,
  leaseMs,
  SignalingWorld,
  streamTokenOf,
  type TestClient,
  tokenOf,
} from '../../testing/worlds/signaling-world.ts';

/** Does not compile where a type of the protocol, made of the schemas or declared by hand, differs from its schema. */
const agrees: Agrees<TypeOf<typeof signalingServerFrame>, SignalingServerFrame> = true;

const lobby = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const stage = { channelType: 'STREAM', channel: 'stage' } as const;
const all = { withMetadata: true, withLock: true };
const change = (target: object, more: object = {}) => ({
  type: 'change-metadata',
  target,
  mode: 'set',
  items: [{ key: 'k', value: 'v', revision: -1 }],
  majorRevision: -1,
  lockName: '',
  addTimeStamp: true,
  addUserId: true,
  ...more,
});

/** Messages of each kind, kept and told; their history. */
async function messages(ann: TestClient): Promise<void> {
  const sealed = Buffer.alloc(40).toString('base64');
  for (const content of [{ text: 'x' }, { bytes: 'AAE=' }, { sealed }])
    await ann.asks({ type: 'publish', ...lobby, content, customType: 'c', storeInHistory: true });
  await ann.asks({ type: 'publish', channelType: 'USER', channel: 'bob', content: { text: 'x' } });
  await ann.asks({ type: 'get-messages', ...lobby, count: 100, start: 0, end: 0 });
}

/** Metadata of both owners, and what becomes of locks. */
async function storage(w: SignalingWorld, ann: TestClient, bob: TestClient): Promise<void> {
  await bob.asks({ type: 'subscribe-user-metadata', userId: 'ann' });
  for (const target of [lobby, { userId: 'ann' }]) {
    await ann.asks(change(target));
    await ann.asks({ type: 'get-metadata', target });
  }
  const lock = { ...lobby, lockName: 'l' };
  await ann.asks({ type: 'set-lock', ...lock, ttl: 10 });
  for (const type of ['acquire-lock', 'release-lock', 'acquire-lock'])
    await ann.asks({ type, ...lock, ...(type === 'acquire-lock' && { retry: false }) });
  await ann.asks({ type: 'get-locks', ...lobby });
  const cat = await w.login('cat');
  await cat.subscribes('lobby', all);
  await cat.asks({ type: 'revoke-lock', ...lock, owner: 'ann' });
  await cat.asks({ type: 'acquire-lock', ...lock, retry: false });
  await cat.drops();
  await w.advance(leaseMs + 30_000);
  await ann.asks({ type: 'remove-lock', ...lock });
}

/** A stream channel: its metadata and locks, its topics, its roster, and the end of a token of it. */
async function streams(w: SignalingWorld, ann: TestClient, bob: TestClient): Promise<void> {
  await ann.enters('stage', all);
  await ann.asks(change(stage));
  await ann.asks({ type: 'set-lock', ...stage, lockName: 'l', ttl: 10 });
  await follows(w, 'zoe', stage);
  const topic = { channel: 'stage', topic: 't' };
  await ann.asks({ type: 'join-topic', ...topic, meta: 'm' });
  await bob.enters('stage', { token: streamTokenOf('bob', 'stage', w.clock.nowMs(), 60) });
  await bob.asks({ type: 'subscribe-topic', ...topic, users: ['ann', 'nobody'] });
  await ann.asks({ type: 'publish-topic', ...topic, content: { text: 'x' }, customType: 'c' });
  await ann.asks({ type: 'leave-topic', ...topic });
  await ann.asks({ type: 'join-topic', ...topic, meta: 'm' });
  await w.advance(70_000);
}

/** Watchers who follow the roster of a channel: all of it, windows of it, and how many. */
async function follows(w: SignalingWorld, name: string, place: object): Promise<void> {
  const views = [undefined, { count: true }, { from: 0, count: 1 }, { from: 0, count: 100 }];
  for (const [at, view] of views.entries())
    await (await w.login(`${name} ${at}`)).asks({
      type: 'subscribe-roster',
      ...place,
      ...(view && { view }),
    });
}

/** Two who are in the live channel, and what is told of them: whoever asks while one of them is silent, and while they move up. */
async function live(w: SignalingWorld): Promise<void> {
  const hall = { channelType: 'MESSAGE', channel: 'hall' };
  const first = await w.joins({ account: 'first' }, { channel: 'hall' });
  const second = await w.joins({ account: 'second' }, { channel: 'hall', role: 'broadcaster' });
  await follows(w, 'early', hall);
  await first.becomes('broadcaster');
  await w.advance(1_000);
  for (const one of [first, second]) await one.falls();
  await w.advance(1_000);
  await follows(w, 'late', hall);
  await first.leaves();
  await w.advance(leaseMs + 3_000);
}

/** A user with several members of the live channel, one of whom is linked late. */
async function linked(w: SignalingWorld): Promise<void> {
  const house = { channelType: 'MESSAGE', channel: 'house' };
  await follows(w, 'soon', house);
  const at = { channel: 'house' };
  const other = await w.joins({ uid: 1 }, at);
  for (const uid of [2, 3]) await w.joins({ uid }, { ...at, userId: 'kim' });
  await w.advance(1_000);
  await follows(w, 'then', house);
  const late = await w.joins({ uid: 4 }, at);
  await w.advance(1_000);
  await late.links('kim');
  await w.advance(1_000);
  await other.leaves();
  await w.advance(1_000);
}

/** Whoever is put out, by a rule and by a token that allows less, and hears of it. */
async function putOut(w: SignalingWorld): Promise<void> {
  const [messages, streams] = [0, 1];
  const lists = { [messages]: [['*'], ['*']], [streams]: [['*'], ['*']] } as const;
  const token = () => listedTokenOf('kim', w.clock.nowMs(), lists);
  const kim = await w.login('kim', { token: token() });
  const come = async (client: TestClient) => {
    for (const place of [lobby, stage]) await client.asks({ type: 'subscribe-roster', ...place });
    await client.subscribes('lobby');
    await client.enters('stage');
  };
  await come(kim);
  const uid = w.log.uidOf(app.id, 'kim');
  for (const channel of ['lobby', 'stage'])
    await w.makesRule({ channel, ...(uid && { uid }), privileges: ['join_channel'] }, 1_000);
  const { session } = kim.welcome;
  await kim.drops();
  const back = await w.login('kim', { session, token: token() });
  await w.advance(3_000);
  await come(back);
  const less = { [messages]: [['other'], []], [streams]: [['other'], []] } as const;
  await back.asks({ type: 'renew-token', token: listedTokenOf('kim', w.clock.nowMs(), less) });
}

/** Who is in a channel, one by one and as net effect; its roster, whole and in part. */
async function people(w: SignalingWorld, ann: TestClient): Promise<void> {
  const views = [undefined, { count: true }, { from: 0, count: 3 }];
  for (const view of views) await ann.asks({ type: 'subscribe-roster', ...lobby, ...(view && { view }) });
  const states = { mood: 'good' };
  await ann.asks({ type: 'set-state', ...lobby, states });
  await ann.asks({ type: 'get-state', ...lobby, userId: 'ann' });
  await ann.asks({ type: 'online-users', ...lobby, includedUserId: true, includedState: true });
  await ann.asks({ type: 'user-channels', userId: 'ann' });
  await ann.asks({ type: 'user-channels', userId: '' });
  const dan = await w.login('dan');
  await dan.subscribes('lobby', { states });
  await w.advance(3_000);
  await dan.asks({ type: 'set-state', ...lobby, states: { mood: 'better' } });
  await w.advance(3_000);
  await dan.asks({ type: 'unsubscribe', ...lobby });
  await w.advance(3_000);
  for (const role of ['broadcaster', 'audience'] as const) {
    const member = await w.joins({ account: `live ${role}` }, { role });
    await w.advance(3_000);
    await member.becomes('audience');
    await member.falls();
    await w.advance(leaseMs + 3_000);
  }
  const live = await w.joins({ account: 'dan' });
  await w.advance(3_000);
  await live.leaves();
  await w.advance(3_000);
}

test('SHAPE8: what the server sends over signaling is as its schemas say, and all that they say is sent', async () => {
  expect(agrees).toBe(true);
  const w = await SignalingWorld.start({
    signaling: { ...app.signaling, announceMax: 5, intervalMs: 5_000 },
  });
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  for (const client of [ann, bob]) await client.subscribes('lobby', all);
  await w.advance(3_000);
  await messages(ann);
  await storage(w, ann, bob);
  await streams(w, ann, bob);
  await people(w, ann);
  await live(w);
  await linked(w);
  await putOut(w);
  // With more than are announced one by one.
  const crowd = await Promise.all(['e', 'f', 'g', 'h', 'i'].map((user) => w.login(user)));
  for (const one of crowd) await one.subscribes('lobby', { states: { mood: 'fair' } });
  await w.advance(20_000);
  const [first, second] = crowd;
  await first?.asks({ type: 'unsubscribe', ...lobby });
  await second?.drops();
  await w.advance(leaseMs + 20_000);
  await ann.says({ type: 'ping' });
  await ann.asks({ type: 'link-proof', nonce: 'n' });
  const short = await w.login('short', { token: tokenOf('short', w.clock.nowMs(), 60) });
  await w.advance(70_000);
  expect(short.closed).toBeDefined();
  await w.signaling.stop(2_000);
  await w.stop();
  // Who is replaced by another device stays in the channel, and no leave is decided for `other`.
  expect(w.held.unseen.filter((place) => !/\.reason=(other|replaced)$/.test(place))).toEqual([]);
});
