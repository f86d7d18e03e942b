import { afterEach, describe, expect, test } from 'bun:test';
import { signalingErrors } from '@housecount/protocol';
import {
  app,
  leaseMs,
  loginFrame,
  SignalingWorld,
  subscription,
  type TestClient,
} from '../../../testing/worlds/signaling-world.ts';
import type { RuleDraft } from '../../log/contract/rules.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const minute = 60_000;
const rule = (w: SignalingWorld, draft: Omit<RuleDraft, 'app'>, durationMs = minute) =>
  w.makesRule(draft, durationMs);
const uidOf = (w: SignalingWorld, account: string): number => {
  const uid = w.log.uidOf(app.id, account);
  if (uid === undefined) throw new Error(`${account} has no uid`);
  return uid;
};
const join = ['join_channel'] as const;
const mute = ['publish_message'] as const;
const says = (client: TestClient, channel = 'lobby', over: object = {}) =>
  client.asks({ type: 'publish', channelType: 'MESSAGE', channel, content: { text: 'hi' }, ...over });
const code = (answer: { readonly type: string; readonly code?: number }) => answer.code ?? 0;
const from = (w: SignalingWorld, userId: string, address: string) =>
  w.connect(address).says(loginFrame(userId, w.clock.nowMs()));

describe('put out of a channel', () => {
  test('SIG100: in the moment of subscribing: the subscription is refused, and nothing of the channel is told', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await bob.subscribes('lobby');
    // Both happen in one turn, and so in one append.
    ann.handler?.onText(JSON.stringify({ ...subscription('lobby'), id: 901 }));
    const connectionIds = [ann.welcome.session.id];
    const key = { app: app.id, kind: 'message', name: 'lobby' } as const;
    void w.log.submit(key, { type: 'kick', connectionIds, ruleScope: 'channel' });
    await w.settled();
    expect(ann.all('refused')).toMatchObject([{ id: 901, code: signalingErrors.subscribeFailed }]);
    expect(w.subscribers()).toEqual(['bob']);
    await says(bob);
    expect(ann.all('message')).toEqual([]);
    expect((await ann.subscribes('lobby')).type).toBe('ok');
  });

  test('SIG100: by a rule about the user: out at once, told why, kept out until it ends; the session goes on', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    for (const client of [ann, bob])
      for (const channel of ['lobby', 'hall']) await client.subscribes(channel);
    await rule(w, { channel: 'lobby', uid: uidOf(w, 'ann'), privileges: join });
    expect(ann.all('unsubscribed')).toEqual([
      {
        type: 'unsubscribed',
        channel: 'lobby',
        code: 'kicked',
        message: expect.any(String),
        serverMs: expect.any(Number),
      },
    ]);
    expect(w.subscribers()).toEqual(['bob']);
    expect(w.subscribers('hall')).toEqual(['ann', 'bob']);
    await says(bob);
    expect(ann.all('message')).toEqual([]);
    await w.advance(3_000);
    expect(bob.news().at(-1)).toEqual({ type: 'REMOTE_LEAVE', userId: 'ann' });
    expect(code(await ann.subscribes('lobby'))).toBe(signalingErrors.subscribeFailed);
    expect(ann.closed).toBeUndefined();
    await w.advance(minute);
    expect(code(await ann.subscribes('lobby'))).toBe(0);
    expect(w.subscribers()).toEqual(['bob', 'ann']);
  });

  test('SIG100: by a rule about the address, and about the channel', async () => {
    const w = await begin();
    const ann = await from(w, 'ann', '198.51.100.7');
    const bob = await from(w, 'bob', '198.51.100.8');
    for (const client of [ann, bob])
      for (const channel of ['lobby', 'hall']) await client.subscribes(channel);
    await rule(w, { channel: 'lobby', ip: '198.51.100.7', privileges: join });
    expect(w.subscribers()).toEqual(['bob']);
    expect(w.subscribers('hall')).toEqual(['ann', 'bob']);
    expect(code(await ann.subscribes('lobby'))).toBe(signalingErrors.subscribeFailed);
    await rule(w, { channel: 'lobby', privileges: join }, 0);
    expect(w.subscribers()).toEqual([]);
    expect(bob.all('unsubscribed')).toHaveLength(1);
    // Once: they may come back.
    expect(code(await bob.subscribes('lobby'))).toBe(0);
  });

  test('SIG100: of a stream channel of the name too, with its topics', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    for (const client of [ann, bob]) await client.enters('arena');
    await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' });
    await rule(w, { channel: 'arena', uid: uidOf(w, 'ann'), privileges: join });
    expect(ann.all('channel-ended')).toMatchObject([
      { channel: 'arena', code: 'kicked', errorCode: signalingErrors.joinFailed },
    ]);
    expect(bob.all('topic').at(-1)?.event).toMatchObject({ type: 'REMOTE_LEAVE', userId: 'ann' });
    expect(code(await ann.enters('arena'))).toBe(signalingErrors.joinFailed);
  });

  test('SIG100: who is away is put out as well, and hears of it when back; the other subscriptions are as they were', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    for (const channel of ['lobby', 'hall']) await ann.subscribes(channel);
    await ann.drops();
    await rule(w, { channel: 'lobby', uid: uidOf(w, 'ann'), privileges: join });
    expect(w.subscribers()).toEqual([]);
    const again = await w.login('ann', { session: ann.welcome.session });
    expect(again.welcome.resumed).toBeTrue();
    expect(again.all('unsubscribed')).toMatchObject([{ channel: 'lobby', code: 'kicked' }]);
    expect(w.subscribers('hall')).toEqual(['ann']);
    expect(again.presence('hall')).toHaveLength(1);
    expect(again.presence('lobby')).toHaveLength(0);
  });

  test('SIG100: who comes back from an address that is kept out leaves there', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    for (const channel of ['lobby', 'hall']) await ann.subscribes(channel);
    await rule(w, { channel: 'lobby', ip: '198.51.100.7', privileges: join });
    expect(w.subscribers()).toEqual(['ann']);
    await ann.drops();
    const again = await w
      .connect('198.51.100.7')
      .says(loginFrame('ann', w.clock.nowMs(), { session: ann.welcome.session }));
    expect(again.welcome.resumed).toBeTrue();
    expect(again.all('unsubscribed')).toMatchObject([{ channel: 'lobby' }]);
    expect([w.subscribers(), w.subscribers('hall')]).toEqual([[], ['ann']]);
    // From now on this is its address.
    await rule(w, { channel: 'hall', ip: '198.51.100.7', privileges: join }, 0);
    expect(w.subscribers('hall')).toEqual([]);
  });

  test('SIG101: a rule about the app ends the session, and refuses logins until it ends', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await from(w, 'bob', '198.51.100.8')];
    await ann.subscribes('lobby');
    const idle = await from(w, 'idle', '198.51.100.8');
    await rule(w, { uid: uidOf(w, 'ann'), privileges: join });
    expect(ann.closing).toMatchObject({ code: 'kicked', retry: false });
    expect(w.subscribers()).toEqual([]);
    expect((await w.login('ann')).closing).toMatchObject({ code: 'banned', errorCode: -10012, retry: false });
    const back = await w.login('ann', { session: ann.welcome.session });
    expect(back.closing).toMatchObject({ code: 'banned' });
    expect(bob.closed).toBeUndefined();
    const far = await w.login('far');
    await rule(w, { ip: '198.51.100.8', privileges: join }, 0);
    expect(far.closed).toBeUndefined();
    expect(bob.closing).toMatchObject({ code: 'kicked' });
    expect(idle.closing).toMatchObject({ code: 'kicked' });
    expect((await from(w, 'bob', '198.51.100.8')).welcome.resumed).toBeFalse();
    await w.advance(minute);
    expect((await w.login('ann')).welcome).toBeDefined();
  });

  test('SIG101: both hold over a crash', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.subscribes('lobby');
    await rule(w, { channel: 'lobby', uid: uidOf(w, 'ann'), privileges: join });
    await rule(w, { uid: uidOf(w, 'bob'), privileges: join });
    await w.crash();
    await w.start();
    expect(w.subscribers()).toEqual([]);
    const again = await w.login('ann', { session: ann.welcome.session });
    expect(code(await again.subscribes('lobby'))).toBe(signalingErrors.subscribeFailed);
    expect((await w.login('bob')).closing?.code).toBe('banned');
  });

  test('SIG102: a session ends by hand, also one that only the log knows; the user may log in again', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const { backend } = w.signaling;
    const ended = backend.endSession(app.id, 'ann');
    await w.settled();
    expect(await ended).toBeTrue();
    expect(ann.closing).toMatchObject({ code: 'kicked', retry: false });
    expect(w.subscribers()).toEqual([]);
    expect(await backend.endSession(app.id, 'ann')).toBeFalse();
    await (await w.login('ann')).subscribes('lobby');
    await w.crash();
    await w.start();
    expect(w.subscribers()).toEqual(['ann']);
    const after = w.signaling.backend.endSession(app.id, 'ann');
    await w.settled();
    expect(await after).toBeTrue();
    expect(w.subscribers()).toEqual([]);
  });

  test('SIG100: nobody else is put out, and nothing is left of who was', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby', { withMetadata: true, withLock: true });
    const other = await w.login('other');
    await other.subscribes('lobby');
    await rule(w, { channel: 'lobby', uid: 4_000_000_000, privileges: join });
    await rule(w, { channel: 'elsewhere', privileges: join });
    await rule(w, { channel: 'lobby', uid: uidOf(w, 'ann'), privileges: ['publish_audio'] });
    await rule(w, { channel: 'lobby', ip: '198.51.100.77', uid: uidOf(w, 'ann'), privileges: join });
    expect(w.subscribers()).toEqual(['ann', 'other']);
    await rule(w, { channel: 'lobby', ip: '192.0.2.1', uid: uidOf(w, 'ann'), privileges: join });
    expect(w.subscribers()).toEqual(['other']);
    expect(ann.topics.size).toBe(0);
    await w.advance(leaseMs * 3);
    expect(other.closed).toBeUndefined();
  });
});

describe('away', () => {
  const key = { app: app.id, kind: 'message', name: 'lobby' } as const;
  const comesBack = (w: SignalingWorld, { welcome }: TestClient) =>
    w.login('ann', { session: welcome.session });
  const inTime = async <T>(w: SignalingWorld, promise: Promise<T>): Promise<T> => {
    await w.settled();
    return promise;
  };
  const kicked = { code: 'kicked', errorCode: signalingErrors.loginRejected, retry: false };

  for (const how of ['by then', 'after a crash', 'from a snapshot'] as const)
    test(`BACK21: a session that the backend ended while its client was away is told so, ${how}, and is not begun anew`, async () => {
      const w = await begin();
      const ann = await w.login('ann');
      await ann.subscribes('lobby');
      await ann.drops();
      expect(await inTime(w, w.signaling.backend.endSession(app.id, 'ann'))).toBeTrue();
      if (how === 'from a snapshot') await inTime(w, w.log.stop());
      if (how !== 'by then') {
        await w.crash();
        await w.start();
      }
      expect((await comesBack(w, ann)).closing).toMatchObject(kicked);
      expect(w.subscribers()).toEqual([]);
      expect((await w.login('ann')).welcome.resumed).toBe(false);
    });

  test('BACK21: also one whose connection seemed to stand, or that was in no channel', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    // The path is gone, and nobody has noticed: what is said last goes nowhere.
    expect(await inTime(w, w.signaling.backend.endSession(app.id, 'ann'))).toBeTrue();
    expect((await comesBack(w, ann)).closing).toMatchObject(kicked);
  });

  for (const how of ['the backend', 'a rule about the app as a whole', 'another login'] as const)
    test(`BACK25: a session in no channel that ${how} ended while its client was away is told so`, async () => {
      const w = await begin();
      const ann = await w.login('ann');
      await ann.drops();
      expect(w.signaling.backend.statusOf(app.id, 'ann')).toBe('reconnecting');
      if (how === 'the backend')
        expect(await inTime(w, w.signaling.backend.endSession(app.id, 'ann'))).toBeTrue();
      else if (how === 'another login') await (await w.login('ann')).says({ type: 'logout' });
      else await rule(w, { uid: uidOf(w, 'ann'), privileges: join }, 0);
      const code = how === 'another login' ? 'replaced' : 'kicked';
      expect((await comesBack(w, ann)).closing).toMatchObject({ code, retry: false });
    });

  test('BACK21: a rule about the app as a whole that has ended by then has ended the session, before and after a crash', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await ann.drops();
    await rule(w, { uid: uidOf(w, 'ann'), privileges: join }, 0);
    expect((await comesBack(w, ann)).closing).toMatchObject(kicked);
    const again = await w.login('ann');
    await again.subscribes('lobby');
    await w.crash();
    await w.start();
    await rule(w, { uid: uidOf(w, 'ann'), privileges: join }, 0);
    expect((await comesBack(w, again)).closing).toMatchObject(kicked);
  });

  test('BACK22: who was put out of a channel and lost the session is told in the new one, until it subscribes there again', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    for (const channel of ['lobby', 'hall']) await ann.subscribes(channel);
    await ann.drops();
    await rule(w, { channel: 'lobby', privileges: join }, 0);
    await w.advance(leaseMs + 1_000);
    const back = await comesBack(w, ann);
    expect(back.welcome).toMatchObject({
      resumed: false,
      ended: [{ type: 'unsubscribed', channel: 'lobby', code: 'kicked' }],
    });
    await back.subscribes('lobby');
    await back.drops();
    expect((await comesBack(w, back)).welcome).not.toHaveProperty('ended');
  });

  test('BACK22: likewise over a crash of the server, of both kinds of channels, and where the connection seemed to stand', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    for (const channel of ['lobby', 'hall']) await ann.subscribes(channel);
    await ann.enters('arena');
    await rule(w, { channel: 'lobby', privileges: join }, 0);
    await rule(w, { channel: 'arena', privileges: join }, 0);
    const ended = [
      { type: 'unsubscribed', channel: 'lobby', code: 'kicked' },
      { type: 'channel-ended', channel: 'arena', code: 'kicked' },
    ];
    expect((await comesBack(w, ann)).welcome).toMatchObject({ resumed: true, ended });
    await w.crash();
    await w.start();
    const back = await comesBack(w, ann);
    expect(back.welcome).toMatchObject({ session: { id: ann.welcome.session.id }, resumed: false, ended });
  });

  test('BACK23: who was replaced while away, by a device that is gone again, is told so; who was lost begins anew', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await ann.drops();
    const other = await w.login('ann');
    await other.says({ type: 'logout' });
    expect((await comesBack(w, ann)).closing).toMatchObject({ code: 'replaced', retry: false });
    const lost = await w.login('ann');
    await lost.subscribes('lobby');
    await lost.drops();
    await w.advance(leaseMs + 1_000);
    expect(w.log.channel(key)).toBeUndefined();
    expect((await comesBack(w, lost)).welcome.resumed).toBe(false);
  });
});

describe('muted', () => {
  test('SIG103: while a rule holds, messages to that channel are refused; all else goes on; it ends by itself', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.subscribes('lobby');
    await rule(w, { channel: 'lobby', uid: uidOf(w, 'ann'), privileges: mute });
    expect(await says(ann)).toMatchObject({
      type: 'refused',
      code: signalingErrors.publishFailed,
      reason: expect.stringMatching(/rule.*\.$/),
    });
    expect(code(await says(ann, 'lobby', { storeInHistory: true }))).toBe(signalingErrors.publishFailed);
    expect(bob.all('message')).toEqual([]);
    expect(code(await says(ann, 'hall'))).toBe(0);
    expect(code(await says(ann, 'bob', { channelType: 'USER' }))).toBe(0);
    expect(code(await says(bob))).toBe(0);
    expect(ann.all('message')).toHaveLength(1);
    const state = { type: 'set-state', channelType: 'MESSAGE', channel: 'lobby', states: { a: '1' } };
    expect(code(await ann.asks(state))).toBe(0);
    expect(w.subscribers()).toEqual(['ann', 'bob']);
    await w.advance(minute);
    expect(code(await says(ann))).toBe(0);
  });

  test('SIG103: without a channel it holds everywhere, to users and in topics too; a name is no channel', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await ann.enters('arena');
    await ann.asks({ type: 'join-topic', channel: 'arena', topic: 't', meta: '' });
    const inTopic = () =>
      ann.asks({ type: 'publish-topic', channel: 'arena', topic: 't', content: { text: 'x' } });
    const toBob = () => says(ann, 'bob', { channelType: 'USER' });
    await rule(w, { channel: 'bob', privileges: mute });
    expect([code(await toBob()), code(await inTopic()), code(await says(ann))]).toEqual([0, 0, 0]);
    await rule(w, { channel: 'arena', privileges: mute }, 10_000);
    expect([code(await inTopic()), code(await says(ann))]).toEqual([signalingErrors.publishFailed, 0]);
    await w.advance(10_000);
    expect(code(await inTopic())).toBe(0);
    await rule(w, { uid: uidOf(w, 'ann'), privileges: mute });
    const all = [await says(ann), await toBob(), await inTopic()];
    expect(all.map(code)).toEqual(Array(3).fill(signalingErrors.publishFailed));
    expect(bob.all('message')).toHaveLength(1);
    // Whatever is muted is still there.
    expect(ann.closed).toBeUndefined();
  });

  test('SIG103: an address is muted, whoever speaks from it; all of it holds over a crash', async () => {
    const w = await begin();
    const ann = await from(w, 'ann', '198.51.100.7');
    const bob = await from(w, 'bob', '198.51.100.8');
    await rule(w, { ip: '198.51.100.7', privileges: mute });
    expect([code(await says(ann)), code(await says(bob))]).toEqual([signalingErrors.publishFailed, 0]);
    await w.crash();
    await w.start();
    const again = await from(w, 'cid', '198.51.100.7');
    expect(code(await says(again))).toBe(signalingErrors.publishFailed);
    expect(code(await says(await from(w, 'ann', '198.51.100.9')))).toBe(0);
  });
});
