import { expect, test } from 'bun:test';
import type { MemberJoined, MemberLeft, SignalingPresence } from '@housecount/protocol';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { limits } from '../limits.ts';
import { PresenceChannel, type Watcher } from './presence-channel.ts';
import { PresenceFold } from './presence-fold.ts';

const key = { app: 'a'.repeat(32), channelType: 'MESSAGE', channel: 'lobby' } as const;
const settings = { announceMax: 50, intervalMs: 30_000, debounceMs: 2_000 };

const joined = (uid: number): MemberJoined => ({
  type: 'member-joined',
  app: key.app,
  channel: key.channel,
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
  readonly channel = new PresenceChannel({
    key,
    fold: new PresenceFold({}),
    settings,
    clock: this.clock.process(),
    broadcast: {
      publish: (_, text) => {
        this.encoded += 1;
        for (const reader of this.live) reader.send(text);
      },
    },
  });

  join(...uids: number[]): void {
    for (const uid of uids) this.channel.tell(this.channel.fold.absorbLive(joined(uid)));
  }
  leave(...uids: number[]): void {
    for (const uid of uids) this.channel.tell(this.channel.fold.absorbLive(left(uid)));
  }
  watch(userId = 'host'): Reader {
    const reader = new Reader(this, userId);
    this.channel.attach(reader);
    return reader;
  }
}

class Reader implements Watcher {
  readonly events: SignalingPresence['event'][] = [];
  constructor(
    readonly world: World,
    readonly userId: string,
  ) {}
  send(text: string): void {
    this.events.push((JSON.parse(text) as SignalingPresence).event);
  }
  goLive(): void {
    this.world.live.add(this);
  }
  leaveLive(): void {
    this.world.live.delete(this);
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
    broadcast: { publish: () => {} },
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
