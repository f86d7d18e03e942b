import { afterEach, describe, expect, test } from 'bun:test';
import type { RosterChange, RosterMember, ServerFrame } from '@housecount/protocol';
import fc from 'fast-check';
import {
  leaseMs,
  strictApp,
  type TestSocket,
  TestWorld,
  testApp,
  token,
} from '../../../testing/worlds/live-world.ts';
import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import { fixed } from '../../fixed-limits.ts';
import { limits } from '../../limits.ts';

const nothing = { audio: false, video: false };

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const silentNow = (connectionId: string) =>
  ({ type: 'silent', connectionId, silentMs: 0, evidence: 'silence' }) as const;
const changesOf = (socket: TestSocket): RosterChange[] =>
  socket.all('roster-changes').flatMap(({ changes }) => changes);

/** A reader as docs/protocol.md describes it: what it believes, from the frames alone. */
class RosterModel {
  sid = '';
  seq = 0;
  count = 0;
  readonly members = new Map<number, RosterMember>();
  #parts: RosterMember[] = [];

  take(frame: ServerFrame): void {
    if (frame.type === 'roster-snapshot') {
      this.#parts.push(...frame.members);
      if (!frame.last) return;
      this.members.clear();
      for (const member of this.#parts) this.members.set(member.uid, member);
      this.#parts = [];
      this.sid = frame.sid;
      this.seq = frame.seq;
      this.count = frame.count;
    } else if (frame.type === 'roster-changes') {
      if (this.#parts.length > 0) throw new Error('changes within a snapshot');
      if (frame.sid !== this.sid) throw new Error('another sid');
      for (const change of frame.changes) this.#apply(change);
      if (this.seq === frame.to) this.count = frame.count;
    } else if (frame.type === 'roster-interrupted' && frame.sid === this.sid) {
      for (const { uid, sinceMs } of frame.silent) this.#mark(uid, sinceMs);
      for (const uid of frame.back) this.#mark(uid, undefined);
    } else if (frame.type === 'roster-linked' && frame.sid === this.sid) {
      for (const { uid, userId } of frame.linked) {
        const member = this.members.get(uid);
        if (member) this.members.set(uid, { ...member, userId });
      }
    }
  }

  #mark(uid: number, sinceMs: number | undefined): void {
    const member = this.members.get(uid);
    if (!member) return;
    const { interruptedSinceMs: _, ...rest } = member;
    this.members.set(uid, sinceMs === undefined ? rest : { ...rest, interruptedSinceMs: sinceMs });
  }

  #apply(change: RosterChange): void {
    if (change.seq <= this.seq) return;
    if (change.seq !== this.seq + 1) throw new Error(`a hole before ${change.seq}, at ${this.seq}`);
    this.seq = change.seq;
    if (change.type === 'joined') this.members.set(change.member.uid, change.member);
    else if (change.type === 'left') this.members.delete(change.uid);
    else if (change.type === 'role') {
      const member = this.members.get(change.uid);
      if (member) this.members.set(change.uid, { ...member, role: change.role });
    }
  }
}

/** Keeps a model fed with everything that the socket gets. */
const follow = (socket: TestSocket, model = new RosterModel()): RosterModel => {
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    if (!socket.closed) model.take(JSON.parse(text) as ServerFrame);
    send(text);
  };
  return model;
};

const expectSame = (model: RosterModel) => {
  const state = world.lobby();
  expect(model.seq).toBe(state?.seq ?? -1);
  expect(model.count).toBe(state?.roster.size ?? -1);
  const told = [...model.members.values()].sort((a, b) => a.uid - b.uid);
  const real = [...(state?.roster ?? [])].sort((a, b) => a.uid - b.uid);
  expect(
    told.map(({ uid, role, userId, interruptedSinceMs }) => [uid, role, userId, interruptedSinceMs]),
  ).toEqual(real.map(({ uid, role, userId, link }) => [uid, role, userId, interruptedSinceMs(link)]));
};

describe('hosts', () => {
  test('WIRE25: everybody in the channel hears of broadcasters that come, change role and go', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    const elsewhere = await world.hello({ uid: 1, channel: 'elsewhere' });
    const host = await world.hello({ account: 'bob', role: 'broadcaster' });
    const { uid } = host.welcome;
    await host.says({ type: 'set-role', id: 1, role: 'audience' });
    await host.says({ type: 'set-role', id: 2, role: 'broadcaster' });
    await host.says({ type: 'bye' });
    const { sid } = viewer.welcome;
    expect(viewer.frames.slice(1)).toEqual([
      { type: 'host-joined', sid, seq: 3, host: { uid, account: 'bob', audio: false, video: false } },
      { type: 'host-left', sid, seq: 4, uid, reason: 'became-audience' },
      { type: 'host-joined', sid, seq: 5, host: { uid, account: 'bob', audio: false, video: false } },
      { type: 'host-left', sid, seq: 6, uid, reason: 'quit' },
    ]);
    expect(elsewhere.frames).toHaveLength(1);
  });

  test('WIRE25: a broadcaster that is lost is told as timeout; viewers that come and go are not told', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    const host = await world.hello({ uid: 2, role: 'broadcaster' });
    await (await world.hello({ uid: 3 })).says({ type: 'bye' });
    await host.drops();
    await world.advance(leaseMs + 100);
    expect(viewer.frames.slice(1).map(({ type }) => type)).toEqual(['host-joined', 'host-left']);
    expect(viewer.one('host-left')).toMatchObject({ reason: 'timeout' });
  });

  test('WIRE25: the welcome shows hosts that are interrupted', async () => {
    await begin();
    await (await world.hello({ uid: 2, role: 'broadcaster' })).drops();
    expect((await world.hello({ uid: 1 })).welcome.hosts).toEqual([
      { uid: 2, audio: false, video: false, interrupted: true },
    ]);
  });

  test('WIRE26: streams are told when they change, and are forgotten when the broadcaster stops being one', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    const host = await world.hello({ uid: 2, role: 'broadcaster' });
    await host.says({ type: 'streams', id: 1, audio: true, video: true });
    await host.says({ type: 'streams', id: 2, audio: true, video: true });
    expect(viewer.all('host-streams')).toHaveLength(1);
    await host.says({ type: 'set-role', id: 3, role: 'audience' });
    expect(world.fanOut.streams.of(testApp.id, 'lobby', 2)).toEqual(nothing);
    await host.says({ type: 'set-role', id: 4, role: 'broadcaster' });
    expect(viewer.all('host-joined').at(-1)).toMatchObject({ host: { audio: false, video: false } });
    await host.says({ type: 'streams', id: 5, audio: true, video: false });
    await host.says({ type: 'bye' });
    await world.settled();
    expect(world.fanOut.streams.of(testApp.id, 'lobby', 2)).toEqual(nothing);
  });

  test('WIRE26: streams set before the join was told are told with it, or after it, and survive a leave told late', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    await world.hello({ uid: 2, role: 'broadcaster' });
    const events = await world.records();
    const left = await world.submit({
      type: 'leave',
      connectionId: world.lobby()?.roster.get(2)?.connectionId ?? '',
      evidence: 'bye',
    });
    expect(left.ok).toBe(true);
    await world.join(2, { role: 'broadcaster', connectionId: 'again' });
    // The state is ahead of what has been told.
    const source = { app: testApp.id, channel: 'lobby', uid: 2, connectionId: 'again' };
    void world.fanOut.streams.set(source, { audio: true, video: false });
    await world.settled();
    expect(events.length).toBeGreaterThan(0);
    expect(world.fanOut.streams.of(testApp.id, 'lobby', 2)).toEqual({ audio: true, video: false });
    const ofHost = viewer.frames.filter(({ type }) => type === 'host-joined' || type === 'host-streams');
    expect(viewer.all('host-joined').at(-1)).toMatchObject({ host: { uid: 2 } });
    expect(ofHost.at(-1)).toEqual({ type: 'host-streams', uid: 2, audio: true, video: false });
  });

  test('WIRE59: a log that ends while streams are to be recorded ends nothing else', async () => {
    await begin();
    const host = await world.hello({ uid: 2, role: 'broadcaster' });
    const source = { app: testApp.id, channel: 'lobby', uid: 2, connectionId: host.welcome.connectionId };
    const stopped = world.log.stop();
    void host.says({ type: 'streams', id: 1, audio: true, video: true });
    const late = world.fanOut.streams.set(source, { audio: true, video: false });
    await world.settled();
    await Promise.all([stopped, late]);
    const after = world.fanOut.streams.set(source, { audio: false, video: true });
    expect(after).toBeInstanceOf(Promise);
    await after;
    world.fanOut.streams.carry(source, { audio: true, video: true });
    await world.settled();
    expect(host.closed).toBeUndefined();
  });

  test('WIRE26: streams of somebody who is no broadcaster of the channel are ignored', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    const { connectionId } = viewer.welcome;
    const source = { app: testApp.id, channel: 'lobby', uid: 1, connectionId };
    for (const other of [{}, { uid: 99 }, { channel: 'nowhere' }])
      void world.fanOut.streams.set({ ...source, ...other }, { audio: true, video: true });
    expect(viewer.all('host-streams')).toEqual([]);
    expect(world.fanOut.streams.of(testApp.id, 'lobby', 1)).toEqual(nothing);
  });

  test('WIRE59: streams that change faster than the rate are answered, and the newest is told a moment later', async () => {
    await begin();
    const viewer = await world.hello({ uid: 1 });
    const host = await world.hello({ uid: 2, role: 'broadcaster' });
    const asked = limits.memberChangesBurst + 20;
    // Fewer frames at once than the connection may send.
    for (let id = 1; id <= asked; id += 1) {
      await host.says({ type: 'streams', id, audio: id % 2 === 0, video: false });
      if (id % 40 === 0) await world.advance(1);
    }
    expect(host.all('ok')).toHaveLength(asked);
    const told = viewer.all('host-streams').length;
    expect(told).toBeLessThan(asked - 10);
    expect(told).toBeGreaterThanOrEqual(limits.memberChangesBurst - 1);
    await host.says({ type: 'streams', id: 1_000, audio: true, video: true });
    await world.advance(2_000);
    expect(viewer.all('host-streams').at(-1)).toMatchObject({ uid: 2, audio: true, video: true });
    expect(viewer.all('host-streams').length).toBeLessThan(told + 4);
  });

  test('CHAN33, WIRE59: streams are kept over a resume; after a restart nobody sends anything until the host says so again', async () => {
    await begin();
    const host = await world.hello({ uid: 2, role: 'broadcaster' });
    await host.says({ type: 'streams', id: 1, audio: true, video: true });
    // One that is silent already when the server ends.
    const away = await world.hello({ uid: 3, role: 'broadcaster' });
    await away.says({ type: 'streams', id: 1, audio: true, video: false });
    await away.drops();
    const sending = { uid: 2, audio: true, video: true };
    const interrupted = { uid: 3, audio: true, video: false, interrupted: true };
    expect((await world.hello({ uid: 1 })).welcome.hosts).toEqual([sending, interrupted]);
    const again = await world.hello({ uid: 2, resume: host.welcome.resume });
    expect(again.welcome.hosts).toEqual([sending, interrupted]);

    await world.crash();
    await world.start();
    const back = await world.hello({ uid: 2, resume: host.welcome.resume });
    expect(back.welcome.hosts).toMatchObject([
      { uid: 2, ...nothing },
      { uid: 3, ...nothing },
    ]);
    const viewer = await world.hello({ uid: 4 });
    await back.says({ type: 'streams', id: 2, audio: true, video: true });
    expect(viewer.all('host-streams')).toEqual([{ type: 'host-streams', ...sending }]);
  });

  test('WIRE26: a frame for everyone reaches every channel', async () => {
    await begin();
    const sockets = [
      await world.hello({ uid: 1 }),
      await world.hello({ uid: 1, channel: 'b' }),
      await world.hello({ app: strictApp.id }),
    ];
    world.fanOut.tellEveryone({ type: 'media-restarted' });
    for (const socket of sockets) expect(socket.all('media-restarted')).toHaveLength(1);
  });
});

/** Whatever can happen to a channel, and to three readers of its roster. */
const rosterStep = fc.oneof(
  fc.record({ do: fc.constant('join' as const), uid: fc.integer({ min: 10, max: 20 }) }),
  fc.record({ do: fc.constant('leave' as const), uid: fc.integer({ min: 10, max: 20 }) }),
  fc.record({
    do: fc.constant('role' as const),
    uid: fc.integer({ min: 10, max: 20 }),
    role: fc.constantFrom('broadcaster' as const, 'audience' as const),
  }),
  fc.record({ do: fc.constant('silent' as const), uid: fc.integer({ min: 10, max: 20 }) }),
  fc.record({ do: fc.constant('heard' as const), uid: fc.integer({ min: 10, max: 20 }) }),
  fc.record({
    do: fc.constant('link' as const),
    uid: fc.integer({ min: 10, max: 20 }),
    userId: fc.constantFrom('ann', 'bob'),
  }),
  fc.record({ do: fc.constant('subscribe' as const), reader: fc.nat(2) }),
  fc.record({ do: fc.constant('drop' as const), reader: fc.nat(2) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 7, 60) }),
);

describe('roster', () => {
  test('WIRE27: a snapshot at a seq, then every change after it, in order', async () => {
    await begin();
    await world.hello({ uid: 7, role: 'broadcaster' });
    const watcher = await world.hello({ uid: 1, platform: 7 });
    const model = follow(watcher);
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    expect(watcher.frames.slice(-2)).toMatchObject([
      { type: 'ok', id: 1 },
      {
        type: 'roster-snapshot',
        sid: watcher.welcome.sid,
        seq: 3,
        profile: 'live',
        count: 2,
        members: [
          { uid: 7, role: 'broadcaster', connection: 'rtc' },
          { uid: 1, role: 'audience', platform: 7 },
        ],
        last: true,
      },
    ]);
    const other = await world.hello({ account: 'carol' });
    await other.says({ type: 'set-role', id: 1, role: 'broadcaster' });
    await other.says({ type: 'bye' });
    expect(changesOf(watcher)).toMatchObject([
      { seq: 4, type: 'joined', member: { account: 'carol', role: 'audience' } },
      { seq: 5, type: 'role', role: 'broadcaster', account: 'carol' },
      { seq: 6, type: 'left', account: 'carol', reason: 'quit' },
    ]);
    expectSame(model);
  });

  test('WIRE27: a second subscription begins anew; after unsubscribing nothing comes', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 2 });
    expect(watcher.all('roster-snapshot')).toHaveLength(2);
    await world.hello({ uid: 2 });
    expect(changesOf(watcher)).toHaveLength(1);
    await watcher.says({ type: 'unsubscribe-roster', id: 3 });
    await watcher.says({ type: 'unsubscribe-roster', id: 4 });
    await world.hello({ uid: 3 });
    expect(changesOf(watcher)).toHaveLength(1);
    expect(watcher.all('ok').map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });

  test('WIRE28: an app may show the roster to broadcasters only, and only while they are', async () => {
    await begin();
    const app = strictApp.id;
    const viewer = await world.hello({ app, uid: 1 });
    await viewer.says({ type: 'subscribe-roster', id: 1 });
    expect(viewer.one('error')).toMatchObject({ id: 1, code: 'role_forbidden' });
    await viewer.says({ type: 'set-role', id: 2, role: 'broadcaster' });
    await viewer.says({ type: 'subscribe-roster', id: 3 });
    expect(viewer.one('roster-snapshot').count).toBe(1);
    await viewer.says({ type: 'set-role', id: 4, role: 'audience' });
    await world.hello({ app, uid: 2, token: token({ app: strictApp }) });
    expect(changesOf(viewer).filter(({ type }) => type === 'joined')).toEqual([]);
  });

  test('WIRE29: a large roster comes in pages of at most 1,000, and changes meanwhile come after them', async () => {
    await begin();
    await world.crowd(1, 4_500);
    const watcher = await world.hello({ uid: 9_999 });
    const model = follow(watcher);
    // The reader takes nothing, so the snapshot stops after the first window.
    watcher.handler?.onText(JSON.stringify({ type: 'subscribe-roster', id: 1 }));
    watcher.backlog = fixed.rosterWindowBytes + 1;
    await world.crowd(5_001, 5_010);
    await world.submit({ type: 'leave', connectionId: 'c17', evidence: 'bye' });
    await world.settled();
    const early = watcher.all('roster-snapshot');
    expect(early.length).toBeGreaterThan(0);
    expect(early.at(-1)?.last).toBe(false);
    expect(changesOf(watcher)).toEqual([]);
    watcher.backlog = 0;
    watcher.handler?.onDrain();
    await world.settled();
    const pages = watcher.all('roster-snapshot');
    expect(pages.map(({ members }) => members.length)).toEqual([1_000, 1_000, 1_000, 1_000, 501]);
    expect(pages.map(({ last }) => last)).toEqual([false, false, false, false, true]);
    expect(new Set(pages.map(({ seq }) => seq)).size).toBe(1);
    await world.advance(100);
    expectSame(model);
  });

  test('WIRE29: in a large channel, too, one who reads hears of each change at once', async () => {
    await begin();
    await world.crowd(1, 1_500);
    const watcher = await world.hello({ uid: 9_999 });
    const model = follow(watcher);
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.advance(100);
    const framesBefore = watcher.all('roster-changes').length;
    for (let uid = 2_001; uid <= 2_200; uid++) {
      await world.join(uid);
      await world.advance(0);
      expect(model.members.has(uid)).toBe(true);
    }
    expect(watcher.all('roster-changes').length - framesBefore).toBe(200);
    expectSame(model);
  });

  test('WIRE29: one frame carries at most 1,000 changes', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    const model = follow(watcher);
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 3_500);
    await world.advance(100);
    for (const { changes } of watcher.all('roster-changes'))
      expect(changes.length).toBeLessThanOrEqual(fixed.rosterFrameChangesMax);
    expectSame(model);
  });

  test('WIRE29: a reader that does not take its snapshot while very much changes is cut by name', async () => {
    await begin();
    await world.crowd(1, 5_000);
    const watcher = await world.hello({ uid: 9_999 });
    watcher.backlog = fixed.rosterWindowBytes + 1;
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    for (let round = 0; !watcher.closed && round < 60; round++) {
      await world.crowd(10_000 + round * 2_000, 10_000 + round * 2_000 + 1_999);
      // The crowd leaves again, so that the channel does not fill.
      const gone = [];
      for (let uid = 10_000 + round * 2_000; uid < 12_000 + round * 2_000; uid++)
        gone.push(world.submit({ type: 'leave', connectionId: `c${uid}`, evidence: 'bye' }));
      await world.advance(60);
      await Promise.all(gone);
      await watcher.says({ type: 'ping' });
    }
    expect(watcher.closed?.reason).toBe('slow_reader');
    expect(world.lobby()?.roster.get(9_999)?.link.state).toBe('silent');
    // A hang ends the test; a slow machine does not.
  }, 240_000);

  test('WIRE30: a reader that comes back with its cursor gets only what it missed, links too', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    const model = follow(watcher);
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 20);
    await world.submit({
      type: 'silent',
      connectionId: 'c10',
      silentMs: 0,
      evidence: 'silence',
    });
    await world.settled();
    await watcher.drops();
    await world.crowd(30, 35);
    await world.submit({ type: 'heard', connectionId: 'c10' });
    await world.submit({
      type: 'silent',
      connectionId: 'c11',
      silentMs: 0,
      evidence: 'silence',
    });
    const back = await world.hello({ uid: 1, resume: watcher.welcome.resume });
    const { sid, seq } = model;
    follow(back, model);
    await back.says({ type: 'subscribe-roster', id: 1, sid, after: seq });
    expect(back.all('roster-snapshot')).toEqual([]);
    expect(changesOf(back).map(({ seq: one }) => one)).toEqual([
      seq + 1,
      seq + 2,
      seq + 3,
      seq + 4,
      seq + 5,
      seq + 6,
    ]);
    expectSame(model);
    await world.crowd(40, 42);
    expectSame(model);
  });

  test('WIRE30: what was said of an earlier stay is not told again of the next', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    const model = follow(watcher);
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 12);
    await watcher.drops();
    await world.submit({
      type: 'silent',
      connectionId: 'c10',
      silentMs: 0,
      evidence: 'silence',
    });
    await world.settled();
    await world.submit({ type: 'leave', connectionId: 'c10', evidence: 'bye' });
    await world.join(10, { connectionId: 'again' });
    await world.settled();
    const back = await world.hello({ uid: 1, resume: watcher.welcome.resume });
    const { sid, seq } = model;
    follow(back, model);
    await back.says({ type: 'subscribe-roster', id: 1, sid, after: seq });
    expect(back.all('roster-snapshot')).toEqual([]);
    expectSame(model);
  });

  test('WIRE30: a reader from before the server knew of readers may lack silences, and gets a snapshot', async () => {
    await begin();
    const early = await world.hello({ uid: 1 });
    await world.crowd(10, 12);
    const { sid } = early.welcome;
    const seq = world.lobby()?.seq ?? 0;
    await early.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(13, 14);
    await early.says({ type: 'subscribe-roster', id: 2, sid, after: seq });
    expect(early.all('roster-snapshot')).toHaveLength(2);
    await early.says({ type: 'subscribe-roster', id: 3, sid, after: seq + 1 });
    expect(early.all('roster-snapshot')).toHaveLength(2);
  });

  test('WIRE27: a reader whose socket is gone costs nothing more', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await watcher.drops();
    const { published } = world;
    await world.crowd(10, 12);
    expect(world.published).toBe(published);
  });

  test('WIRE30: a cursor that is unknown, in the future, of another life or too old gets a snapshot', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 20);
    const { sid } = watcher.welcome;
    const seq = world.lobby()?.seq ?? 0;
    let id = 2;
    const snapshots = async (cursor: object) => {
      const before = watcher.all('roster-snapshot').length;
      await watcher.says({ type: 'subscribe-roster', id: id++, ...cursor });
      return watcher.all('roster-snapshot').length - before;
    };
    expect(await snapshots({ sid, after: seq })).toBe(0);
    expect(await snapshots({ sid, after: seq - 3 })).toBe(0);
    expect(await snapshots({ sid, after: seq + 1 })).toBe(1);
    expect(await snapshots({ sid: 'another', after: seq })).toBe(1);
    expect(await snapshots({ sid, after: 0 })).toBe(1);
    expect(await snapshots({ sid, after: 1 })).toBe(1);
  });

  test('WIRE30: changes are kept for a while after the last reader went, and then not', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 12);
    const { sid } = watcher.welcome;
    const seq = world.lobby()?.seq ?? 0;
    await watcher.says({ type: 'unsubscribe-roster', id: 2 });
    await world.crowd(13, 15);
    await world.advance(limits.rosterRingIdleMs / 2);
    await watcher.says({ type: 'subscribe-roster', id: 3, sid, after: seq });
    expect(changesOf(watcher).at(-1)?.seq).toBe(seq + 3);
    expect(watcher.all('roster-snapshot')).toHaveLength(1);
    await watcher.says({ type: 'unsubscribe-roster', id: 4 });
    await world.advance(limits.rosterRingIdleMs * 2);
    await watcher.says({ type: 'subscribe-roster', id: 5, sid, after: seq });
    expect(watcher.all('roster-snapshot')).toHaveLength(2);
  });

  test('WIRE30: more changes than are kept mean a snapshot', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    await world.crowd(10, 12);
    const { sid } = watcher.welcome;
    const seq = world.lobby()?.seq ?? 0;
    await world.crowd(1_000, 1_000 + 2 * limits.rosterRingChangesMax);
    await watcher.says({ type: 'subscribe-roster', id: 3, sid, after: seq });
    expect(watcher.all('roster-snapshot').length).toBeGreaterThan(1);
  });

  test('WIRE30, LOG44: after a crash a reader gets a snapshot; who is not back in a second is interrupted, since when that was so', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await world.hello({ uid: 2 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    const { sid, resume } = watcher.welcome;
    const seq = world.lobby()?.seq ?? 0;
    await world.crash();
    await world.start();
    const back = await world.hello({ uid: 1, resume });
    const model = follow(back);
    await back.says({ type: 'subscribe-roster', id: 1, sid, after: seq });
    const { members } = back.one('roster-snapshot');
    expect(members.map(({ uid, interruptedSinceMs: sinceMs }) => [uid, sinceMs])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expectSame(model);
    const { joinedMs } = members[1] ?? {};
    await world.advance(fixed.absentShownMs + 200);
    expect(back.all('roster-interrupted')).toMatchObject([{ sid, silent: [{ uid: 2 }], back: [] }]);
    expect(back.one('roster-interrupted').silent[0]?.sinceMs).toBe(joinedMs);
    expectSame(model);
  });

  test('WIRE30, PERSON16: whatever happens, and whenever readers come, go and come back, each believes what the log says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rosterStep, { minLength: 5, maxLength: 60 }), async (steps) => {
        world = await TestWorld.start();
        // Somebody stays, so that the channel keeps its sid; readers are of the same channel.
        const readers = [];
        for (let reader = 0; reader < 3; reader++)
          readers.push({
            socket: await world.hello({ uid: 1 + reader }),
            model: new RosterModel(),
            open: true,
            id: 1,
            resume: '',
          });
        for (const reader of readers) {
          reader.resume = reader.socket.welcome.resume;
          follow(reader.socket, reader.model);
          await reader.socket.says({ type: 'subscribe-roster', id: 0 });
        }
        let connection = 0;
        for (const one of steps) {
          const connectionId =
            'uid' in one ? (world.lobby()?.roster.get(one.uid)?.connectionId ?? 'none') : '';
          if (one.do === 'join') void world.join(one.uid, { connectionId: `x${connection++}` });
          else if (one.do === 'leave') void world.submit({ type: 'leave', connectionId, evidence: 'bye' });
          else if (one.do === 'role') void world.submit({ type: 'set-role', connectionId, role: one.role });
          else if (one.do === 'link') void world.submit({ type: 'link', connectionId, userId: one.userId });
          else if (one.do === 'heard') void world.submit({ type: 'heard', connectionId });
          else if (one.do === 'silent') void world.submit(silentNow(connectionId));
          else if (one.do === 'wait') await world.clock.advance(one.ms);
          else {
            const reader = readers[one.reader];
            if (!reader) continue;
            if (one.do === 'drop' && reader.open) {
              reader.open = false;
              reader.socket.close(1006, '');
            } else if (one.do === 'subscribe') {
              const { sid, seq } = reader.model;
              if (!reader.open) {
                reader.socket = await world.hello({ uid: 1 + one.reader, resume: reader.resume });
                follow(reader.socket, reader.model);
                reader.open = true;
              }
              const cursor = sid === '' ? {} : { sid, after: seq };
              reader.socket.handler?.onText(
                JSON.stringify({ type: 'subscribe-roster', id: reader.id++, ...cursor }),
              );
            }
          }
        }
        for (const [index, reader] of readers.entries()) {
          if (reader.open) continue;
          const { sid, seq } = reader.model;
          reader.socket = await world.hello({ uid: 1 + index, resume: reader.resume });
          follow(reader.socket, reader.model);
          reader.open = true;
          await reader.socket.says({ type: 'subscribe-roster', id: reader.id++, sid, after: seq });
        }
        await world.advance(200);
        for (const { model } of readers) expectSame(model);
        await world.stop();
      }),
      { numRuns: 40 },
    );
    await begin();
  }, 60_000);
});
