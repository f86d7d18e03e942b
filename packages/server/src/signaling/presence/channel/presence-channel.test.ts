import { expect, test } from 'bun:test';
import type { MemberJoined, MemberLeft, SignalingPresence, SignalingStates } from '@housecount/protocol';
import { SimClock } from '../../../../test/simulation/sim-clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import { limits } from '../../../limits.ts';
import type { Broadcast, Socket } from '../../../net/socket/socket.ts';
import { PresenceFold } from '../presence-fold.ts';
import { PresenceChannel } from './presence-channel.ts';
import type { Watcher } from './watchers.ts';

const key = { app: 'a'.repeat(32), kind: 'message', name: 'lobby' } as const;
const settings = { announceMax: 50, intervalMs: 30_000, debounceMs: 2_000 };

const joined = (uid: number): MemberJoined => ({
  type: 'member-joined',
  app: key.app,
  channel: key.name,
  sid: 'C1',
  seq: uid,
  atMs: 1,
  count: 1,
  profile: 'live',
  uid,
  role: 'audience',
  platform: 7,
  clientSeq: 1,
  connectionId: `c${uid}`,
  connectionKind: 'rtc',
  leaseMs: 10_000,
});
const left = (uid: number): MemberLeft => ({
  ...joined(uid),
  type: 'member-left',
  reason: 'quit',
  evidence: 'bye',
  lastHeardMs: 1,
  noticedMs: 1,
  joinedMs: 1,
});

/** A channel whose frames are kept by whom they reach. */
class World {
  readonly clock = new SimClock();
  readonly live = new Set<Reader>();
  encoded = 0;
  readonly broadcast: Broadcast = {
    publish: (_, text, except) => {
      this.encoded += 1;
      for (const reader of this.live) if (reader.socket !== except) reader.send(text);
    },
  };
  readonly channel = new PresenceChannel({
    key,
    fold: new PresenceFold({}),
    settings,
    clock: this.clock.process(),
    broadcast: this.broadcast,
  });

  join(...uids: number[]): void {
    for (const uid of uids) this.channel.tell(this.channel.fold.absorbLive(joined(uid)));
  }
  leave(...uids: number[]): void {
    for (const uid of uids) this.channel.tell(this.channel.fold.absorbLive(left(uid)));
  }
  /** Subscribes under numbers that say of themselves that they are the audience, as apps do. */
  claim(states: Readonly<Record<string, string>>, ...uids: number[]): void {
    const { fold } = this.channel;
    for (const uid of uids) {
      this.channel.tell(fold.absorbSignaling({ ...joined(uid), connectionKind: 'signaling' }));
      const set = { role: 'audience', ...states };
      this.channel.tell(fold.absorbSignaling({ type: 'states-set', atMs: 1, uid, states: set }));
    }
  }
  watch(userId = 'host'): Reader {
    const reader = new Reader(this, userId);
    this.channel.attach(reader);
    return reader;
  }
}

class Reader implements Watcher {
  readonly events: SignalingPresence['event'][] = [];
  /** Characters of each frame. */
  readonly lengths: number[] = [];
  /** Nothing goes over it here; it is who is left out. */
  readonly socket = {} as Socket;
  constructor(
    readonly world: World,
    readonly userId: string,
  ) {}
  send(text: string): void {
    this.lengths.push(text.length);
    this.events.push((JSON.parse(text) as SignalingPresence).event);
  }
  goLive(): void {
    this.world.live.add(this);
  }
  leaveLive(): void {
    this.world.live.delete(this);
  }
  /** The state that the watcher knows from all that it was told. */
  get known(): Map<string, SignalingStates> {
    const known = new Map<string, SignalingStates>();
    for (const event of this.events) {
      if (event.type === 'SNAPSHOT')
        for (const { userId, states } of event.occupants) known.set(userId, states);
      else if (event.type === 'REMOTE_JOIN') known.set(event.userId, {});
      else if (event.type === 'REMOTE_LEAVE' || event.type === 'REMOTE_TIMEOUT') known.delete(event.userId);
      else if (event.type === 'REMOTE_STATE_CHANGED') known.set(event.userId, event.states);
      if (event.type !== 'INTERVAL') continue;
      for (const userId of [...event.leave, ...event.timeout]) known.delete(userId);
      for (const userId of event.join) known.set(userId, {});
      for (const { userId, states } of event.states) known.set(userId, states);
      expect(known.size).toBe(event.totalOccupancy);
    }
    return known;
  }
  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

test('SIG26: a window with very many changes is told early, and one for everybody alike is encoded once', async () => {
  const world = new World();
  world.join(...range(1, 60));
  const readers = range(0, 5).map((index) => world.watch(`reader ${index}`));
  world.join(...range(1_000, limits.signalingWindowChangesMax));
  expect(readers[0]?.types).toEqual(['SNAPSHOT', 'INTERVAL', 'INTERVAL']);
  // A join and its states are two changes.
  expect(world.encoded).toBe(2);
  expect(readers[0]?.events.at(-1)).toMatchObject({
    join: { length: limits.signalingWindowChangesMax / 2 },
    totalOccupancy: 60 + limits.signalingWindowChangesMax,
  });
  for (const reader of readers) expect(reader.events).toEqual(readers[0]?.events ?? []);
});

test('SIG151: a live channel that opens or closes among very many who say a role of their own is told in frames of bounded length', async () => {
  const world = new World();
  const about = 'x'.repeat(300);
  const bob = world.watch('bob');
  world.claim({ about }, ...range(1_000, 9_000));
  await world.clock.advance(30_000);
  expect(bob.known.size).toBe(9_000);
  expect(bob.known.get('9999')).toEqual({ role: 'audience', about });

  world.join(1);
  await world.clock.advance(30_000);
  expect(bob.known.size).toBe(9_001);
  expect(bob.known.get('1')).toEqual({ role: 'audience', uid: '1' });
  expect(bob.known.get('9999')).toEqual({ about });
  world.leave(1);
  await world.clock.advance(30_000);
  expect(bob.known.size).toBe(9_000);
  expect(bob.known.get('9999')).toEqual({ role: 'audience', about });
  expect(Math.max(...bob.lengths)).toBeLessThan(1.1 * fixed.signalingFrameLengthMax);
});

test('SIG151: characters that take six in a frame are counted as such', async () => {
  const world = new World();
  world.claim({ about: '\u0001'.repeat(1_000), and: '"'.repeat(1_000), or: '\ud800' }, ...range(1, 300));
  const ann = world.watch('ann');
  world.claim({ about: '\u0002'.repeat(1_000) }, ...range(1, 300));
  await world.clock.advance(30_000);
  expect(ann.types.length).toBeGreaterThan(2);
  expect(Math.max(...ann.lengths)).toBeLessThan(1.1 * fixed.signalingFrameLengthMax);
});

test('SIG27: very many newcomers in one window have it told early, each exactly', async () => {
  const world = new World();
  world.join(...range(1, 60));
  world.watch();
  const readers = range(0, limits.signalingWindowNewcomersMax + 1).map((index) => {
    world.join(1_000 + index);
    return world.watch(`reader ${index}`);
  });
  const [first] = readers;
  const last = readers.at(-1);
  expect(first?.events.at(-1)).toMatchObject({
    type: 'INTERVAL',
    join: { length: limits.signalingWindowNewcomersMax },
  });
  expect(last?.types).toEqual(['SNAPSHOT']);
  world.join(5_000);
  await world.clock.advance(30_000);
  expect(last?.events.at(-1)).toMatchObject({ join: ['5000'] });
});

test('SIG20: in a large channel many who come at once share one snapshot, which is that of its moment', async () => {
  const world = new World();
  world.join(...range(1, limits.signalingSnapshotMergeUsersMin + 1));
  const [ann, bob, gone] = [world.watch('ann'), world.watch('bob'), world.watch('gone')];
  world.channel.detach(gone);
  world.leave(1);
  expect(ann.events).toEqual([]);
  await world.clock.advance(limits.signalingSnapshotMergeMs);
  for (const reader of [ann, bob])
    expect(reader.events).toMatchObject([
      { type: 'SNAPSHOT', occupants: { length: limits.signalingSnapshotMergeUsersMin } },
    ]);
  expect(gone.events).toEqual([]);
  await world.clock.advance(30_000);
  expect(ann.types).toEqual(['SNAPSHOT']);
});

test('SIG20: a snapshot ends at signalingSnapshotUsersMax; the rest is in the pages', async () => {
  const world = new World();
  world.join(...range(1, limits.signalingSnapshotUsersMax + 5));
  const ann = world.watch('ann');
  await world.clock.advance(limits.signalingSnapshotMergeMs);
  expect(ann.events).toMatchObject([{ occupants: { length: limits.signalingSnapshotUsersMax } }]);
  expect(world.channel.fold.occupancy).toBe(limits.signalingSnapshotUsersMax + 5);
});

test('SIG22: without a debounce a leave is told at once, and replaced is leave and join', () => {
  const world = new World();
  const channel = new PresenceChannel({
    key,
    fold: new PresenceFold({}),
    settings: { ...settings, debounceMs: 0 },
    clock: world.clock.process(),
    broadcast: world.broadcast,
  });
  const ann = new Reader(world, 'ann');
  channel.attach(ann);
  for (const record of [joined(1), left(1), joined(1)]) channel.tell(channel.fold.absorbLive(record));
  expect(ann.types).toEqual([
    'SNAPSHOT',
    'REMOTE_JOIN',
    'REMOTE_STATE_CHANGED',
    'REMOTE_LEAVE',
    'REMOTE_JOIN',
    'REMOTE_STATE_CHANGED',
  ]);
});

test('SIG152: who reloads while the channel gets large was never away; who came meanwhile is told of the return alone', async () => {
  const world = new World();
  world.join(...range(1, settings.announceMax - 1));
  const early = world.watch('early');
  world.leave(1);
  const late = world.watch('late');
  world.leave(2);
  world.join(100, 101);
  world.join(1);
  await world.clock.advance(30_000);
  expect(early.events.slice(1)).toMatchObject([
    { type: 'REMOTE_JOIN', userId: '100' },
    { type: 'REMOTE_STATE_CHANGED', userId: '100' },
    { type: 'REMOTE_JOIN', userId: '101' },
    { type: 'REMOTE_STATE_CHANGED', userId: '101' },
    // The first is back, the second is not.
    { type: 'INTERVAL', join: [], leave: ['2'], timeout: [], totalOccupancy: 50 },
  ]);
  expect(late.events.at(-1)).toMatchObject({
    type: 'INTERVAL',
    join: ['1'],
    leave: ['2'],
    totalOccupancy: 50,
  });
  for (const reader of [early, late]) expect(reader.known.size).toBe(50);
  expect(late.types.filter((type) => type === 'INTERVAL')).toHaveLength(1);
});

test('SIG152: who reloads while the channel gets small was never away', async () => {
  const world = new World();
  world.join(...range(1, settings.announceMax));
  const ann = world.watch('ann');
  // The last of them takes it below 90 %, and comes back at once.
  world.leave(...range(1, 6));
  await world.clock.advance(1_000);
  world.join(6, 100);
  world.leave(7, 8);
  await world.clock.advance(5_000);
  expect(ann.types).not.toContain('REMOTE_JOIN');
  expect(ann.known.size).toBe(world.channel.fold.occupancy);
  expect(ann.known.has('6')).toBe(true);
  expect(ann.events.flatMap((event) => (event.type === 'INTERVAL' ? event.leave : []))).not.toContain('6');
  // And from then on one by one.
  world.leave(9);
  world.join(101);
  expect(ann.events.at(-2)).toMatchObject({ type: 'REMOTE_JOIN', userId: '101' });
  await world.clock.advance(2_000);
  expect(ann.events.at(-1)).toEqual({ type: 'REMOTE_LEAVE', userId: '9' });
  expect(ann.known.size).toBe(world.channel.fold.occupancy);
});

test('SIG26: the mode changes back below 90 %, and not for a moment of that', async () => {
  const world = new World();
  world.join(...range(1, settings.announceMax));
  const ann = world.watch('ann');
  world.leave(...range(1, 5));
  await world.clock.advance(10_000);
  expect(world.channel.mode).toBe('interval');
  world.leave(6);
  await world.clock.advance(settings.debounceMs - 1);
  world.join(1);
  await world.clock.advance(10_000);
  expect([world.channel.mode, ann.types]).toEqual(['interval', ['SNAPSHOT']]);
  world.leave(1);
  await world.clock.advance(settings.debounceMs);
  expect([world.channel.mode, ann.types]).toEqual(['announce', ['SNAPSHOT', 'INTERVAL']]);
});

test('SIG26: who has unsubscribed gets no interval any more, whenever it came', async () => {
  const world = new World();
  world.join(...range(1, 60));
  const [old, stays] = [world.watch('old'), world.watch('stays')];
  world.join(100);
  const newcomer = world.watch('newcomer');
  for (const reader of [old, newcomer]) world.channel.detach(reader);
  world.join(101);
  await world.clock.advance(30_000);
  expect([old.types, newcomer.types]).toEqual([['SNAPSHOT'], ['SNAPSHOT']]);
  expect(stays.types).toEqual(['SNAPSHOT', 'INTERVAL']);
});

test('SIG22: who came while a leave was held back is told of the return alone, and of states if there are any', async () => {
  const subscribes: MemberJoined = { ...joined(1), connectionKind: 'signaling' };
  const ways = [
    { absorb: 'absorbLive', states: ['REMOTE_STATE_CHANGED'] },
    { absorb: 'absorbSignaling', states: [] },
  ] as const;
  for (const { absorb, states } of ways) {
    const world = new World();
    const { channel } = world;
    channel.tell(channel.fold[absorb](subscribes));
    const old = world.watch('old');
    channel.tell(channel.fold[absorb](left(1)));
    const ann = world.watch('ann');
    channel.tell(channel.fold[absorb](subscribes));
    await world.clock.advance(10_000);
    expect([absorb, ann.types, old.types]).toEqual([
      absorb,
      ['SNAPSHOT', 'REMOTE_JOIN', ...states],
      ['SNAPSHOT'],
    ]);
  }
});

test('SIG26: nothing is told to who has gone, and no timer stays', async () => {
  const world = new World();
  world.join(...range(1, 60));
  const ann = world.watch('ann');
  world.leave(1);
  world.channel.stop();
  await world.clock.advance(120_000);
  expect(ann.types).toEqual(['SNAPSHOT']);
  expect(world.live.size).toBe(0);
});
