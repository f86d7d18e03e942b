import { afterEach, expect, test } from 'bun:test';
import { type Lists, listedTokenOf } from '../../testing/worlds/listed-token.ts';
import {
  recoveryMs,
  SignalingWorld,
  subscription,
  type TestClient,
} from '../../testing/worlds/signaling-world.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const [messages, streams, users] = [0, 1, 4] as const;

/** Issued at the world's time. */
const listed = (w: SignalingWorld, userId: string, lists: Lists): string =>
  listedTokenOf(userId, w.clock.nowMs(), lists);

const in_ = (channel: string, channelType = 'MESSAGE') => ({ channelType, channel });
const metadata = (target: object) => ({
  type: 'change-metadata',
  target,
  mode: 'set',
  items: [{ key: 'k', value: 'v', revision: -1 }],
  majorRevision: -1,
  lockName: '',
  addTimeStamp: false,
  addUserId: false,
});
const say = (channel: string, channelType = 'MESSAGE') => ({
  type: 'publish',
  ...in_(channel, channelType),
  content: { text: 'hello' },
});
const online = (channel: string) => ({
  type: 'online-users',
  ...in_(channel),
  includedUserId: true,
  includedState: false,
});
const past = (channel: string, channelType = 'MESSAGE') => ({
  type: 'get-messages',
  ...in_(channel, channelType),
  count: 1,
  start: 0,
  end: 0,
});
const lock = (type: string, channel: string) => ({
  type,
  ...in_(channel),
  lockName: 'l',
  ...(type === 'set-lock' && { ttl: 10 }),
  ...(type === 'acquire-lock' && { retry: false }),
  ...(type === 'revoke-lock' && { owner: 'ann' }),
});

const codeOf = async (client: TestClient, frame: Record<string, unknown>): Promise<number | 'ok'> => {
  const answer = await client.asks(frame);
  return answer.type === 'ok' ? 'ok' : answer.code;
};

test('SIG87: what the lists have is allowed, and each of the rest is refused with the code of its call', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('wall');
  const token = listed(w, 'ann', {
    [messages]: [
      ['read-*', 'both'],
      ['write-1', 'both'],
    ],
    [streams]: [['hear'], ['speak']],
    [users]: [['bob'], ['cid']],
  });
  const ann = await w.login('ann', { token });
  const rows: readonly (readonly [frame: Record<string, unknown>, code: number | 'ok'])[] = [
    [subscription('read-7'), 'ok'],
    [subscription('both'), 'ok'],
    [subscription('write-1'), -11021],
    [subscription('Both'), -11021],
    [say('write-1'), 'ok'],
    [say('both'), 'ok'],
    [say('read-7'), -11024],
    [say('write-10'), -11024],
    [say('cid', 'USER'), -11033],
    [say('bob', 'USER'), -11024],
    [say('ann', 'USER'), 'ok'],
    [online('read-x'), 'ok'],
    [online('wall'), -13013],
    [{ type: 'get-state', ...in_('wall'), userId: 'bob' }, -13013],
    [{ type: 'set-state', ...in_('read-7'), states: { hand: 'up' } }, 'ok'],
    [{ type: 'user-channels', userId: 'bob' }, 'ok'],
    [{ type: 'user-channels', userId: 'ann' }, 'ok'],
    [{ type: 'user-channels', userId: 'cid' }, -13013],
    [past('read-7'), 'ok'],
    [past('write-1'), -15004],
    [past('dan', 'USER'), 'ok'],
    [metadata(in_('write-1')), 'ok'],
    [metadata(in_('read-7')), -12001],
    [metadata({ userId: 'ann' }), 'ok'],
    [metadata({ userId: 'cid' }), 'ok'],
    [metadata({ userId: 'bob' }), -12001],
    [{ type: 'get-metadata', target: in_('read-7') }, 'ok'],
    [{ type: 'get-metadata', target: in_('write-1') }, -12001],
    [{ type: 'get-metadata', target: { userId: 'bob' } }, 'ok'],
    [{ type: 'get-metadata', target: { userId: 'cid' } }, -12001],
    [{ type: 'subscribe-user-metadata', userId: 'bob' }, 'ok'],
    [{ type: 'subscribe-user-metadata', userId: 'cid' }, -12001],
    [{ type: 'unsubscribe-user-metadata', userId: 'cid' }, 'ok'],
    [lock('set-lock', 'both'), 'ok'],
    [lock('acquire-lock', 'both'), 'ok'],
    [lock('release-lock', 'both'), 'ok'],
    ...['set-lock', 'remove-lock', 'acquire-lock', 'revoke-lock'].map(
      (type) => [lock(type, 'read-7'), -14001] as const,
    ),
    [{ type: 'get-locks', ...in_('read-7') }, 'ok'],
    [{ type: 'get-locks', ...in_('write-1') }, -14001],
    [{ type: 'unsubscribe', ...in_('read-7') }, 'ok'],
  ];
  for (const [frame, code] of rows) {
    await w.advance(200);
    expect([frame, await codeOf(ann, frame)]).toEqual([frame, code]);
  }
  for (const [channel, codes] of [
    ['hear', ['ok', -11015, 'ok']],
    ['speak', ['ok', 'ok', -11021]],
    ['other', [-11007, -11015, -11021]],
  ] as const) {
    const entered = await ann.enters(channel);
    const joined = await codeOf(ann, { type: 'join-topic', channel, topic: 't', meta: '' });
    const follows = await codeOf(ann, { type: 'subscribe-topic', channel, topic: 't', users: ['bob'] });
    expect([channel, entered.type === 'ok' ? 'ok' : entered.code, joined, follows]).toEqual([
      channel,
      ...codes,
    ]);
    const publish = { type: 'publish-topic', channel, topic: 't', content: { text: 'x' } };
    expect(await codeOf(ann, publish)).toBe(channel === 'speak' ? 'ok' : -11024);
  }
});

test('SIG87: without lists in it, or with an empty name, such a token allows to log in and nothing else', async () => {
  const w = await begin();
  for (const lists of [{}, { [messages]: [[''], ['']] }] as Lists[]) {
    const ann = await w.login('ann', { token: listed(w, 'ann', lists) });
    expect(ann.welcome.type).toBe('welcome');
    expect(await codeOf(ann, subscription('lobby'))).toBe(-11021);
    expect(await codeOf(ann, say('lobby'))).toBe(-11024);
  }
  const other = await w.login('ann', { token: listed(w, 'bob', {}) });
  expect(other.closing).toMatchObject({ code: 'token_uid_mismatch' });
});

test('SIG88: a renewed token that allows less ends what it does not allow, says so, and others see a leave', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('a');
  const ann = await w.login('ann');
  for (const channel of ['a', 'b', 'c']) await ann.subscribes(channel);
  await ann.enters('s1');
  await ann.enters('s2');
  await ann.asks({ type: 'subscribe-user-metadata', userId: 'bob' });
  await w.advance(3_000);
  bob.news('a');
  const less = listed(w, 'ann', { [messages]: [['b'], ['*']], [streams]: [['*'], ['s2']] });
  expect(await codeOf(ann, { type: 'renew-token', token: less })).toBe('ok');
  expect(ann.all('read-revoked')).toMatchObject([{ channels: ['a', 'c'] }]);
  expect(ann.all('channel-ended')).toMatchObject([
    { channel: 's1', code: 'token_no_privilege', errorCode: -10005 },
  ]);
  expect([w.subscribers('a'), w.subscribers('b'), w.subscribers('c')]).toEqual([['bob'], ['ann'], []]);
  await bob.asks(say('a'));
  await bob.asks(metadata({ userId: 'bob' }));
  await bob.asks(say('b'));
  expect(ann.all('message')).toMatchObject([{ channel: 'b' }]);
  expect(ann.all('storage').filter(({ event }) => event === 'UPDATE')).toEqual([]);
  await w.advance(3_000);
  expect(bob.news('a')).toEqual([{ type: 'REMOTE_LEAVE', userId: 'ann' }]);
  // The same again, or more, ends nothing.
  await ann.asks({ type: 'renew-token', token: less });
  await ann.asks({
    type: 'renew-token',
    token: listed(w, 'ann', { [messages]: [['*'], ['*']], [streams]: [['*'], ['*']] }),
  });
  expect([ann.all('read-revoked').length, ann.all('channel-ended').length]).toEqual([1, 1]);
  expect(await codeOf(ann, subscription('a'))).toBe('ok');
});

test('SIG88: a session that is taken up again with a token that allows less, also after a crash, is told as soon as it is back', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  for (const channel of ['a', 'b']) await ann.subscribes(channel);
  await ann.enters('speaks');
  await ann.drops();
  const token = listed(w, 'ann', { [messages]: [['b'], []], [streams]: [[], ['speaks']] });
  const { session } = ann.welcome;
  const back = await w.login('ann', { session, token });
  expect(back.welcome.resumed).toBe(true);
  expect(back.all('read-revoked')).toMatchObject([{ channels: ['a'] }]);
  expect(back.all('channel-ended')).toMatchObject([{ channel: 'speaks' }]);
  expect(await back.enters('speaks')).toMatchObject({ type: 'ok' });
  await w.crash();
  await w.start();
  const none = listed(w, 'ann', { [messages]: [['a'], []], [streams]: [[], ['speaks']] });
  const again = await w.login('ann', { session, token: none });
  // The new token allows in the stream channel what the one before allowed.
  expect(again.all('channel-ended')).toEqual([]);
  expect(again.all('read-revoked')).toMatchObject([{ channels: ['b'] }]);
  await w.advance(recoveryMs + 1_000);
  expect([w.subscribers('a'), w.subscribers('b')]).toEqual([[], []]);
  expect(await codeOf(again, say('a'))).toBe(-11024);
});

test('SIG44: a token that does not allow to read a channel does not allow its roster, also later', async () => {
  const w = await begin();
  const lobby = listed(w, 'watcher', { [messages]: [['lobby'], []] });
  const other = listed(w, 'watcher', { [messages]: [['other'], []] });
  const watcher = await w.login('watcher', { token: lobby });
  const roster = { type: 'subscribe-roster', ...in_('lobby') };
  expect(await watcher.asks({ ...roster, channel: 'other' })).toMatchObject({ code: -13013 });
  expect(await watcher.asks(roster)).toMatchObject({ type: 'ok' });
  expect(await watcher.asks({ ...roster, view: { count: true } })).toMatchObject({ type: 'ok' });
  expect(await watcher.asks({ type: 'renew-token', token: other })).toMatchObject({ type: 'ok' });
  expect(watcher.all('roster-ended')).toMatchObject([{ ...in_('lobby'), code: 'token_no_privilege' }]);
  const frames = watcher.frames.length;
  await w.joins({ uid: 1 });
  await w.advance(300);
  expect(watcher.frames).toHaveLength(frames);
  expect(await watcher.asks(roster)).toMatchObject({ code: -13013 });
});
