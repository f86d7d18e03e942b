import { afterEach, describe, expect, test } from 'bun:test';
import type { SignalingPresenceEvent } from '@housecount/protocol';
import { app, leaseMs, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { fixed } from '../../fixed-limits.ts';
import type { SignalingApp } from '../names/app.ts';

let world: SignalingWorld | undefined;
async function begin(changes: Partial<SignalingApp> = {}): Promise<SignalingWorld> {
  world = await SignalingWorld.start(changes);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const place = { channelType: 'MESSAGE', channel: 'lobby' };

/** The user ids and states that a client knows if it folds everything it was told. */
function known(events: readonly SignalingPresenceEvent[]): Map<string, Readonly<Record<string, string>>> {
  const people = new Map<string, Readonly<Record<string, string>>>();
  for (const event of events)
    switch (event.type) {
      case 'SNAPSHOT':
        people.clear();
        for (const { userId, states } of event.occupants) people.set(userId, states);
        break;
      case 'REMOTE_JOIN':
        people.set(event.userId, {});
        break;
      case 'REMOTE_LEAVE':
      case 'REMOTE_TIMEOUT':
        people.delete(event.userId);
        break;
      case 'REMOTE_STATE_CHANGED':
        people.set(event.userId, event.states);
        break;
      case 'INTERVAL':
        expect(event.join.filter((userId) => people.has(userId))).toEqual([]);
        expect([...event.leave, ...event.timeout].filter((userId) => !people.has(userId))).toEqual([]);
        expect(people.size + event.join.length - event.leave.length - event.timeout.length).toBe(
          event.totalOccupancy,
        );
        for (const userId of [...event.leave, ...event.timeout]) people.delete(userId);
        for (const userId of event.join) people.set(userId, {});
        for (const { userId, states } of event.states) people.set(userId, states);
    }
  return people;
}

describe('announce', () => {
  test('SIG20: who joins gets a snapshot with itself, others are told one by one; nobody of itself', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    expect(ann.news()).toEqual([{ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }] }]);
    const bob = await w.login('bob');
    await bob.subscribes('lobby', { states: { mood: 'good' } });
    expect(ann.news()).toEqual([
      { type: 'REMOTE_JOIN', userId: 'bob' },
      { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: { mood: 'good' } },
    ]);
    expect(bob.news()).toEqual([
      {
        type: 'SNAPSHOT',
        occupants: [
          { userId: 'ann', states: {} },
          { userId: 'bob', states: { mood: 'good' } },
        ],
      },
    ]);
    await bob.asks({ type: 'unsubscribe', ...place });
    await w.advance(2_500);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'bob' }]);
    expect(bob.news()).toEqual([]);
  });

  test('SIG21: one change of state is one event with all that is set; what changes nothing is none', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.subscribes('lobby');
    ann.news();
    bob.news();
    await bob.asks({ type: 'set-state', ...place, states: { a: '1', b: '2' } });
    await bob.asks({ type: 'set-state', ...place, states: { b: '2' } });
    await bob.asks({ type: 'remove-state', ...place, keys: ['a'] });
    await bob.asks({ type: 'remove-state', ...place, keys: [] });
    expect(ann.news()).toEqual([
      { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: { a: '1', b: '2' } },
      { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: { b: '2' } },
      { type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: {} },
    ]);
    expect(bob.news()).toEqual([]);
  });

  test('SIG21: get-state shows who is there, and refuses who is not', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby', { states: { __proto__x: 'y', toString: 'z' } });
    const asked = { type: 'get-state', ...place };
    expect(await ann.asks({ ...asked, userId: 'ann' })).toMatchObject({
      result: { states: { __proto__x: 'y', toString: 'z' } },
    });
    expect(await ann.asks({ ...asked, userId: 'bob' })).toMatchObject({ type: 'refused', code: -13011 });
    expect(
      await ann.asks({ type: 'set-state', channelType: 'MESSAGE', channel: 'other', states: {} }),
    ).toMatchObject({ type: 'refused', code: -11002 });
  });

  test('SIG21: states are limited in number and in all', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const set = (states: Record<string, string>) => ann.asks({ type: 'set-state', ...place, states });
    const many = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 'x']));
    expect((await set(many(32, 'a'))).type).toBe('ok');
    expect(await set(many(1, 'b'))).toMatchObject({ type: 'refused', code: -13005 });
    expect(await set(many(33, 'a'))).toMatchObject({ type: 'refused', code: -13005 });
    expect(await set({ a0: 'x'.repeat(1_025) })).toMatchObject({ type: 'refused', code: -13009 });
    const long = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`a${index}`, 'x'.repeat(1_000)]),
    );
    expect(await set(long)).toMatchObject({ type: 'refused', code: -13009 });
    // States that are replaced do not count.
    const most = Object.fromEntries(Object.entries(long).slice(0, 7));
    for (let time = 0; time < 2; time++) expect((await set(most)).type).toBe('ok');
    expect(await set({ '': 'x' })).toMatchObject({ type: 'refused', code: -13006 });
    expect(await ann.asks({ type: 'set-state', ...place, states: { a: 1 } })).toMatchObject({ code: -13007 });
  });

  test('SIG22: who is back within the debounce was never away; who changed state meanwhile is told of that', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.subscribes('lobby', { states: { mood: 'good' } });
    ann.news();
    await bob.asks({ type: 'unsubscribe', ...place });
    await w.advance(1_000);
    await bob.subscribes('lobby');
    await w.advance(10_000);
    expect(ann.news()).toEqual([{ type: 'REMOTE_STATE_CHANGED', userId: 'bob', states: {} }]);
  });

  test('SIG22: who came while a leave was held back is told what it does not know, and no more', async () => {
    const w = await begin();
    const [ann, bob, cid, dan] = await Promise.all(['ann', 'bob', 'cid', 'dan'].map((id) => w.login(id)));
    if (!ann || !bob || !cid || !dan) throw new Error('four logged in');
    for (const client of [ann, bob, dan]) await client.subscribes('lobby');
    await bob.asks({ type: 'unsubscribe', ...place });
    await dan.asks({ type: 'unsubscribe', ...place });
    await cid.subscribes('lobby');
    expect(cid.news()).toEqual([
      {
        type: 'SNAPSHOT',
        occupants: [
          { userId: 'ann', states: {} },
          { userId: 'cid', states: {} },
        ],
      },
    ]);
    ann.news();
    await bob.subscribes('lobby');
    await w.advance(10_000);
    expect(cid.news()).toEqual([{ type: 'REMOTE_JOIN', userId: 'bob' }]);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'dan' }]);
    expect([...known(ann.presence()).keys()].sort()).toEqual(['ann', 'bob', 'cid']);
    expect([...known(cid.presence()).keys()].sort()).toEqual(['ann', 'bob', 'cid']);
  });

  test('SIG23: who is quiet is told of others, and others and lists know nothing of it', async () => {
    const w = await begin();
    const [ann, spy] = [await w.login('ann'), await w.login('spy')];
    await ann.subscribes('lobby');
    await spy.subscribes('lobby', { beQuiet: true, states: { hidden: 'yes' } });
    expect(ann.news()).toHaveLength(1);
    expect(spy.news()).toEqual([{ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }] }]);
    await ann.asks({ type: 'set-state', ...place, states: { a: '1' } });
    expect(spy.news()).toHaveLength(1);
    const users = await ann.asks({
      type: 'online-users',
      ...place,
      includedUserId: true,
      includedState: true,
    });
    expect(users).toMatchObject({ result: { channelOccupancy: 1, occupants: [{ userId: 'ann' }] } });
    expect(await ann.asks({ type: 'user-channels', userId: 'spy' })).toMatchObject({
      result: { channels: [] },
    });
    expect(await ann.asks({ type: 'get-state', ...place, userId: 'spy' })).toMatchObject({ code: -13011 });
    expect(await spy.asks({ type: 'get-state', ...place, userId: 'spy' })).toMatchObject({
      result: { states: { hidden: 'yes' } },
    });
    // Quiet no more, and again.
    await spy.subscribes('lobby', { beQuiet: false });
    expect(ann.news()).toEqual([
      { type: 'REMOTE_JOIN', userId: 'spy' },
      { type: 'REMOTE_STATE_CHANGED', userId: 'spy', states: { hidden: 'yes' } },
    ]);
    await spy.subscribes('lobby', { beQuiet: true });
    await w.advance(3_000);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'spy' }]);
  });

  test('SIG23: who is quiet, but in the live channel, is shown with what the server says alone', async () => {
    const w = await begin();
    const spy = await w.login('7');
    await spy.subscribes('lobby', { beQuiet: true, states: { hidden: 'yes' } });
    await spy.subscribes('elsewhere', { beQuiet: true });
    // Nobody has looked before: what is shown is made of the log.
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    expect(ann.news()).toEqual([{ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }] }]);
    await w.joins({ uid: 7 });
    const states = { role: 'audience', uid: '7' };
    expect(ann.news()).toEqual([
      { type: 'REMOTE_JOIN', userId: '7' },
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states },
    ]);
    const state = await ann.asks({ type: 'get-state', ...place, userId: '7' });
    expect(state.type === 'ok' && state.result).toEqual({ states });
    const where = await ann.asks({ type: 'user-channels', userId: '7' });
    expect(where.type === 'ok' && where.result).toEqual({
      channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }],
    });
  });

  test('SIG20: without presence nothing is told, and one is counted all the same', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.subscribes('lobby', { withPresence: false });
    expect(bob.presence()).toEqual([]);
    expect(ann.presence().at(-1)).toEqual({ type: 'REMOTE_JOIN', userId: 'bob' });
  });

  test('SIG20: MESSAGE and STREAM channels of one name are two', async () => {
    const w = await begin();
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await ann.subscribes('lobby');
    await bob.enters('lobby');
    expect(ann.presence()).toHaveLength(1);
    expect(bob.all('presence')).toMatchObject([
      { channelType: 'STREAM', event: { type: 'SNAPSHOT', occupants: [{ userId: 'bob' }] } },
    ]);
  });
});

describe('binding', () => {
  test('SIG24: members of the live channel are shown, with role and uid in their states', async () => {
    const w = await begin();
    await w.joins({ uid: 7 }, { role: 'broadcaster' });
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    expect(ann.news()).toMatchObject([
      {
        occupants: [
          { userId: '7', states: { role: 'broadcaster', uid: '7' } },
          { userId: 'ann', states: {} },
        ],
      },
    ]);
    const viewer = await w.joins({ account: 'vera' });
    const uid = String(w.log.uidOf(app.id, 'vera'));
    expect(ann.news()).toEqual([
      { type: 'REMOTE_JOIN', userId: 'vera' },
      { type: 'REMOTE_STATE_CHANGED', userId: 'vera', states: { role: 'audience', uid } },
    ]);
    await viewer.becomes('broadcaster');
    expect(ann.news()).toEqual([
      { type: 'REMOTE_STATE_CHANGED', userId: 'vera', states: { role: 'broadcaster', uid } },
    ]);
    await viewer.leaves();
    await w.advance(2_500);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'vera' }]);
    const lost = await w.joins({ uid: 9 });
    await lost.falls();
    await w.advance(leaseMs + 3_000);
    expect(ann.news().slice(2)).toEqual([{ type: 'REMOTE_TIMEOUT', userId: '9' }]);
    expect(await ann.asks({ type: 'user-channels', userId: '7' })).toMatchObject({
      result: { channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }] },
    });
    expect(await ann.asks({ type: 'get-state', ...place, userId: '7' })).toMatchObject({
      result: { states: { role: 'broadcaster', uid: '7' } },
    });
  });

  test('SIG25: one with both links is one member, from the first to the last of them', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    ann.news();
    const seven = await w.login('7');
    await seven.subscribes('lobby', { states: { mood: 'good' } });
    const live = await w.joins({ uid: 7 });
    expect(ann.news()).toEqual([
      { type: 'REMOTE_JOIN', userId: '7' },
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { mood: 'good' } },
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { mood: 'good', role: 'audience', uid: '7' } },
    ]);
    await seven.says({ type: 'logout' });
    await w.advance(5_000);
    expect(ann.news()).toEqual([
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { role: 'audience', uid: '7' } },
    ]);
    await live.leaves();
    await w.advance(5_000);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: '7' }]);
  });

  test('SIG25: an account that reads like a uid is that account', async () => {
    const w = await begin();
    await w.joins({ account: '7' });
    const ann = await w.login('7');
    await ann.subscribes('lobby');
    const uid = String(w.log.uidOf(app.id, '7'));
    expect(ann.news()).toEqual([
      { type: 'SNAPSHOT', occupants: [{ userId: '7', states: { role: 'audience', uid } }] },
    ]);
    for (const userId of ['0', '07', '4294967296']) {
      const client = await w.login(userId);
      await client.subscribes('other');
      expect(w.log.uidOf(app.id, userId)).toBeNumber();
    }
  });

  test('SIG150: who subscribes under a number, and then joins with it as an account, is one user to queries and rules too', async () => {
    const w = await begin();
    const [ann, seven] = [await w.login('ann'), await w.login('7')];
    await seven.subscribes('lobby', { states: { mood: 'good' } });
    await seven.subscribes('other');
    const live = await w.joins({ account: '7' });
    const place = { channelType: 'MESSAGE', channel: 'lobby' };
    const states = { mood: 'good', role: 'audience', uid: '7' };
    const ofSeven = { type: 'get-state', ...place, userId: '7' };
    expect(await ann.asks(ofSeven)).toMatchObject({ result: { states } });
    const listed = { type: 'online-users', ...place, includedUserId: true, includedState: true };
    expect(await ann.asks(listed)).toMatchObject({ result: { occupants: [{ userId: '7', states }] } });
    await live.leaves();
    expect(await ann.asks(ofSeven)).toMatchObject({ result: { states: { mood: 'good' } } });
    expect(await ann.asks({ type: 'user-channels', userId: '7' })).toMatchObject({
      result: { channels: [{ channelName: 'lobby' }, { channelName: 'other' }] },
    });
    const { backend } = w.signaling;
    expect(await backend.uidFor(app.id, '7')).toMatchObject({ uid: 7 });
    expect(await backend.remove(app.id, 'lobby', '7')).toBe(1);
    expect(await ann.asks(ofSeven)).toMatchObject({ code: -13011 });
  });

  test('SIG24: nobody makes others believe in another role than the server knows', async () => {
    const w = await begin();
    await w.joins({ uid: 7 });
    const seven = await w.login('7');
    await seven.subscribes('lobby', { states: { role: 'broadcaster', uid: '1' } });
    expect(seven.news()).toEqual([
      { type: 'SNAPSHOT', occupants: [{ userId: '7', states: { role: 'audience', uid: '7' } }] },
    ]);
  });

  test('SIG24: while the live channel is open, who is not in it has no role and uid, whatever they set', async () => {
    const w = await begin();
    const [eve, bob] = [await w.login('eve'), await w.login('bob')];
    await eve.subscribes('lobby', { states: { role: 'broadcaster', uid: '1', mood: 'sly' } });
    await bob.subscribes('lobby');
    const shown = { userId: 'eve', states: { role: 'broadcaster', uid: '1', mood: 'sly' } };
    expect(bob.news()).toMatchObject([{ type: 'SNAPSHOT', occupants: [shown, { userId: 'bob' }] }]);
    const live = await w.joins({ uid: 7 });
    expect(bob.news()).toEqual([
      { type: 'REMOTE_STATE_CHANGED', userId: 'eve', states: { mood: 'sly' } },
      { type: 'REMOTE_JOIN', userId: '7' },
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { role: 'audience', uid: '7' } },
    ]);
    const place = { channelType: 'MESSAGE', channel: 'lobby' };
    await eve.asks({ type: 'set-state', ...place, states: { role: 'audience' } });
    expect(bob.news()).toEqual([]);
    const asked = { type: 'get-state', ...place, userId: 'eve' };
    const answer = await bob.asks(asked);
    expect(answer.type === 'ok' && answer.result).toEqual({ states: { mood: 'sly' } });
    const cid = await w.login('cid');
    await cid.subscribes('lobby');
    expect(cid.news()[0]).toMatchObject({ occupants: [{ states: { mood: 'sly' } }, {}, {}, {}] });
    bob.news();
    await live.leaves();
    await w.advance(2_100);
    expect(bob.news()).toEqual([
      {
        type: 'REMOTE_STATE_CHANGED',
        userId: 'eve',
        states: { role: 'audience', uid: '1', mood: 'sly' },
      },
      { type: 'REMOTE_LEAVE', userId: '7' },
    ]);
    expect(await bob.asks(asked)).toMatchObject({ result: { states: { role: 'audience' } } });
  });

  test('SIG24: who set a role and has gone is not told of when the live channel opens', async () => {
    const w = await begin();
    const [eve, bob] = [await w.login('eve'), await w.login('bob')];
    await eve.subscribes('lobby', { states: { role: 'broadcaster' } });
    await bob.subscribes('lobby');
    await eve.asks({ type: 'unsubscribe', ...place });
    await w.advance(5_000);
    bob.news();
    await w.joins({ uid: 7 });
    expect(bob.news()).toMatchObject([{ userId: '7' }, { userId: '7' }]);
  });

  test('SIG24: an app that is not bound, and STREAM channels, show subscribers only', async () => {
    const w = await begin({ bindSignaling: false });
    await w.joins({ uid: 7 });
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await w.joins({ uid: 8 });
    expect(ann.news()).toEqual([{ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }] }]);
    expect(await ann.asks({ type: 'user-channels', userId: '7' })).toMatchObject({
      result: { channels: [] },
    });
    expect(
      await ann.asks({ type: 'online-users', ...place, includedUserId: false, includedState: false }),
    ).toMatchObject({ result: { totalOccupancy: 1 } });
  });
});

describe('interval', () => {
  const signaling = { ...app.signaling, announceMax: 8, intervalMs: 5_000 };
  async function crowd(w: SignalingWorld, from: number, to: number) {
    const members = [];
    for (let uid = from; uid <= to; uid++) members.push(await w.joins({ uid }));
    return members;
  }
  const intervals = (client: TestClient) =>
    client.presence().flatMap((event) => (event.type === 'INTERVAL' ? [event] : []));

  test('SIG26: from announceMax users on changes are told together, and add up', async () => {
    const w = await begin({ signaling });
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await crowd(w, 1, 6);
    expect(ann.presence().filter(({ type }) => type === 'REMOTE_JOIN')).toHaveLength(6);
    const before = ann.news().length;
    expect(before).toBeGreaterThan(0);
    const [seven, eight] = await crowd(w, 7, 8);
    expect(ann.news()).toEqual([]);
    await seven?.leaves();
    await eight?.becomes('broadcaster');
    await w.advance(5_000);
    expect(ann.news()).toEqual([
      {
        type: 'INTERVAL',
        join: ['8'],
        leave: [],
        timeout: [],
        states: [{ userId: '8', states: { role: 'broadcaster', uid: '8' } }],
        totalOccupancy: 8,
      },
    ]);
    // Nothing happens: nothing is told.
    await w.advance(60_000);
    expect(ann.news()).toEqual([]);
  });

  test('SIG26: who left and came back within a window is told by its state alone, and a timeout is one', async () => {
    const w = await begin({ signaling });
    const members = await crowd(w, 1, 9);
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    ann.news();
    await members[0]?.leaves();
    await w.joins({ uid: 1 }, { role: 'broadcaster' });
    await members[1]?.falls();
    await w.advance(leaseMs + 6_000);
    const [first, ...more] = intervals(ann);
    expect(first).toMatchObject({ join: [], leave: [], timeout: [], totalOccupancy: 10 });
    expect(first?.states).toEqual([{ userId: '1', states: { role: 'broadcaster', uid: '1' } }]);
    expect(more).toMatchObject([{ join: [], leave: [], timeout: ['2'], totalOccupancy: 9 }]);
  });

  test('SIG26: who left and came back without its states is told as having none', async () => {
    const w = await begin({ signaling });
    await crowd(w, 1, 9);
    const [ann, bob] = [await w.login('ann'), await w.login('bob')];
    await bob.subscribes('lobby', { states: { mood: 'good' } });
    await ann.subscribes('lobby');
    await w.advance(5_000);
    ann.news();
    await bob.asks({ type: 'unsubscribe', ...place });
    await bob.subscribes('lobby');
    await w.advance(5_000);
    expect(ann.news()).toMatchObject([
      { join: [], leave: [], states: [{ userId: 'bob', states: {} }], totalOccupancy: 11 },
    ]);
  });

  test('SIG27: who comes in the middle of a window gets all who are there, and then only what is new', async () => {
    const w = await begin({ signaling });
    await crowd(w, 1, 9);
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const [ten, eleven] = await crowd(w, 10, 11);
    const bob = await w.login('bob');
    await bob.subscribes('lobby');
    expect(bob.news()).toMatchObject([{ type: 'SNAPSHOT', occupants: { length: 13 } }]);
    await ten?.leaves();
    await crowd(w, 12, 12);
    await w.advance(5_000);
    expect(intervals(ann)).toMatchObject([{ join: ['11', 'bob', '12'], leave: [], totalOccupancy: 13 }]);
    expect(intervals(bob)).toMatchObject([{ join: ['12'], leave: ['10'], totalOccupancy: 13 }]);
    expect([...known(bob.presence()).keys()].sort()).toEqual([...known(ann.presence()).keys()].sort());
    // From then on they are told alike.
    await eleven?.leaves();
    await w.advance(5_000);
    expect(intervals(bob).at(-1)).toEqual(intervals(ann).at(-1));
  });

  test('SIG26: when the channel gets smaller the window is told, and then one by one again', async () => {
    const w = await begin({ signaling });
    const members = await crowd(w, 1, 9);
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    ann.news();
    for (const member of members.slice(0, 4)) await member.leaves();
    await w.advance(2_500);
    expect(intervals(ann)).toMatchObject([{ leave: ['1', '2', '3', '4'], totalOccupancy: 6 }]);
    ann.news();
    await members[4]?.leaves();
    await w.advance(2_500);
    expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: '5' }]);
  });

  test('SIG27: whatever happens, everybody who folds what it is told knows who is there', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const w = await begin({ signaling: { ...signaling, announceMax: 10 } });
      let state = seed;
      const random = (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * below);
      };
      const watchers: TestClient[] = [];
      const live = new Map<number, Awaited<ReturnType<SignalingWorld['joins']>>>();
      for (let step = 0; step < 120; step++) {
        const uid = 1 + random(16);
        const member = live.get(uid);
        switch (random(6)) {
          case 0:
          case 1:
            if (!member) live.set(uid, await w.joins({ uid }));
            break;
          case 2:
            await member?.leaves();
            live.delete(uid);
            break;
          case 3:
            await member?.becomes(random(2) === 0 ? 'audience' : 'broadcaster');
            break;
          case 4: {
            const watcher = await w.login(String(20 + random(6)));
            await watcher.subscribes('lobby', { beQuiet: random(3) === 0 });
            watchers.push(watcher);
            break;
          }
          case 5:
            await w.advance(random(4_000));
        }
      }
      await w.advance(20_000);
      const asker = await w.login('asker');
      const all = await asker.asks({
        type: 'online-users',
        ...place,
        includedUserId: true,
        includedState: true,
      });
      const truth =
        (all.type === 'ok' && all.result && 'occupants' in all.result && all.result.occupants) || [];
      const expected = Object.fromEntries(truth.map(({ userId, states }) => [userId, states]));
      const open = watchers.filter(({ closed }) => !closed);
      expect(open.length).toBeGreaterThan(0);
      for (const watcher of open)
        expect([seed, Object.fromEntries(known(watcher.presence()))]).toEqual([seed, expected]);
      await w.stop();
      world = undefined;
    }
  });
});

describe('queries', () => {
  test('SIG28: online users come in pages, with the exact count of the channel beside that of the page', async () => {
    const w = await begin();
    for (let uid = 1; uid <= 250; uid++) await w.joins({ uid });
    const ann = await w.login('ann');
    const ask = { type: 'online-users', ...place, includedUserId: true, includedState: false };
    const seen: string[] = [];
    let page: string | undefined;
    const sizes: number[] = [];
    do {
      const answer = await ann.asks({ ...ask, ...(page !== undefined && { page }) });
      if (answer.type !== 'ok' || !answer.result || !('occupants' in answer.result))
        throw new Error('no page');
      const { occupants, totalOccupancy, channelOccupancy, nextPage } = answer.result;
      expect(channelOccupancy).toBe(250);
      expect(totalOccupancy).toBe(occupants.length);
      expect(occupants.every(({ states }) => Object.keys(states).length === 0)).toBe(true);
      sizes.push(totalOccupancy);
      seen.push(...occupants.map(({ userId }) => userId));
      page = nextPage;
    } while (page !== '');
    expect(sizes).toEqual([fixed.signalingPageUsersMax, fixed.signalingPageUsersMax, 50]);
    expect(new Set(seen).size).toBe(250);
    expect(await ann.asks({ ...ask, includedUserId: false })).toMatchObject({
      result: { occupants: [], totalOccupancy: 250, channelOccupancy: 250, nextPage: '' },
    });
    expect(await ann.asks({ ...ask, page: 'nonsense' })).toMatchObject({ type: 'refused', code: -13003 });
    expect(await ann.asks({ ...ask, includedUserId: false, includedState: true })).toMatchObject({
      code: -13003,
    });
    expect(await ann.asks({ ...ask, channel: 'nowhere' })).toMatchObject({ result: { totalOccupancy: 0 } });
  });

  test('SIG28: who has just subscribed is in the list that it asks for next', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.asks({ type: 'online-users', ...place, includedUserId: true, includedState: false });
    ann.handler?.onText(
      JSON.stringify({
        id: 91,
        type: 'subscribe',
        ...place,
        withMessage: true,
        withPresence: false,
        withMetadata: false,
        withLock: false,
        beQuiet: false,
      }),
    );
    ann.handler?.onText(
      JSON.stringify({ id: 92, type: 'online-users', ...place, includedUserId: true, includedState: false }),
    );
    await w.settled();
    expect(ann.all('ok').find(({ id }) => id === 92)).toMatchObject({ result: { totalOccupancy: 1 } });
    expect(await ann.asks({ type: 'user-channels', userId: 'ann' })).toMatchObject({
      result: { channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }] },
    });
    expect(await ann.asks({ type: 'user-channels', userId: 'nobody' })).toMatchObject({
      result: { channels: [] },
    });
  });
});

test('SIG164: what all others in a channel are told is published once; nobody is told of themselves', async () => {
  const w = await begin();
  const names = ['ann', 'bob', 'cat', 'dan', 'eve'];
  const users = await Promise.all(names.map((name) => w.login(name)));
  for (const user of users) await user.subscribes('lobby');
  const [ann, bob] = users;
  if (!ann || !bob) throw new Error('not there');
  for (const user of users) user.news();
  const from = w.published;
  await ann.asks({ type: 'set-state', ...place, states: { mood: 'good' } });
  expect(w.published - from).toBe(1);
  const told = { type: 'REMOTE_STATE_CHANGED', userId: 'ann', states: { mood: 'good' } } as const;
  expect(users.map((user) => user.news())).toEqual([[], [told], [told], [told], [told]]);
  // Everybody is told of a member who is not in the channel over signaling.
  await w.joins({ uid: 7 });
  expect(users.map((user) => user.news())).toEqual(
    users.map(() => [
      { type: 'REMOTE_JOIN', userId: '7' },
      { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { role: 'audience', uid: '7' } },
    ]),
  );
  expect(w.published - from).toBe(3);
  // A watcher who came after somebody left is not told of that leave.
  await bob.asks({ type: 'unsubscribe', ...place });
  const fay = await w.login('fay');
  await fay.subscribes('lobby');
  fay.news();
  await w.advance(app.signaling.debounceMs);
  const gone = { type: 'REMOTE_LEAVE', userId: 'bob' } as const;
  expect(ann.news()).toEqual([{ type: 'REMOTE_JOIN', userId: 'fay' }, gone]);
  expect([bob.news(), fay.news()]).toEqual([[], []]);
});
