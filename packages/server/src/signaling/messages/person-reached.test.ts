import { afterEach, describe, expect, test } from 'bun:test';
import { signalingErrors } from '@housecount/protocol';
import { listedTokenOf } from '../../../testing/worlds/listed-token.ts';
import { app, loginFrame, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';
import { agoraPrivileges } from '../../channel/rules.ts';
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

const day = 86_400_000;
const join = ['join_channel'] as const;
const rule = (w: SignalingWorld, draft: Omit<RuleDraft, 'app'>, durationMs = day) =>
  w.makesRule(draft, durationMs);
const removes = async (w: SignalingWorld, name: string) => {
  const removed = w.signaling.backend.remove(app.id, 'lobby', name);
  await w.settled();
  return removed;
};
const userRule = async (w: SignalingWorld, userId: string) => w.signaling.backend.uidFor(app.id, userId);
const liveUids = (w: SignalingWorld, channel = 'lobby') =>
  Array.from(w.log.channel(liveKey(app.id, channel))?.roster ?? [], ({ uid }) => uid);
const isRefused = async (joined: Promise<unknown>) => {
  const outcome = await joined.then(
    () => 'joined',
    (error: Error) => error.message,
  );
  return outcome;
};
const says = (client: TestClient, over: object = {}) =>
  client.asks({
    type: 'publish',
    channelType: 'MESSAGE',
    channel: 'lobby',
    content: { text: 'hi' },
    ...over,
  });
const tells = (client: TestClient, userId: string, over: object = {}) =>
  says(client, { channelType: 'USER', channel: userId, ...over });
const code = (answer: { readonly type: string; readonly code?: number }) => answer.code ?? 0;

/** Ann, with her page's member and that of her screen; somebody beside her; and the host, who sees it. */
async function party(w: SignalingWorld) {
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await w.joins({ uid: 1 });
  await w.joins({ uid: 4711 }, { userId: 'ann' });
  await w.joins({ account: 'screen' }, { userId: 'ann' });
  return { ann, screen: w.log.uidOf(app.id, 'screen') ?? 0 };
}

describe('put out', () => {
  for (const name of ['ann', '4711', 'screen'])
    test(`PERSON47: once, as ${name}: the user's subscription and every member that is linked to it; they may come back`, async () => {
      const w = await begin();
      const { ann } = await party(w);
      expect(await removes(w, name)).toBe(2);
      expect([liveUids(w), w.subscribers()]).toEqual([[1], []]);
      expect(ann.all('unsubscribed')).toHaveLength(1);
      expect(code(await ann.subscribes('lobby'))).toBe(0);
      await w.joins({ uid: 4711 }, { userId: 'ann' });
      expect(liveUids(w)).toEqual([1, 4711]);
      expect(await removes(w, 'nobody')).toBe(0);
    });

  test('PERSON47: who is there by linked members alone is put out by the name of the user', async () => {
    const w = await begin();
    await w.joins({ uid: 1 });
    await w.joins({ uid: 4711 }, { userId: 'ann' });
    expect(await removes(w, 'ann')).toBe(1);
    expect(liveUids(w)).toEqual([1]);
  });

  for (const how of ['ann', '4711', 'screen'])
    test(`PERSON48: a rule about ${how} keeps what it meant: no half comes back, after the link is gone and after a restart`, async () => {
      const w = await begin();
      const { screen } = await party(w);
      const whom = /^\d+$/.test(how) ? { uid: Number(how) } : await userRule(w, how);
      const made = await rule(w, { channel: 'lobby', ...whom, privileges: join });
      const all = { members: [4711, screen], users: how === 'ann' ? undefined : ['ann'] };
      expect(made).toMatchObject({ members: all.members.filter((uid) => uid !== made.uid) });
      expect(made.users).toEqual(all.users);
      expect([liveUids(w), w.subscribers()]).toEqual([[1], []]);
      for (const restarts of [false, true]) {
        if (restarts) {
          await w.crash();
          await w.start();
        }
        const again = await w.login('ann');
        expect(code(await again.subscribes('lobby'))).toBe(signalingErrors.subscribeFailed);
        expect(await isRefused(w.joins({ uid: 4711 }))).toBe('banned');
        expect(await isRefused(w.joins({ account: 'screen' }))).toBe('banned');
        // By a token that says who she is, as whomever she comes.
        expect(await isRefused(w.joins({ uid: 5 }, { userId: 'ann' }))).toBe('banned');
        await again.drops();
      }
      // It speaks of that channel; and others of the same number are others: who is 4711 to signaling is not who was in the live channel.
      await w.joins({ uid: 4711 }, { channel: 'hall' });
      const other = await w.login('4711');
      expect(code(await other.subscribes('lobby'))).toBe(
        how === '4711' ? signalingErrors.subscribeFailed : 0,
      );
    });

  test('PERSON48: a rule about the app as a whole finds the halves in every channel, and ends the session', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await w.joins({ uid: 4711 }, { channel: 'hall', userId: 'ann' });
    await w.joins({ uid: 4712 }, { channel: 'lobby', userId: 'ann' });
    await rule(w, { uid: 4711, privileges: join });
    expect(ann.closing).toMatchObject({ code: 'kicked' });
    expect([liveUids(w, 'hall'), liveUids(w)]).toEqual([[], []]);
    const back = await w.login('ann');
    expect(back.closing).toMatchObject({ code: 'banned' });
    expect(await isRefused(w.joins({ uid: 4712 }))).toBe('banned');
    // Whom the rule names is kept out everywhere; in another channel her other number may be somebody else's.
    expect(await isRefused(w.joins({ uid: 4711 }, { channel: 'third' }))).toBe('banned');
    expect(await isRefused(w.joins({ uid: 4712 }, { channel: 'third', userId: 'ann' }))).toBe('banned');
    const other = await w.joins({ uid: 4712 }, { channel: 'third' });
    expect(liveUids(w, 'third')).toEqual([4712]);
    await other.links('ann');
    expect([liveUids(w, 'third'), await isRefused(w.joins({ uid: 4712 }, { channel: 'third' }))]).toEqual([
      [],
      'banned',
    ]);
  });

  test('PERSON48: a rule without a channel does not mean who has the same number in another one', async () => {
    const w = await begin();
    const bob = await w.login('bob');
    await bob.subscribes('hall');
    await w.joins({ uid: 77 }, { userId: 'cid' });
    await w.joins({ uid: 77 }, { channel: 'hall', userId: 'bob' });
    const made = await rule(w, { ...(await userRule(w, 'cid')), privileges: join });
    expect([made.members, made.membersIn]).toEqual([undefined, [{ channel: 'lobby', uid: 77 }]]);
    expect([liveUids(w), liveUids(w, 'hall'), w.subscribers('hall')]).toEqual([[], [77], ['bob']]);
    for (const restarts of [false, true]) {
      if (restarts) {
        await w.crash();
        await w.start();
      }
      expect(await isRefused(w.joins({ uid: 77 }))).toBe('banned');
      expect(await isRefused(w.joins({ uid: 77 }, { channel: 'hall', userId: 'bob' }))).toBe('joined');
    }
  });

  for (const channel of ['lobby', undefined])
    test(`PERSON48: a rule about a user ${channel ? 'in a channel' : 'in the app'} puts out members whose own name is not proven, and does not keep out whose it is`, async () => {
      const w = await begin();
      const eve = await w.login('eve');
      await eve.subscribes('lobby');
      for (const identity of [{ uid: 4712 }, { account: 'ann' }]) {
        const hers = await w.joins(identity, { unproven: true });
        await hers.links('eve');
      }
      await w.joins({ uid: 4713 }, { userId: 'eve' });
      const scope = channel === undefined ? {} : { channel };
      const made = await rule(w, { ...scope, ...(await userRule(w, 'eve')), privileges: join });
      expect([liveUids(w), w.subscribers()]).toEqual([[], []]);
      const places = made.membersIn?.map(({ uid }) => uid) ?? made.members;
      expect([places, made.users]).toEqual([[4713], undefined]);
      await w.joins({ uid: 4712 });
      await w.joins({ account: 'ann' });
      const ann = await w.login('ann');
      expect(code(await ann.subscribes('lobby'))).toBe(0);
      // Eve comes with such a number again: she is put out when she is known, and the number is not kept out with her.
      const again = await w.joins({ uid: 4714 }, { unproven: true });
      await again.links('eve');
      expect(liveUids(w)).not.toContain(4714);
      expect(await isRefused(w.joins({ uid: 4714 }))).toBe('joined');
    });

  test('PERSON47: the number of a member that came by an account unproven is that member, and not the user of that account', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await w.joins({ uid: 4711 }, { userId: 'ann' });
    const impostor = await w.joins({ account: 'ann' }, { unproven: true });
    expect(await removes(w, String(impostor.uid))).toBe(1);
    expect([liveUids(w), w.subscribers()]).toEqual([[4711], ['ann']]);
    // The user that it is linked to is reached, who is proven.
    const eve = await w.login('eve');
    await eve.subscribes('lobby');
    const linked = await w.joins({ account: 'ann' }, { unproven: true });
    await linked.links('eve');
    expect(await removes(w, String(linked.uid))).toBe(2);
    expect([liveUids(w), w.subscribers()]).toEqual([[4711], ['ann']]);
    // By the name it is all of that name.
    await w.joins({ account: 'ann' }, { unproven: true });
    expect(await removes(w, 'ann')).toBe(2);
    expect([liveUids(w), w.subscribers()]).toEqual([[], []]);
  });

  test('PERSON49: a link with a user whom a rule keeps out puts the member out as the rule would have, and keeps it out', async () => {
    const w = await begin();
    const made = await rule(w, { channel: 'lobby', ...(await userRule(w, 'ann')), privileges: join });
    expect([made.members, made.users]).toEqual([undefined, undefined]);
    await w.joins({ uid: 1 });
    const viewer = await w.joins({ uid: 4711 });
    const bystander = await w.joins({ uid: 4711 }, { channel: 'hall' });
    const watcher = await w.login('watcher');
    await watcher.subscribes('lobby', { beQuiet: true });
    await viewer.links('ann');
    await bystander.links('ann');
    expect([liveUids(w), liveUids(w, 'hall')]).toEqual([[1], [4711]]);
    expect(w.log.rules(app.id)).toMatchObject([{ id: made.id, members: [4711], endsMs: made.endsMs }]);
    expect(await isRefused(w.joins({ uid: 4711 }))).toBe('banned');
    await w.advance(10_000);
    expect(watcher.presence().filter(({ type }) => type === 'REMOTE_JOIN')).toEqual([]);
    // One whose token is renewed with one that names her likewise.
    await w.joins({ uid: 4713 });
    const { connectionId = '' } = w.log.channel(liveKey(app.id, 'lobby'))?.roster.get(4713) ?? {};
    const renewed = w.log.submit(liveKey(app.id, 'lobby'), {
      type: 'renew-token',
      connectionId,
      userId: 'ann',
    });
    await w.settled();
    await renewed;
    expect(liveUids(w)).toEqual([1]);
  });

  test('PERSON48: what one half may not do the other may not, while they are one and as the rule remembers', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const member = { channel: 'lobby', uid: 4711, ip: '' };
    const mayPublish = () => w.log.banned(app.id, member, 'publish_audio') === undefined;
    // A rule that was there before the link.
    await rule(w, { channel: 'lobby', uid: 4711, privileges: ['publish_message'] });
    await rule(w, { channel: 'lobby', ...(await userRule(w, 'ann')), privileges: agoraPrivileges.slice(1) });
    expect([code(await says(ann)), mayPublish()]).toEqual([0, true]);
    const viewer = await w.joins({ uid: 4711 });
    await viewer.links('ann');
    expect([code(await says(ann)), mayPublish()]).toEqual([signalingErrors.publishFailed, false]);
    expect(code(await says(ann, { channel: 'hall' }))).toBe(0);
    await viewer.leaves();
    expect([code(await says(ann)), mayPublish()]).toEqual([0, true]);
    // One that was made while they were one.
    const again = await w.joins({ uid: 4712 }, { userId: 'ann' });
    await rule(w, { channel: 'lobby', uid: 4712, privileges: ['publish_message'] });
    await again.leaves();
    expect(code(await says(ann))).toBe(signalingErrors.publishFailed);
  });
});

describe('told', () => {
  test('PERSON50: a message to a number, or account, that is nobody logged in reaches the one user its members are linked to', async () => {
    const w = await begin();
    const { ann } = await party(w);
    const bob = await w.login('bob');
    for (const name of ['4711', 'screen', 'ann'])
      expect([name, code(await tells(bob, name))]).toEqual([name, 0]);
    expect(ann.all('message')).toMatchObject(
      [1, 2, 3].map(() => ({ channelType: 'USER', channel: 'ann', publisher: 'bob' })),
    );
    const kept = await tells(bob, '4711', { storeInHistory: true });
    expect(code(kept)).toBe(0);
    const history = { type: 'get-messages', channelType: 'USER', count: 10, start: 0, end: 0 };
    expect(await ann.asks({ ...history, channel: 'bob' })).toMatchObject({
      result: { messages: [{ publisher: 'bob' }] },
    });
    // Over REST, too.
    const publication = { publisher: 'host', asUser: false, isKept: false, content: { text: 'x' } };
    const told = w.signaling.backend.tellUser(app.id, { ...publication, channel: '4711' });
    expect(await told).toMatchObject({ online: true });
    expect(ann.all('message')).toHaveLength(5);
  });

  test('PERSON50: a user of that very name comes first; and where members are linked to several, or to none, it is for the name alone', async () => {
    const w = await begin();
    const { ann } = await party(w);
    const bob = await w.login('bob');
    const other = await w.login('4711');
    await tells(bob, '4711');
    expect([other.all('message').length, ann.all('message').length]).toEqual([1, 0]);
    await other.says({ type: 'logout' });
    await w.joins({ uid: 4711 }, { channel: 'hall', userId: 'cid' });
    expect(code(await tells(bob, '4711'))).toBe(signalingErrors.receiverOffline);
    expect(code(await tells(bob, '1'))).toBe(signalingErrors.receiverOffline);
    expect(ann.all('message')).toEqual([]);
  });

  test('PERSON50: members whose own name is not proven receive nothing for it, and stand in the way of nobody', async () => {
    const w = await begin();
    const { ann } = await party(w);
    const bob = await w.login('bob');
    const eve = await w.login('eve');
    const hall = await w.joins({ uid: 4711 }, { channel: 'hall', unproven: true });
    await hall.links('eve');
    expect(code(await tells(bob, '4711'))).toBe(0);
    expect(ann.all('message')).toHaveLength(1);
    for (const identity of [{ uid: 500 }, { account: 'cid' }]) {
      const taken = await w.joins(identity, { channel: 'hall', unproven: true });
      await taken.links('eve');
    }
    for (const name of ['500', 'cid'])
      expect([name, code(await tells(bob, name))]).toEqual([name, signalingErrors.receiverOffline]);
    const publication = { publisher: 'host', asUser: false, isKept: true, content: { text: 'x' } };
    expect(await w.signaling.backend.tellUser(app.id, { ...publication, channel: 'cid' })).toEqual({
      online: false,
      kept: true,
    });
    expect(eve.all('message')).toEqual([]);
    const cid = await w.login('cid');
    const history = { type: 'get-messages', channelType: 'USER', count: 10, start: 0, end: 0 };
    expect(await cid.asks({ ...history, channel: 'host' })).toMatchObject({
      result: { messages: [{ publisher: 'host' }] },
    });
  });

  test('PERSON50: the number that presence shows of an account is a name of its user, for messages and over REST', async () => {
    const w = await begin();
    const { ann, screen } = await party(w);
    const bob = await w.login('bob');
    expect(code(await tells(bob, String(screen)))).toBe(0);
    expect(ann.all('message')).toHaveLength(1);
    const { backend } = w.signaling;
    const channels = [{ channelName: 'lobby', channelType: 'MESSAGE' as const }];
    for (const name of ['ann', '4711', 'screen', String(screen)]) {
      expect([name, backend.statusOf(app.id, name)]).toEqual([name, 'online']);
      expect([name, await backend.channelsOf(app.id, name)]).toEqual([name, channels]);
    }
    // Of who is not linked the number is its own user.
    expect([backend.statusOf(app.id, '1'), await backend.channelsOf(app.id, '1')]).toEqual([
      'offline',
      channels,
    ]);
    const ended = backend.endSession(app.id, '4711');
    await w.settled();
    expect([await ended, ann.closing?.code]).toEqual([true, 'kicked']);
  });

  test('PERSON50: a token that does not allow to write to the user does not by another name', async () => {
    const w = await begin();
    const { ann } = await party(w);
    const kim = w.connect();
    kim.userId = 'kim';
    const users = 4;
    const token = listedTokenOf('kim', w.clock.nowMs(), { [users]: [[], ['4711']] });
    await kim.says(loginFrame('kim', w.clock.nowMs(), { token }));
    expect(code(await tells(kim, '4711'))).toBe(signalingErrors.publishFailed);
    expect(ann.all('message')).toEqual([]);
    const other = await w.login('4711');
    expect(code(await tells(kim, '4711'))).toBe(0);
    expect(other.all('message')).toHaveLength(1);
  });
});
