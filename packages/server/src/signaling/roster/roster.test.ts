import { afterEach, describe, expect, test } from 'bun:test';
import type { RosterViewRequest, SignalingRosterMember } from '@housecount/protocol';
import fc from 'fast-check';
import { anyLobbyStep, anyUser, Lobby, type LobbyStep } from '../../../testing/models/lobby.ts';
import { peopleOf } from '../../../testing/models/people.ts';
import { RosterModel } from '../../../testing/models/people-roster.ts';
import {
  app,
  leaseMs,
  loginFrame,
  SignalingWorld,
  type TestClient,
} from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';
import { fixed } from '../../fixed-limits.ts';
import { limits } from '../../limits.ts';
import { keyOf, rangeOf } from '../../rosters/window.ts';
import type { SignalingApp } from '../names/app.ts';
import { keyOf as channelKeyOf } from '../names/channel-key.ts';

let world: SignalingWorld | undefined;
async function begin(changes: Partial<SignalingApp> = {}): Promise<SignalingWorld> {
  world = await SignalingWorld.start(changes);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const key = channelKeyOf(app.id, place);

/** Feeds the model with all that the client is sent from now on. */
function follow(client: TestClient, model = new RosterModel()): RosterModel {
  const send = client.send.bind(client);
  client.send = (text) => {
    try {
      if (!client.closed) model.take(JSON.parse(text));
    } catch (cause) {
      model.faults.push(cause);
    }
    send(text);
  };
  return model;
}
const ask = (client: TestClient, view?: RosterViewRequest, more: object = {}) =>
  client.asks({ type: 'subscribe-roster', ...place, ...(view && { view }), ...more });
/** Somebody who follows all of it, and what they know. */
async function attend(w: SignalingWorld) {
  const watcher = await w.login('watcher');
  const model = follow(watcher);
  await ask(watcher);
  return { watcher, model };
}
/** Viewers 1 to `count` of the live channel. */
async function crowd(w: SignalingWorld, count: number): Promise<void> {
  const joins = Array.from({ length: count }, (_, at) => w.joins({ uid: at + 1 }));
  await w.advance(100);
  await Promise.all(joins);
}
const merged = (w: SignalingWorld) => w.advance(fixed.rosterViewMs + 5);
const names = (members: readonly SignalingRosterMember[]) => members.map(({ userId }) => userId);

const truth = (w: SignalingWorld) => peopleOf(w.log, app.id, 'lobby');
function countsOf(people: ReadonlyMap<string, SignalingRosterMember>) {
  const members = [...people.values()];
  const by = (role: string) => members.filter(({ live }) => live?.role === role).length;
  const interrupted = members.filter(({ interruptedSinceMs }) => interruptedSinceMs !== undefined).length;
  return [members.length, by('broadcaster'), by('audience'), interrupted] as const;
}
/** `hidden`: there are, or were, members of the live channel of whom nobody is told, whose seqs come with the next change. */
function expectTruth(w: SignalingWorld, model: RosterModel, hidden = false): void {
  const people = truth(w);
  expect(model.faults).toEqual([]);
  expect(Object.fromEntries(model.all ?? [])).toEqual(Object.fromEntries(people));
  const live = w.log.channel(liveKey(app.id, 'lobby'));
  const presence = w.log.channel(key);
  if (!hidden) expect(model.at.live).toEqual(live && { sid: live.sid, seq: live.seq });
  else if (live && model.at.live?.sid === live.sid) expect(model.at.live.seq).toBeLessThanOrEqual(live.seq);
  // Changes of quiet subscribers since the last frame are in the next one.
  if (!presence || Array.from(presence.roster).some(({ quiet }) => quiet)) return;
  const { sid, seq } = model.at.signaling ?? {};
  if (sid === presence.sid) expect(seq).toBeLessThanOrEqual(presence.seq);
  if (!Array.from(people.values()).some(({ signaling }) => signaling)) return;
  expect(sid).toBe(presence.sid);
}

describe('all of it', () => {
  test('SIG40: a snapshot of everybody, then each change with the number of its event; nobody need be in the channel', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby', { states: { mood: 'good' } });
    const watcher = await w.login('watcher');
    const model = follow(watcher);
    expect(await ask(watcher)).toMatchObject({ type: 'ok' });
    const [snapshot] = watcher.all('roster-snapshot');
    expect(snapshot).toMatchObject({ ...place, seq: 0, count: 1, last: true });
    expect(snapshot?.members).toEqual([
      { userId: 'ann', states: { mood: 'good' }, signaling: { joinedMs: expect.any(Number) } },
    ]);
    const bob = await w.joins({ uid: 42 });
    const live = w.log.channel(liveKey(app.id, 'lobby'));
    expect(watcher.all('roster-changes').at(-1)).toMatchObject({
      from: 1,
      seq: 1,
      count: 2,
      at: { live: { sid: live?.sid, seq: 2 } },
      changes: [
        {
          seq: 1,
          type: 'joined',
          event: { roster: 'live', sid: live?.sid, seq: 2 },
          member: {
            userId: '42',
            states: { role: 'audience', uid: '42' },
            live: { uid: 42, role: 'audience' },
          },
        },
      ],
    });
    await bob.becomes('broadcaster');
    await ann.asks({ type: 'set-state', ...place, states: { mood: 'better' } });
    await bob.leaves();
    expect(model.changes.map(({ type, event }) => [type, event?.roster, event?.seq])).toEqual([
      ['joined', 'live', 2],
      ['changed', 'live', 3],
      ['changed', undefined, undefined],
      ['left', 'live', 4],
    ]);
    expect(model.changes.at(-1)).toMatchObject({ userId: '42', reason: 'quit' });
    expectTruth(w, model);
    expect(w.subscribers()).toEqual(['ann']);
    expect(ann.presence().filter(({ type }) => type !== 'SNAPSHOT')).not.toContainEqual(
      expect.objectContaining({ userId: 'watcher' }),
    );
    // As with requests in general: what is not the whole roster's is refused by its number.
    expect(await ask(watcher, { count: true }, { cursor: { stream: 'x', after: 1 } })).toMatchObject({
      type: 'refused',
      code: -13003,
    });
  });

  test('SIG40: leaves are not held back, and in a channel of any size everybody is named', async () => {
    const w = await begin();
    await crowd(w, 2_500);
    const { watcher, model } = await attend(w);
    await w.settled();
    expect(watcher.all('roster-snapshot').map(({ members, last }) => [members.length, last])).toEqual([
      [1_000, false],
      [1_000, false],
      [500, true],
    ]);
    const last = await w.joins({ uid: 9_999 });
    await merged(w);
    await last.leaves();
    await merged(w);
    expect(model.changes.map(({ type }) => type)).toEqual(['joined', 'left']);
    expectTruth(w, model);
  });

  test('SIG41: silence is shown within its time and is no event; who is back is heard again; a timeout has its reason', async () => {
    const w = await begin();
    const viewer = await w.joins({ uid: 7 });
    const bob = await w.login('bob');
    await bob.subscribes('lobby');
    const { model } = await attend(w);
    const sinceMs = w.clock.nowMs();
    await viewer.falls();
    expect(model.all?.get('7')?.interruptedSinceMs).toBe(sinceMs);
    await bob.drops();
    expect(model.all?.get('bob')?.interruptedSinceMs).toBeLessThanOrEqual(w.clock.nowMs());
    const back = w.connect();
    back.userId = 'bob';
    const { id, key: secret } = bob.welcome.session;
    await back.says({ ...loginFrame('bob', w.clock.nowMs()), session: { id, key: secret } });
    expect(model.all?.get('bob')).not.toHaveProperty('interruptedSinceMs');
    expect(model.changes.filter(({ event }) => event)).toEqual([]);
    await w.advance(leaseMs);
    expect(model.changes.at(-1)).toMatchObject({ type: 'left', userId: '7', reason: 'timeout' });
    expectTruth(w, model);
  });

  test('SIG41: who has both links is one member, gone with the last, and interrupted while neither is heard', async () => {
    const w = await begin();
    const { model } = await attend(w);
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const live = await w.joins({ account: 'ann' });
    expect(model.changes.map(({ type }) => type)).toEqual(['joined', 'changed']);
    await live.falls();
    expect(model.all?.get('ann')).not.toHaveProperty('interruptedSinceMs');
    await live.leaves();
    expect(model.all?.get('ann')).toMatchObject({ states: {}, signaling: {} });
    expect(model.all?.get('ann')).not.toHaveProperty('live');
    await ann.asks({ type: 'unsubscribe', ...place });
    expect(model.changes.map(({ type }) => type)).toEqual(['joined', 'changed', 'changed', 'left']);
    expectTruth(w, model);
  });

  test('SIG40: one event that changes many members is told in frames of at most 1,000, of which the last says where it stands', async () => {
    const w = await begin();
    const { watcher, model } = await attend(w);
    for (let at = 0; at < 1_050; at++) {
      const client = await w.login(`user ${at}`);
      await client.subscribes('lobby', { withPresence: false, states: { role: 'host' } });
    }
    await merged(w);
    const frames = watcher.all('roster-changes').length;
    // While the live channel is open nobody else has a role.
    await w.joins({ uid: 1 });
    await merged(w);
    expect(
      watcher
        .all('roster-changes')
        .slice(frames)
        .map(({ changes, at }) => [changes.length, at !== undefined]),
    ).toEqual([
      [1_000, false],
      [51, true],
    ]);
    expectTruth(w, model);
  }, 300_000);

  test('PERSON43: a late link is told in one frame, also where that has as many changes as a frame may have', async () => {
    const w = await begin();
    const { watcher, model } = await attend(w);
    const viewer = await w.joins({ uid: 5_000 });
    await merged(w);
    const joins = Array.from({ length: fixed.rosterFrameChangesMax - 1 }, (_, at) =>
      w.joins({ uid: at + 1 }),
    );
    const link = viewer.links('ann');
    await merged(w);
    await Promise.all([...joins, link]);
    expect(Math.max(...watcher.all('roster-changes').map(({ changes }) => changes.length))).toBe(
      fixed.rosterFrameChangesMax + 1,
    );
    expectTruth(w, model);
  });

  test('SIG23, SIG40: a quiet subscriber is in no roster, and moves the seq alone', async () => {
    const w = await begin();
    const { watcher, model } = await attend(w);
    await ask(watcher, { count: true });
    const shy = await w.login('shy');
    await shy.subscribes('lobby', { beQuiet: true, states: { a: 'b' } });
    await merged(w);
    expect([model.changes, model.counts.get('count')]).toEqual([[], [0, 0, 0, 0]]);
    await shy.subscribes('lobby', { beQuiet: false });
    await merged(w);
    expect(model.changes).toMatchObject([{ type: 'joined', member: { userId: 'shy', states: { a: 'b' } } }]);
    await shy.subscribes('lobby', { beQuiet: true });
    await merged(w);
    expect(model.changes.at(-1)).toMatchObject({ type: 'left', userId: 'shy' });
    expect(model.counts.get('count')).toEqual([0, 0, 0, 0]);
  });
});

describe('resume', () => {
  test('SIG42: who comes back with what they know gets what they missed; without an event nothing', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const { watcher, model } = await attend(w);
    await watcher.drops();
    const viewer = await w.joins({ uid: 1 });
    await w.joins({ uid: 2 });
    await viewer.leaves();
    const again = await w.login('watcher');
    follow(again, model);
    await ask(again, undefined, { cursor: { stream: model.stream, after: model.seq } });
    expect(model.snapshots).toBe(1);
    expect(model.changes.map(({ type }) => type)).toEqual(['joined', 'joined', 'left']);
    expectTruth(w, model);
    await again.drops();
    const third = await w.login('watcher');
    follow(third, model);
    await ask(third, undefined, { cursor: { stream: model.stream, after: model.seq } });
    expect([model.snapshots, third.all('roster-changes')]).toEqual([1, []]);
    await w.joins({ uid: 3 });
    expect(model.changes).toHaveLength(4);
    expectTruth(w, model);
  });

  test('SIG42: a cursor that is not known, ahead, or too old gets a snapshot', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const { watcher, model } = await attend(w);
    for (const cursor of [
      { stream: 'of another life', after: 0 },
      { stream: model.stream, after: 7 },
    ]) {
      await ask(watcher, undefined, { cursor });
      expect(watcher.all('roster-snapshot').at(-1)).toMatchObject({ seq: 0, count: 1 });
    }
    expect(model.snapshots).toBe(3);
    const before = model.seq;
    for (let turn = 0; turn < 2 * limits.rosterRingChangesMax + 2; turn += 2) {
      const one = await w.joins({ uid: 5 });
      await one.leaves();
    }
    await ask(watcher, undefined, { cursor: { stream: model.stream, after: before } });
    expect(model.snapshots).toBe(4);
    expectTruth(w, model);
  }, 300_000);

  test('SIG42: long states take the place of many changes, not more memory', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby', { withPresence: false });
    const { watcher, model } = await attend(w);
    await watcher.drops();
    const long = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((at) => [`k${at}`, 'x'.repeat(1_000)]));
    const changes = Math.ceil((2 * limits.signalingRosterRingCharsMax) / 7_000) + 1;
    for (let at = 0; at < changes; at++) {
      await ann.asks({ type: 'set-state', ...place, states: { ...long, at: String(at) } });
      await w.advance(50);
    }
    const again = await w.login('watcher');
    follow(again, model);
    await ask(again, undefined, { cursor: { stream: model.stream, after: model.seq } });
    expect([model.snapshots, again.all('roster-changes')]).toEqual([2, []]);
    expectTruth(w, model);
  });

  test('SIG43: a roster that nobody follows any more is let go, though its presence is watched', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const { watcher, model } = await attend(w);
    await watcher.asks({ type: 'unsubscribe-roster', ...place });
    await w.joins({ uid: 1 });
    const { stream, seq } = model;
    await w.advance(limits.signalingFoldIdleMs + 2 * fixed.sweepMs);
    await ask(watcher, undefined, { cursor: { stream, after: seq } });
    expect(model.snapshots).toBe(2);
    // Numbers begin anew, and so they are of another stream.
    expect([model.seq, model.stream === stream]).toEqual([0, false]);
    expectTruth(w, model);
    await w.joins({ uid: 2 });
    expectTruth(w, model);
  });

  test('SIG42: what was missed comes in frames of at most 1,000 changes, of which the last alone says where it stands', async () => {
    const w = await begin();
    const { watcher, model } = await attend(w);
    await watcher.drops();
    await crowd(w, 2_200);
    const again = await w.login('watcher');
    follow(again, model);
    await ask(again, undefined, { cursor: { stream: model.stream, after: model.seq } });
    await w.settled();
    expect(again.all('roster-changes').map(({ changes, at }) => [changes.length, at !== undefined])).toEqual([
      [1_000, false],
      [1_000, false],
      [200, true],
    ]);
    expect(model.snapshots).toBe(1);
    expectTruth(w, model);
  });

  test('SIG42: after a restart of the server it is another stream, and the snapshot is what it was', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    await w.joins({ uid: 1 });
    const { model } = await attend(w);
    const [stream, at] = [model.stream, model.at];
    await w.crash();
    await w.start();
    const again = await w.login('watcher');
    follow(again, model);
    await ask(again, undefined, { cursor: { stream, after: model.seq } });
    expect(model.stream).not.toBe(stream);
    expect(model.at).toEqual(at);
    expect(names(model.members).sort()).toEqual(['1', 'ann']);
    expectTruth(w, model);
  });

  test('SIG42, LOG44: after a restart of the server nobody is interrupted for a second, then who is not back is, since when that was so', async () => {
    const w = await begin();
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const bob = await w.login('bob');
    await bob.subscribes('lobby');
    await w.joins({ uid: 1 });
    await w.advance(5_000);
    const heardMs = w.clock.nowMs();
    await w.crash();
    await w.start();
    const { model } = await attend(w);
    const counting = await w.login('counting');
    const counted = follow(counting);
    await ask(counting, { count: true });
    expect(counted.counts.get('count')).toEqual([3, 0, 1, 0]);
    expectTruth(w, model);
    await (await w.login('bob', { session: bob.welcome.session })).subscribes('lobby');
    await w.advance(fixed.absentShownMs + 100);
    await merged(w);
    const interrupted = model.members.flatMap(({ userId, interruptedSinceMs: ms }) =>
      ms === undefined ? [] : [[userId, heardMs - ms < 1_100]],
    );
    expect(interrupted.sort()).toEqual([
      ['1', true],
      ['ann', true],
    ]);
    expect(counted.counts.get('count')).toEqual([3, 0, 1, 2]);
    expectTruth(w, model);
  });
});

describe('views', () => {
  test('SIG43: the counts alone: how many, in the live channel by role, and of whom nothing is heard', async () => {
    const w = await begin();
    const watcher = await w.login('watcher');
    const model = follow(watcher);
    await ask(watcher, { count: true });
    expect(model.counts.get('count')).toEqual([0, 0, 0, 0]);
    const ann = await w.login('ann');
    await ann.subscribes('lobby');
    const host = await w.joins({ uid: 1 }, { role: 'broadcaster' });
    await w.joins({ uid: 2 });
    await host.falls();
    await merged(w);
    expect(model.counts.get('count')).toEqual([3, 1, 1, 1]);
    expect(watcher.frames.filter(({ type }) => /^roster-(snapshot|changes|window)/.test(type))).toEqual([]);
  });

  test('SIG43: a window and its changes; several views of a channel at once, each ended alone', async () => {
    const w = await begin();
    const viewers = [];
    for (let uid = 1; uid <= 8; uid++) viewers.push(await w.joins({ uid }));
    const watcher = await w.login('watcher');
    const model = follow(watcher);
    await ask(watcher, { first: 3 });
    await ask(watcher, { from: 3, count: 3 });
    await ask(watcher, { count: true });
    expect(names(model.windows.get('0+3')?.members ?? [])).toEqual(['1', '2', '3']);
    await viewers[1]?.leaves();
    await viewers[4]?.becomes('broadcaster');
    await merged(w);
    expect(watcher.all('roster-window-changes').find(({ view }) => view.from === 0)).toMatchObject({
      left: ['2'],
      entered: [{ userId: '4' }],
    });
    expect(names(model.windows.get('3+3')?.members ?? [])).toEqual(['5', '6', '7']);
    expect(model.windows.get('3+3')?.members[0]).toMatchObject({ live: { role: 'broadcaster' } });
    await watcher.asks({ type: 'unsubscribe-roster', ...place, view: { first: 3 } });
    await viewers[0]?.leaves();
    await merged(w);
    expect(names(model.windows.get('0+3')?.members ?? [])).toEqual(['1', '3', '4']);
    expect(names(model.windows.get('3+3')?.members ?? [])).toEqual(['6', '7', '8']);
    expect(model.counts.get('count')).toEqual([6, 1, 5, 0]);
  });

  test('SIG43: in a large channel, too, one who follows all of it hears of each change at once', async () => {
    const w = await begin();
    await crowd(w, 1_200);
    const { model } = await attend(w);
    for (let uid = 2_001; uid <= 2_050; uid++) {
      await w.joins({ uid });
      await w.advance(0);
      expect(model.all?.has(String(uid))).toBe(true);
    }
    expectTruth(w, model);
  });

  test('SIG43: for few readers at most one frame for each view and picture of a screen, made once for all who read it', async () => {
    const w = await begin();
    await crowd(w, 1_200);
    const watchers = [await w.login('one'), await w.login('two'), await w.login('three')];
    for (const watcher of watchers) await ask(watcher, { first: 50 });
    await merged(w);
    const { published } = w;
    const startMs = w.clock.nowMs();
    for (let uid = 2_001; uid <= 2_100; uid++) await w.joins({ uid });
    await merged(w);
    const periods = Math.ceil((w.clock.nowMs() - startMs) / fixed.rosterViewLeastMs) + 1;
    expect(w.published - published).toBeGreaterThan(0);
    expect(w.published - published).toBeLessThanOrEqual(periods);
    const frames = watchers.map((watcher) => watcher.all('roster-window-changes'));
    expect(frames[0]?.length).toBeGreaterThan(0);
    expect(frames[1]).toEqual(frames[0] ?? []);
  });

  test('SIG43: once nobody follows it, nothing is made', async () => {
    const w = await begin();
    const watcher = await w.login('watcher');
    for (const view of [undefined, { count: true } as const, { first: 5 }]) await ask(watcher, view);
    for (const view of [undefined, { count: true } as const, { first: 5 }])
      await watcher.asks({ type: 'unsubscribe-roster', ...place, ...(view && { view }) });
    const { published } = w;
    const frames = watcher.frames.length;
    await w.joins({ uid: 1 });
    await merged(w);
    expect([w.published - published, watcher.frames.length - frames]).toEqual([0, 0]);
  });
});

describe('limits', () => {
  test('SIG44: rosters of a session, windows of a channel, members of a window, and large snapshots in a short time', async () => {
    const w = await begin();
    const watcher = await w.login('watcher');
    for (let at = 0; at < limits.signalingRostersMax; at++)
      expect(
        await watcher.asks({
          type: 'subscribe-roster',
          ...place,
          channel: `lobby ${at}`,
          view: { count: true },
        }),
      ).toMatchObject({ type: 'ok' });
    expect(await ask(watcher, { count: true })).toMatchObject({ type: 'refused', code: -11005 });
    await watcher.asks({ type: 'unsubscribe-roster', ...place, channel: 'lobby 0', view: { count: true } });
    expect(await ask(watcher, { first: 101 })).toMatchObject({ type: 'refused', code: -13003 });
    expect(await ask(watcher, { first: 100 })).toMatchObject({ type: 'ok' });
    // The same again is the same.
    expect(await ask(watcher, { first: 100 })).toMatchObject({ type: 'ok' });
    const others = [];
    for (let at = 0; at < 4; at++) others.push(await w.login(`other ${at}`));
    let windows = 0;
    for (const other of others)
      for (let at = 0; at < limits.signalingRostersMax && windows < limits.rosterWindowsMax; at++) {
        expect(await ask(other, { from: 1 + windows * 10, count: 10 })).toMatchObject({ type: 'ok' });
        windows += 1;
        await w.advance(100);
      }
    const late = await w.login('late');
    expect(await ask(late, { from: 9_990, count: 10 })).toMatchObject({ type: 'refused', code: -13013 });
    // Round ones always have room.
    expect(await ask(late, { first: 50 })).toMatchObject({ type: 'ok' });
    expect(await ask(late, { first: 100 })).toMatchObject({ type: 'ok' });
    expect(await ask(late, { count: true })).toMatchObject({ type: 'ok' });
    expect(await ask(late)).toMatchObject({ type: 'ok' });
  });

  test('SIG44: who reads too slowly is cut, and nobody else', async () => {
    const w = await begin();
    await crowd(w, 1_500);
    const [slow, fast] = [await w.login('slow'), await w.login('fast')];
    slow.backlog = fixed.rosterWindowBytes + 1;
    await ask(slow);
    await ask(fast);
    await w.settled();
    expect(slow.all('roster-snapshot')).toEqual([]);
    expect(fast.all('roster-snapshot')).toHaveLength(2);
    // It takes what waits, and the snapshot goes on.
    slow.backlog = 0;
    slow.handler?.onDrain();
    await w.settled();
    expect(slow.all('roster-snapshot').at(-1)).toMatchObject({ last: true, count: 1_500 });
    slow.backlog = limits.socketBacklogBytesMax + 1;
    await w.advance(fixed.sweepMs * 2);
    expect(slow.closing).toMatchObject({ code: 'slow_reader' });
    expect(fast.closed).toBeUndefined();
  });
});

/** What may happen in the channel, over both links. */
const anyStep = fc.oneof(
  { weight: 20, arbitrary: anyLobbyStep },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('state' as const),
      user: anyUser,
      of: fc.constantFrom('mood', 'role', 'uid'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('drop' as const), user: anyUser }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('watcher drops' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
);

/** Somebody who proves nothing waits under the name that a member gives up as it is linked to another. */
const unprovenWaits: LobbyStep[] = [
  { what: 'join', user: 1, how: { user: 3 } },
  { what: 'join', user: 3, how: { unproven: true } },
  { what: 'link', user: 1, to: 1 },
];
/** Somebody who proves nothing gives way to a member that was shown as somebody else, and is linked to their name. */
const unprovenGivesWay: LobbyStep[] = [
  { what: 'join', user: 2, how: { unproven: true } },
  { what: 'join', user: 1, how: {} },
  { what: 'link', user: 1, to: 2 },
];

const isEmpty = (how: object) => Object.keys(how).length === 0;

test('SIG45: whatever happens, who follows it knows who is there: all of it, in part, and how many', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25, size: 'max' }), async (steps) => {
      const w = await begin();
      try {
        const views = [{ count: true }, { first: 3 }, { from: 2, count: 4 }] as const;
        const model = new RosterModel();
        let watcher = await w.login('watcher');
        const attend = async () => {
          follow(watcher, model);
          const cursor = model.all && { cursor: { stream: model.stream, after: model.seq } };
          await ask(watcher, undefined, cursor);
          for (const view of views) await ask(watcher, view);
        };
        await attend();
        const lobby = new Lobby(w);
        let hidden = false;
        for (const one of steps) {
          hidden ||= one.what === 'join' && (one.user === 6 || !('user' in one.how || isEmpty(one.how)));
          if (one.what === 'watcher drops' || one.what === 'restart') {
            if (one.what === 'restart') {
              await w.crash();
              await w.start();
            } else await watcher.drops();
            watcher = await w.login('watcher');
            await attend();
          } else if (one.what === 'drop') await lobby.known(one.user)?.drops();
          else if (one.what === 'state') {
            const states = { [one.of]: String(w.clock.nowMs()) };
            await (await lobby.client(one.user)).asks({ type: 'set-state', ...place, states });
          } else await lobby.takes(one);
          await merged(w);
          expectTruth(w, model, hidden);
          const counts = countsOf(truth(w));
          for (const view of views) {
            const range = rangeOf(view);
            const name = keyOf(range);
            expect([name, model.counts.get(name)]).toEqual([name, counts]);
            if (!range) continue;
            const members = model.members.slice(range.from, range.from + range.limit);
            expect([name, model.windows.get(name)?.members]).toEqual([name, members]);
          }
        }
      } finally {
        await w.stop();
        world = undefined;
      }
    }),
    {
      numRuns: 150,
      examples: [[unprovenWaits], [unprovenGivesWay]],
    },
  );
}, 300_000);
