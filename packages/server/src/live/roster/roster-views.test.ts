import { afterEach, describe, expect, test } from 'bun:test';
import type { RosterCounts, RosterMember, RosterViewRequest, ServerFrame } from '@housecount/protocol';
import fc from 'fast-check';
import { strictApp, type TestSocket, TestWorld, testApp, token } from '../../../testing/worlds/live-world.ts';
import { type Channel, emptyChannel, liveKey, type OpenChannel } from '../../channel/channel.ts';
import { type ChannelChange, isEvent, isMark } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import { fixed } from '../../fixed-limits.ts';
import { limits } from '../../limits.ts';
import { keyOf, rangeOf } from '../../rosters/window.ts';
import { rosterViewBusTopic } from './bus-topics.ts';
import { toRosterMember } from './roster-member.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const leave = (uid: number) => world.submit({ type: 'leave', connectionId: `c${uid}`, evidence: 'bye' });
let id = 1;
const ask = (socket: TestSocket, view: RosterViewRequest, more: object = {}) =>
  socket.says({ type: 'subscribe-roster', id: id++, view, ...more });
const viewFrames = (socket: TestSocket) =>
  socket.frames.filter(({ type }) => /^roster-(count|window|window-changes)$/.test(type));
const merged = () => world.advance(fixed.rosterViewMs + 5);

/** A client as docs/protocol.md describes it: what it believes, from the frames alone. */
class ViewModel {
  sid = '';
  seq = 0;
  from = -1;
  counts = '';
  window: RosterMember[] = [];
  frames = 0;

  take(frame: ServerFrame): void {
    if (frame.type === 'roster-window-changes') {
      if (frame.sid !== this.sid || frame.after !== this.seq || this.from < 0)
        throw new Error(`${frame.sid} ${frame.after} does not follow ${this.sid} ${this.seq}`);
      const left = new Set(frame.left);
      const changed = new Map(frame.changed?.map((member) => [member.uid, member]));
      for (const uid of [...left, ...changed.keys()])
        if (!this.window.some((member) => member.uid === uid)) throw new Error(`${uid} is not in the window`);
      const rest = this.window.filter(({ uid }) => !left.has(uid));
      this.window = [...rest.map((member) => changed.get(member.uid) ?? member), ...(frame.entered ?? [])];
    } else if (frame.type === 'roster-window') {
      this.window = [...frame.members];
      this.from = frame.from;
    } else if (frame.type === 'roster-count') {
      this.window = [];
      this.from = -1;
    } else if (frame.type === 'roster-snapshot' || frame.type === 'roster-changes') {
      throw new Error('the whole roster was not asked for');
    } else return;
    this.frames++;
    this.sid = frame.sid;
    this.seq = frame.seq;
    this.counts = counts(frame);
  }
}
const counts = ({ count, hosts, audience, interrupted }: RosterCounts) =>
  [count, hosts, audience, interrupted].join(' ');
const countsOf = (state: OpenChannel) => {
  const members = [...state.roster];
  const hosts = members.filter(({ role }) => role === 'broadcaster').length;
  const silent = members.filter(({ link }) => interruptedSinceMs(link) !== undefined).length;
  return [members.length, hosts, members.length - hosts, silent].join(' ');
};
const windowOf = (state: OpenChannel, view: RosterViewRequest) => {
  const range = rangeOf(view);
  return range ? [...state.roster].slice(range.from, range.from + range.limit).map(toRosterMember) : [];
};

/** Keeps a model fed with everything that the socket gets; `seen` is called after each frame of a view. */
const follow = (socket: TestSocket, model = new ViewModel(), seen: () => void = () => {}): ViewModel => {
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    if (!socket.closed) {
      const { frames } = model;
      model.take(JSON.parse(text) as ServerFrame);
      if (model.frames > frames) seen();
    }
    send(text);
  };
  return model;
};
const expectView = (model: ViewModel, view: RosterViewRequest) => {
  const state = world.lobby();
  if (!state) throw new Error('nobody is there');
  expect([model.sid, model.seq, model.counts]).toEqual([state.sid, state.seq, countsOf(state)]);
  expect(model.window).toEqual(windowOf(state, view));
};

describe('counts', () => {
  test('WIRE48: the counts alone, with the seq they are true at, and nothing of anybody', async () => {
    await begin();
    await world.hello({ uid: 7, role: 'broadcaster' });
    const watcher = await world.hello({ uid: 1 });
    const { sid } = watcher.welcome;
    await ask(watcher, { count: true });
    expect(watcher.frames.slice(-2)).toMatchObject([
      { type: 'ok' },
      { type: 'roster-count', sid, seq: 3, count: 2, hosts: 1, audience: 1, interrupted: 0 },
    ]);
    await world.crowd(10, 12);
    await world.submit({ type: 'set-role', connectionId: 'c10', role: 'broadcaster' });
    await merged();
    await leave(11);
    await merged();
    expect(watcher.all('roster-count').at(-1)).toEqual({
      type: 'roster-count',
      sid,
      seq: 8,
      count: 4,
      hosts: 2,
      audience: 2,
      interrupted: 0,
    });
    expect(watcher.frames.filter(({ type }) => /^roster-(snapshot|changes|window)/.test(type))).toEqual([]);
  });

  test('WIRE48: silence and return are counted, without a seq of their own; what nobody sees is not told', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await world.crowd(10, 10);
    await merged();
    await ask(watcher, { count: true });
    const lastHeardMs = world.clock.nowMs();
    await world.submit({ type: 'silent', connectionId: 'c10', silentMs: 0, evidence: 'silence' });
    await merged();
    await world.submit({ type: 'heard', connectionId: 'c10' });
    await merged();
    await world.submit({ type: 'renew-token', connectionId: 'c10', tokenEndsMs: lastHeardMs + 1_000_000 });
    await merged();
    expect(watcher.all('roster-count').map(({ seq, interrupted }) => [seq, interrupted])).toEqual([
      [3, 0],
      [3, 1],
      [3, 0],
    ]);
  });

  test('WIRE50: for few readers at most one frame for each picture of a screen, however much changes', async () => {
    await begin();
    await world.crowd(1, 1_500);
    const watcher = await world.hello({ uid: 9_999 });
    const model = follow(watcher);
    await ask(watcher, { count: true });
    await merged();
    const before = model.frames;
    const startMs = world.clock.nowMs();
    for (let uid = 2_001; uid <= 2_300; uid++) {
      await world.join(uid);
      await world.advance(1);
    }
    const periods = (world.clock.nowMs() - startMs) / fixed.rosterViewLeastMs;
    await merged();
    expect(model.frames - before).toBeGreaterThan(1);
    expect(model.frames - before).toBeLessThanOrEqual(Math.ceil(periods) + 1);
    expectView(model, { count: true });
  });

  test('WIRE50: who reads the same view gets the same frames, made once', async () => {
    await begin();
    const watchers = [];
    for (let uid = 1; uid <= 5; uid++) watchers.push(await world.hello({ uid }));
    for (const watcher of watchers) await ask(watcher, { count: true });
    await merged();
    const before = watchers.map((watcher) => viewFrames(watcher).length);
    const { published } = world;
    await world.crowd(10, 10);
    await merged();
    expect(world.published - published).toBe(1);
    for (const [index, watcher] of watchers.entries())
      expect(viewFrames(watcher).slice(before[index])).toEqual([
        expect.objectContaining({ type: 'roster-count', count: 6, seq: 7 }),
      ]);
  });

  test('WIRE50: once nobody reads a view, nothing is made of it', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await ask(watcher, { first: 5 });
    await watcher.says({ type: 'unsubscribe-roster', id: 99 });
    const other = await world.hello({ uid: 2 });
    await ask(other, { count: true });
    await other.drops();
    const { published } = world;
    const frames = viewFrames(watcher).length;
    await world.crowd(10, 12);
    await merged();
    expect(world.published).toBe(published);
    expect(viewFrames(watcher)).toHaveLength(frames);
  });
});

describe('windows', () => {
  test('WIRE49: the first by arrival with the counts, then what changes in them', async () => {
    await begin();
    await world.hello({ account: 'bob', role: 'broadcaster' });
    const watcher = await world.hello({ uid: 1 });
    await world.crowd(10, 13);
    await merged();
    const model = follow(watcher);
    await ask(watcher, { first: 3 });
    const [whole] = watcher.all('roster-window');
    expect(whole).toMatchObject({ from: 0, count: 6, hosts: 1, audience: 5, seq: 7 });
    expect(whole?.members).toMatchObject([{ account: 'bob', role: 'broadcaster' }, { uid: 1 }, { uid: 10 }]);
    await leave(12);
    await merged();
    expect(watcher.all('roster-window-changes').at(-1)).toEqual({
      type: 'roster-window-changes',
      sid: watcher.welcome.sid,
      after: 7,
      seq: 8,
      count: 5,
      hosts: 1,
      audience: 4,
      interrupted: 0,
    });
    await leave(10);
    await merged();
    expect(watcher.all('roster-window-changes').at(-1)).toMatchObject({
      left: [10],
      entered: [{ uid: 11 }],
    });
    await watcher.says({ type: 'set-role', id: 500, role: 'broadcaster' });
    await merged();
    expect(watcher.all('roster-window-changes').at(-1)).toMatchObject({
      changed: [{ uid: 1, role: 'broadcaster' }],
      hosts: 2,
    });
    const lastHeardMs = world.clock.nowMs();
    await world.submit({ type: 'silent', connectionId: 'c11', silentMs: 0, evidence: 'silence' });
    await merged();
    expect(watcher.all('roster-window-changes').at(-1)).toMatchObject({
      after: 10,
      seq: 10,
      changed: [{ uid: 11, interruptedSinceMs: lastHeardMs }],
      interrupted: 1,
    });
    expectView(model, { first: 3 });
  });

  test('WIRE49: another view on the same subscription takes the place of the first, in either direction', async () => {
    await begin();
    await world.crowd(10, 40);
    const watcher = await world.hello({ uid: 1 });
    await merged();
    const model = follow(watcher);
    for (const view of [
      { first: 5 },
      { from: 5, count: 5 },
      { from: 20, count: 1_000 },
      { from: 4_000, count: 10 },
      { count: true },
      { first: 7 },
    ] as const) {
      await ask(watcher, view);
      expectView(model, view);
      await leave([...(world.lobby()?.roster ?? [])][2]?.uid ?? 0);
      await merged();
      expectView(model, view);
    }
    watcher.send = Object.getPrototypeOf(watcher).send;
    await watcher.says({ type: 'subscribe-roster', id: 900 });
    expect(watcher.all('roster-snapshot')).toHaveLength(1);
    const views = viewFrames(watcher).length;
    await world.crowd(50, 51);
    await merged();
    expect(viewFrames(watcher)).toHaveLength(views);
    expect(watcher.all('roster-changes').length).toBeGreaterThan(0);
    await ask(watcher, { first: 2 });
    const whole = watcher.all('roster-changes').length;
    await world.crowd(52, 53);
    await merged();
    expect(watcher.all('roster-changes')).toHaveLength(whole);
  });

  test('WIRE49: after a reconnection the window comes whole, cursor or not', async () => {
    await begin();
    await world.crowd(10, 14);
    const watcher = await world.hello({ uid: 1 });
    const model = follow(watcher);
    await ask(watcher, { first: 3 });
    const { sid, seq } = model;
    await watcher.drops();
    await leave(10);
    await merged();
    const back = await world.hello({ uid: 1, resume: watcher.welcome.resume });
    const again = follow(back);
    await ask(back, { first: 3 }, { sid, after: seq });
    await merged();
    expectView(again, { first: 3 });
    expect(back.all('roster-window')).toHaveLength(1);
    expect(back.all('roster-changes')).toEqual([]);
  });

  test('WIRE49: a new reader is on the step that the others are on, in the middle of a merge period, too', async () => {
    await begin();
    await world.crowd(1, 1_200);
    const first = await world.hello({ uid: 9_001 });
    const second = await world.hello({ uid: 9_002 });
    await merged();
    const models = [follow(first), follow(second)];
    await ask(first, { first: 4 });
    await leave(2);
    await world.settled();
    await leave(3);
    await world.settled();
    await ask(second, { first: 4 });
    await merged();
    for (const model of models) expectView(model, { first: 4 });
  });

  test('WIRE51: different windows of a channel are limited; the counts and windows that are there already are not', async () => {
    await begin();
    await world.crowd(10, 14);
    const viewer = token({ role: 'audience' });
    const watchers: TestSocket[] = [];
    for (let place = 0; place < limits.rosterWindowsMax; place++) {
      const watcher = await world.hello({ uid: 1_000 + place, token: viewer });
      await ask(watcher, { from: place, count: 1 });
      watchers.push(watcher);
    }
    const late = await world.hello({ uid: 5_000, token: viewer });
    await ask(late, { count: true });
    const seen = late.all('roster-count').length;
    await ask(late, { from: 700, count: 50 });
    expect(late.all('error')).toMatchObject([{ code: 'windows_full' }]);
    // The view that it had goes on.
    await world.crowd(20, 20);
    await merged();
    expect(late.all('roster-count').length).toBeGreaterThan(seen);
    expect(late.all('roster-window')).toEqual([]);
    await ask(late, { from: 0, count: 1 });
    expect(late.all('roster-window')).toHaveLength(1);
    // A reader that is alone at a window may move on with it; one that shares a window may not.
    const [shared, alone] = watchers;
    if (!shared || !alone) throw new Error('nobody');
    await ask(alone, { from: 700, count: 50 });
    expect(alone.all('error')).toEqual([]);
    await ask(shared, { from: 800, count: 50 });
    expect(shared.all('error')).toMatchObject([{ code: 'windows_full' }]);
    await alone.drops();
    await ask(shared, { from: 800, count: 50 });
    expect(shared.all('error')).toHaveLength(1);
    // Other channels have their own.
    const elsewhere = await world.hello({ uid: 1, channel: 'b' });
    await ask(elsewhere, { from: 900, count: 3 });
    expect(elsewhere.all('roster-window')).toHaveLength(1);
  });

  test('SHARE4: whatever windows others follow, round ones have room, and so have those whose token has a publish privilege', async () => {
    await begin();
    await world.crowd(10, 14);
    const viewer = token({ role: 'audience' });
    for (let place = 0; place < limits.rosterWindowsMax; place++)
      await ask(await world.hello({ uid: 1_000 + place, token: viewer }), { from: 1, count: 1 + place });
    const late = await world.hello({ uid: 5_000, token: viewer });
    await ask(late, { first: 51 });
    expect(late.all('error')).toMatchObject([{ code: 'windows_full' }]);
    for (const first of [10, 20, 25, 50, 100, 200, 500, 1_000]) await ask(late, { first });
    expect(late.all('error')).toHaveLength(1);
    expect(late.all('roster-window')).toHaveLength(8);
    for (let at = 0; at <= limits.rosterWindowsReserved; at++) {
      const host = await world.hello({ uid: 1 + at, role: 'broadcaster' });
      await ask(host, { from: 2, count: 1 + at });
      expect(host.all('error')).toHaveLength(at < limits.rosterWindowsReserved ? 0 : 1);
    }
  });

  test('WIRE52: where names are for broadcasters only, everyone may have the counts, as in the welcome', async () => {
    await begin();
    const app = strictApp.id;
    const viewer = await world.hello({ app, uid: 1 });
    for (const view of [{ first: 5 }, { from: 0, count: 1 }]) await ask(viewer, view);
    expect(viewer.all('error').map(({ code }) => code)).toEqual(['role_forbidden', 'role_forbidden']);
    await ask(viewer, { count: true });
    expect(viewer.one('roster-count')).toMatchObject({ count: 1, audience: 1 });
    await viewer.says({ type: 'set-role', id: 200, role: 'broadcaster' });
    await merged();
    await ask(viewer, { first: 5 });
    expect(viewer.one('roster-window').members).toMatchObject([{ uid: 1 }]);
    await viewer.says({ type: 'set-role', id: 201, role: 'audience' });
    const frames = viewFrames(viewer).length;
    await world.hello({ app, uid: 2, token: token({ app: strictApp }) });
    await merged();
    expect(viewFrames(viewer)).toHaveLength(frames);
    // The counts go on over a change of role.
    await ask(viewer, { count: true });
    await viewer.says({ type: 'set-role', id: 202, role: 'broadcaster' });
    await viewer.says({ type: 'set-role', id: 203, role: 'audience' });
    await merged();
    expect(viewer.all('roster-count').at(-1)).toMatchObject({ count: 2, hosts: 0 });
  });
});

test('WIRE49: a reader that outlives the life of the channel gets the next one whole', async () => {
  await begin();
  // Nobody's own: a reader that is a member cannot see its channel close.
  const socket = world.connect();
  const model = follow(socket);
  const view = { first: 3 };
  const topic = rosterViewBusTopic(testApp.id, 'lobby', keyOf(rangeOf(view)));
  const stream = world.fanOut.followView(testApp.id, 'lobby', view, {
    send: (text) => socket.send(text),
    goLive: () => socket.subscribe(topic),
    leaveLive: () => socket.unsubscribe(topic),
  });
  expect(viewFrames(socket)).toEqual([]);
  await world.crowd(10, 14);
  await merged();
  expectView(model, view);
  for (let uid = 10; uid <= 14; uid++) await leave(uid);
  await merged();
  expect(world.lobby()).toBeUndefined();
  const { sid } = model;
  await world.crowd(20, 21);
  await merged();
  expect(model.sid).not.toBe(sid);
  expectView(model, view);
  const frames = viewFrames(socket).length;
  stream.stop();
  stream.stop();
  await world.crowd(30, 31);
  await merged();
  expect(viewFrames(socket)).toHaveLength(frames);
});

interface Reader {
  readonly uid: number;
  readonly resume: string;
  socket: TestSocket;
  model: ViewModel;
  view: RosterViewRequest;
}

/** The roster of a reader at a seq. */
interface Held {
  readonly sid: string;
  readonly seq: number;
  readonly counts: string;
  readonly window: RosterMember[];
  readonly view: RosterViewRequest;
}

/** Judges what was held by the log: each is the window of a state with its seq. */
async function expectTrue(w: TestWorld, held: readonly Held[]): Promise<void> {
  const truths = new Map<string, OpenChannel[]>();
  let state: Channel = emptyChannel(liveKey(testApp.id, 'lobby'));
  for (const change of await w.records()) {
    if (!isOfChannel(change)) continue;
    state = evolve(state, change);
    if (state.sid === undefined) continue;
    const at = `${state.sid} ${state.seq}`;
    truths.set(at, [...(truths.get(at) ?? []), state]);
  }
  for (const { sid, seq, counts: told, window, view: wanted } of held) {
    const same = (truths.get(`${sid} ${seq}`) ?? []).filter((truth) => countsOf(truth) === told);
    const text = JSON.stringify(window);
    expect(same.map((truth) => JSON.stringify(windowOf(truth, wanted)))).toContain(text);
  }
}

const anyUid = fc.integer({ min: 10, max: 17 });
const anyView: fc.Arbitrary<RosterViewRequest> = fc.oneof(
  fc.constant({ count: true } as const),
  fc.record({ first: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ from: fc.nat(8), count: fc.integer({ min: 1, max: 4 }) }),
);
/** What may happen in the channel and to those who read its roster. */
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), uid: anyUid }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), uid: anyUid }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      uid: anyUid,
      role: fc.constantFrom('broadcaster' as const, 'audience' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('silent' as const), uid: anyUid }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heard' as const), uid: anyUid }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('view' as const), reader: fc.nat(2), view: anyView }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), reader: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 7, 60) }),
  },
);

test('WIRE49: whatever happens, what a reader holds at a seq is the window of the log at that seq', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 60 }), async (steps) => {
      world = await TestWorld.start();
      /** The roster that every reader held after each frame, to be judged by the log once all is said. */
      const held: Held[] = [];
      const readers: Reader[] = [];
      for (let index = 0; index < 3; index++) {
        const socket = await world.hello({ uid: 1 + index });
        const { resume } = socket.welcome;
        readers.push({ uid: 1 + index, socket, resume, model: new ViewModel(), view: { count: true } });
      }
      const note = (reader: Reader) => () => {
        const { model } = reader;
        held.push({
          sid: model.sid,
          seq: model.seq,
          counts: model.counts,
          window: model.window,
          view: reader.view,
        });
      };
      const askFor = async (reader: Reader, wanted: RosterViewRequest) => {
        if (reader.socket.closed) {
          reader.socket = await world.hello({ uid: reader.uid, resume: reader.resume });
          reader.model = follow(reader.socket, new ViewModel(), note(reader));
        }
        reader.view = wanted;
        // Done in the same turn, so that frames of the old view are not judged by the new one.
        reader.socket.handler?.onText(JSON.stringify({ type: 'subscribe-roster', id: id++, view: wanted }));
      };
      for (const reader of readers) {
        follow(reader.socket, reader.model, note(reader));
        await askFor(reader, reader.view);
      }
      let connection = 0;
      for (const one of steps) {
        const connectionId = 'uid' in one ? (world.lobby()?.roster.get(one.uid)?.connectionId ?? 'none') : '';
        const reader = 'reader' in one ? readers[one.reader] : undefined;
        if (one.do === 'join') void world.join(one.uid, { connectionId: `x${connection++}` });
        else if (one.do === 'leave') void world.submit({ type: 'leave', connectionId, evidence: 'bye' });
        else if (one.do === 'role') void world.submit({ type: 'set-role', connectionId, role: one.role });
        else if (one.do === 'heard') void world.submit({ type: 'heard', connectionId });
        else if (one.do === 'silent')
          void world.submit({
            type: 'silent',
            connectionId,
            silentMs: 0,
            evidence: 'silence',
          });
        else if (one.do === 'wait') await world.clock.advance(one.ms);
        else if (one.do === 'drop') reader?.socket.close(1006, '');
        else if (reader) await askFor(reader, one.view);
      }
      for (const reader of readers) if (reader.socket.closed) await askFor(reader, reader.view);
      await merged();
      for (const { model, view: wanted } of readers) expectView(model, wanted);

      await expectTrue(world, held);
      expect(held.length).toBeGreaterThanOrEqual(3);
      await world.stop();
    }),
    { numRuns: 60 },
  );
  await begin();
}, 60_000);

/** All that this world's log holds of channels is about who is there. */
const isOfChannel = (record: { readonly type: string }): record is ChannelChange =>
  isEvent(record as ChannelChange) || isMark(record as ChannelChange);
