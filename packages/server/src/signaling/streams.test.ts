import { afterEach, expect, test } from 'bun:test';
import {
  app,
  leaseMs,
  recoveryMs,
  SignalingWorld,
  streamTokenOf,
  subscription,
  tokenOf,
} from '../../testing/worlds/signaling-world.ts';
import { limits } from '../limits.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const members = (w: SignalingWorld, channel = 'arena'): string[] => {
  const open = w.log.channel({ app: app.id, kind: 'stream', name: channel });
  return Array.from(open?.roster ?? [], ({ uid, account }) => account ?? String(uid));
};
const unsubscribe = { type: 'unsubscribe', channelType: 'STREAM', channel: 'arena' };

test('SIG60: a stream channel is entered with an RTC token for it and this user, and no other', async () => {
  const w = await begin();
  const now = w.clock.nowMs();
  const ann = await w.login('ann');
  const cases: readonly [Record<string, unknown>, number][] = [
    [{ token: undefined }, -10005],
    [{ token: app.id }, -10005],
    [{ token: 'nonsense' }, -10005],
    [{ token: tokenOf('ann', now) }, -10005],
    [{ token: streamTokenOf('bob', 'arena', now) }, -10005],
    [{ token: streamTokenOf('ann', 'other', now) }, -10005],
    [{ token: streamTokenOf('ann', 'arena', now - 100_000_000, 10) }, -10009],
    [{ withMessage: true }, -10014],
    [{ token: 7 }, -10005],
  ];
  for (const [over, code] of cases)
    expect([over, await ann.enters('arena', over)]).toMatchObject([over, { type: 'refused', code }]);
  expect(members(w)).toEqual([]);
  expect(await ann.enters('arena')).toMatchObject({ type: 'ok' });
  // A user id that is a number is a uid, and its token has it as a text.
  const seven = await w.login('4021337');
  expect(await seven.enters('arena')).toMatchObject({ type: 'ok' });
  expect(members(w)).toEqual(['ann', '4021337']);
  expect(ann.presence('arena').map(({ type }) => type)).toEqual(['SNAPSHOT', 'REMOTE_JOIN']);
  // The other kind of channel has nothing of this.
  expect(await ann.subscribes('arena', { token: 'x' })).toMatchObject({ type: 'refused', code: -10014 });
  expect(await ann.subscribes('arena', { withMessage: undefined })).toMatchObject({ code: -10014 });
});

test('SIG60: states, quietness and leaving are as in message channels', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.enters('arena');
  await bob.enters('arena', { states: { mood: 'good' } });
  await bob.asks({ type: 'set-state', channelType: 'STREAM', channel: 'arena', states: { seat: '7' } });
  expect(ann.presence('arena').slice(1)).toEqual([
    { type: 'REMOTE_JOIN', userId: 'bob' },
    { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: { mood: 'good' } },
    { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: { mood: 'good', seat: '7' } },
  ]);
  await bob.enters('arena', { beQuiet: true });
  await w.advance(3_000);
  expect(ann.presence('arena').at(-1)).toEqual({ type: 'REMOTE_LEAVE', userId: 'bob' });
  expect(await bob.asks(unsubscribe)).toMatchObject({ type: 'ok' });
  expect(members(w)).toEqual(['ann']);
});

test('SIG60: a stream channel has at most streamMembersMax users', async () => {
  const w = await begin();
  const key = { app: app.id, kind: 'stream', name: 'arena' } as const;
  for (let uid = 1; uid <= limits.streamMembersMax; uid++)
    void w.log.join({
      key,
      identity: { uid },
      connectionId: `c${uid}`,
      connectionKind: 'signaling',
      role: 'audience',
      platform: 0,
      quiet: false,
      leaseMs,
      ip: '',
    });
  await w.settled();
  const ann = await w.login('ann');
  expect(members(w)).toHaveLength(limits.streamMembersMax);
  expect(await ann.enters('arena')).toMatchObject({ type: 'refused', code: -11007 });
  expect(await ann.subscribes('arena')).toMatchObject({ type: 'ok' });
});

test('SIG60: metadata and locks of a stream channel are told to who asked for them', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.enters('arena', { withMetadata: true, withLock: true });
  await bob.enters('arena');
  await ann.subscribes('arena', { withMetadata: true, withLock: true });
  const target = { channelType: 'STREAM', channel: 'arena' };
  expect(
    await bob.asks({
      type: 'change-metadata',
      target,
      mode: 'set',
      items: [{ key: 'score', value: '1', revision: -1 }],
      majorRevision: -1,
      lockName: '',
      addTimeStamp: false,
      addUserId: false,
    }),
  ).toMatchObject({ type: 'ok' });
  await bob.asks({ type: 'set-lock', ...target, lockName: 'stage', ttl: 10 });
  const ofStream = (frame: { channelType?: string }) => frame.channelType === 'STREAM';
  expect(
    ann
      .all('storage')
      .filter((frame) => ofStream(frame.target as never))
      .map(({ event }) => event),
  ).toEqual(['SNAPSHOT', 'UPDATE']);
  expect(
    ann
      .all('lock')
      .filter(ofStream)
      .map(({ event }) => event.type),
  ).toEqual(['SNAPSHOT', 'SET']);
  expect([bob.all('storage'), bob.all('lock')]).toEqual([[], []]);
  expect(ann.all('storage')).toHaveLength(3);
});

test('SIG60: 100 channels of each kind', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  for (let i = 0; i < limits.signalingSubscriptionsMax; i++) {
    expect(await ann.enters(`s${i}`)).toMatchObject({ type: 'ok' });
    await w.advance(60);
  }
  expect(await ann.enters('one more')).toMatchObject({ type: 'refused', code: -11005 });
  expect(await ann.enters('s1')).toMatchObject({ type: 'ok' });
  expect(await ann.subscribes('lobby')).toMatchObject({ type: 'ok' });
});

test('SIG60: in development no token is needed, and one that is none is refused', async () => {
  world = await SignalingWorld.start({}, true);
  const ann = await world.login('ann');
  for (const token of [undefined, '', app.id])
    expect(await ann.enters('arena', { token })).toMatchObject({ type: 'ok' });
  expect(await ann.enters('arena', { token: 'nonsense' })).toMatchObject({ type: 'refused', code: -10005 });
});

test('SIG61: the end of its token is told 30 s before, once, and then that channel alone is left', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const now = w.clock.nowMs();
  await ann.subscribes('lobby');
  await ann.enters('other');
  await ann.enters('arena', { token: streamTokenOf('ann', 'arena', now, 60) });
  await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' });
  await bob.enters('arena');
  await w.advance(25_000);
  expect(ann.all('token-will-expire')).toEqual([]);
  await w.advance(10_000);
  const endsMs = Math.floor(now / 1000) * 1000 + 60_000;
  expect(ann.all('token-will-expire')).toEqual([{ type: 'token-will-expire', channel: 'arena', endsMs }]);
  await w.advance(30_000);
  expect(ann.all('channel-ended')).toEqual([
    expect.objectContaining({ channel: 'arena', code: 'token_expired', errorCode: -10009 }),
  ]);
  expect(ann.all('token-will-expire')).toHaveLength(1);
  expect([members(w), members(w, 'other'), w.subscribers()]).toEqual([['bob'], ['ann'], ['ann']]);
  expect(ann.closed).toBeUndefined();
  expect(bob.all('topic').map(({ event }) => event.type)).toEqual(['SNAPSHOT', 'REMOTE_LEAVE']);
  const count = ann.all('presence').length;
  await bob.asks({ type: 'set-state', channelType: 'STREAM', channel: 'arena', states: { a: 'b' } });
  expect(ann.all('presence')).toHaveLength(count);
  expect(await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' })).toMatchObject({
    code: -11001,
  });
  expect(await ann.enters('arena')).toMatchObject({ type: 'ok' });
});

test('SIG31: who is out of a stream channel, for its token has ended, waits for its locks no more', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const lock = { channelType: 'STREAM', channel: 'arena', lockName: 'mic' };
  await bob.asks({ type: 'set-lock', ...lock, ttl: 10 });
  await bob.asks({ type: 'acquire-lock', ...lock, retry: false });
  await ann.enters('arena', { token: streamTokenOf('ann', 'arena', w.clock.nowMs(), 60) });
  await ann.says({ id: 901, type: 'acquire-lock', ...lock, retry: true });
  await w.advance(65_000);
  expect(ann.all('channel-ended')).toHaveLength(1);
  expect(ann.all('refused')).toMatchObject([{ id: 901, code: -14001 }]);
  await bob.asks({ type: 'release-lock', ...lock });
  expect(await bob.asks({ type: 'get-locks', channelType: 'STREAM', channel: 'arena' })).toMatchObject({
    result: { locks: [{ owner: '' }] },
  });
});

test('SIG61: a token is renewed for its channel alone, and by entering again; a login token renews none', async () => {
  const w = await begin();
  const now = w.clock.nowMs();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.enters('arena', { token: streamTokenOf('ann', 'arena', now, 60) });
  await bob.enters('arena', { token: streamTokenOf('bob', 'arena', now, 60) });
  const renew = (token: string, channel: string) => ann.asks({ type: 'renew-token', token, channel });
  expect(await renew(streamTokenOf('bob', 'arena', now), 'arena')).toMatchObject({ code: -10005 });
  expect(await renew(streamTokenOf('ann', 'arena', now), 'never')).toMatchObject({ code: -11001 });
  expect(await renew(tokenOf('ann', now), 'arena')).toMatchObject({ code: -10005 });
  expect(await bob.asks({ type: 'renew-token', token: tokenOf('bob', now) })).toMatchObject({ type: 'ok' });
  await w.advance(35_000);
  expect(await renew(streamTokenOf('ann', 'arena', w.clock.nowMs(), 60), 'arena')).toMatchObject({
    type: 'ok',
  });
  await w.advance(30_000);
  expect(members(w)).toEqual(['ann']);
  expect(ann.all('token-will-expire')).toHaveLength(2);
  await ann.enters('arena');
  await w.advance(60_000);
  expect(members(w)).toEqual(['ann']);
  expect(ann.all('channel-ended')).toEqual([]);
});

test('SIG61: a token that ends while the connection is lost is told when it is back; the session goes on', async () => {
  const w = await begin();
  const now = w.clock.nowMs();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.enters('arena', { token: streamTokenOf('ann', 'arena', now, 60) });
  const { session } = ann.welcome;
  await w.advance(56_000);
  await ann.drops();
  await w.advance(6_000);
  expect([members(w), w.subscribers()]).toEqual([[], ['ann']]);
  const again = await w.login('ann', { session });
  expect(again.welcome.resumed).toBe(true);
  expect(again.all('channel-ended')).toMatchObject([{ channel: 'arena', code: 'token_expired' }]);
  expect(await again.enters('arena')).toMatchObject({ type: 'ok' });
});

test('SIG67: a session that is taken up again is told of its channels first, and then who publishes in them', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.enters('arena');
  await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' });
  await ann.subscribes('lobby');
  await ann.drops();
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.welcome.resumed).toBe(true);
  const told = again.frames.flatMap((frame) =>
    frame.type === 'presence' || frame.type === 'topic' ? [`${frame.type} ${frame.channel}`] : [],
  );
  expect(told).toEqual(['presence arena', 'presence lobby', 'topic arena']);
});

test('SIG61: a login that ends earlier, and a session taken up again, leave the end of a channel as its token says', async () => {
  const w = await begin();
  const now = w.clock.nowMs();
  const ann = await w.login('ann', { token: tokenOf('ann', now, 60) });
  await ann.enters('arena');
  await ann.drops();
  const again = await w.login('ann', { session: ann.welcome.session, token: tokenOf('ann', now, 60) });
  expect(again.welcome.resumed).toBe(true);
  await again.asks({ type: 'renew-token', token: tokenOf('ann', w.clock.nowMs()) });
  await w.advance(120_000);
  expect(members(w)).toEqual(['ann']);
  expect(again.all('channel-ended')).toEqual([]);
});

test('SIG61: who enters again in the moment in which the token ends stays in', async () => {
  const w = await begin();
  const now = w.clock.nowMs();
  const ann = await w.login('ann');
  const endsMs = Math.floor(now / 1000) * 1000 + 60_000;
  const { withMessage: _, ...rest } = subscription('arena');
  w.clock.process().after(endsMs - w.clock.nowMs(), () => {
    const token = streamTokenOf('ann', 'arena', endsMs);
    ann.handler?.onText(JSON.stringify({ ...rest, id: 999, channelType: 'STREAM', token }));
  });
  await ann.enters('arena', { token: streamTokenOf('ann', 'arena', now, 60) });
  await w.advance(endsMs - w.clock.nowMs() + 1_000);
  expect(ann.frames).toContainEqual(expect.objectContaining({ type: 'ok', id: 999 }));
  expect(members(w)).toEqual(['ann']);
  expect(await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' })).toMatchObject({
    type: 'ok',
  });
});

test('SIG14: after a crash who enters again is in as before, with its topics, and nobody was told', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.enters('arena');
  await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: 'm' });
  await bob.enters('arena');
  const sessions = [ann.welcome.session, bob.welcome.session] as const;
  await w.crash();
  await w.start();
  const bobAgain = await w.login('bob', { session: sessions[1] });
  expect(bobAgain.welcome).toMatchObject({ resumed: false, session: { id: sessions[1].id } });
  expect(bobAgain.all('topic')).toEqual([]);
  await bobAgain.enters('arena');
  expect(bobAgain.all('topic').map(({ event }) => event)).toEqual([
    { type: 'SNAPSHOT', topics: [{ topic: 't', publishers: [{ userId: 'ann', meta: 'm' }] }] },
  ]);
  const annAgain = await w.login('ann', { session: sessions[0] });
  await annAgain.enters('arena');
  expect(
    await annAgain.asks({ type: 'publish-topic', channel: 'arena', topic: 't', content: { text: 'x' } }),
  ).toMatchObject({
    type: 'ok',
  });
  await w.advance(recoveryMs);
  expect(bobAgain.presence('arena').slice(1)).toEqual([]);
  // A user who does not come back loses its topics.
  await w.crash();
  await w.start();
  const third = await w.login('bob', { session: sessions[1] });
  await third.enters('arena');
  await w.advance(recoveryMs + 1_000);
  expect(third.all('topic').at(-1)?.event).toMatchObject({ type: 'REMOTE_LEAVE', userId: 'ann' });
});
