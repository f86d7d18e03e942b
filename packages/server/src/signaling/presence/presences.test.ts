import { expect, test } from 'bun:test';
import type { MemberJoined, SignalingPresence } from '@housecount/protocol';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { asRecord } from '../../../testing/worlds/records.ts';
import { type Channel, type ChannelKey, emptyChannel, liveKey } from '../../channel/channel.ts';
import type { MembershipChange } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import { limits } from '../../limits.ts';
import type { Socket } from '../../net/socket/socket.ts';
import type { RosterReader } from '../../rosters/roster-subscription.ts';
import { defaultSignalingLimits } from '../signaling-limits.ts';
import type { Watcher } from './channel/watchers.ts';
import { Presences, type PresencesOptions } from './presences.ts';

const app = 'a'.repeat(32);
const key = { app, kind: 'message', name: 'lobby' } as const;

const joined = (uid: number, seq: number): MemberJoined => ({
  type: 'member-joined',
  app,
  channel: 'lobby',
  sid: 'C1',
  seq,
  atMs: 1,
  count: seq - 1,
  profile: 'live',
  uid,
  role: 'audience',
  platform: 7,
  clientSeq: 1,
  connectionId: `c${uid}`,
  connectionKind: 'rtc',
  leaseMs: 10_000,
});
const opened: MembershipChange = {
  type: 'channel-opened',
  app,
  channel: 'lobby',
  sid: 'C1',
  seq: 1,
  atMs: 1,
  count: 0,
  profile: 'live',
};

/** A log that is ahead of its reader by as much as the test likes. */
class World {
  readonly records: MembershipChange[] = [opened, joined(1, 2)];
  readonly clock = new SimClock();
  readonly live = new Set<Watcher>();
  read = 2;
  readonly log = {
    lastPosition: 2,
    channel: (of: ChannelKey) => {
      if (of.kind !== 'live') return undefined;
      const state = this.records.reduce<Channel>(evolve, emptyChannel(liveKey(app, 'lobby')));
      return state.sid === undefined ? undefined : state;
    },
  };
  readonly presences: Presences;
  readonly #options: PresencesOptions = {
    log: this.log,
    clock: this.clock.process(),
    random: new SimRandom(1),
    broadcast: {
      publish: (_, text) => {
        for (const watcher of this.live) watcher.send(text);
      },
    },
    settingsOf: () => ({ announceMax: 50, intervalMs: 30_000, debounceMs: 2_000 }),
    isBound: () => true,
  };

  constructor(over: Partial<PresencesOptions> = {}) {
    this.presences = new Presences({ ...this.#options, ...over });
  }

  adds(...added: MembershipChange[]): void {
    this.records.push(...added);
    this.log.lastPosition = this.records.length;
  }
  /** The reader takes the next record. */
  absorb(): void {
    const record = this.records[this.read];
    this.read += 1;
    if (record) this.presences.absorb({ position: this.read, record: asRecord(record) });
  }
  watch(): SignalingPresence['event'][] {
    const events: SignalingPresence['event'][] = [];
    const watcher: Watcher = {
      userId: 'host',
      socket: {} as Socket,
      send: (text) => events.push((JSON.parse(text) as SignalingPresence).event),
      goLive: () => this.live.add(watcher),
      leaveLive: () => this.live.delete(watcher),
    };
    this.presences.watch(key, watcher);
    return events;
  }
}

test('SIG20: a snapshot has what is durable, and nothing that is in it is told again', () => {
  const world = new World();
  world.adds(joined(2, 3));
  const events = world.watch();
  expect(events).toEqual([]);
  // The log has gone on by the time the reader is there.
  world.adds(joined(3, 4));
  world.absorb();
  expect(events).toMatchObject([{ type: 'SNAPSHOT', occupants: { length: 3 } }]);
  world.absorb();
  expect(events).toHaveLength(1);
  world.adds(joined(4, 5));
  world.absorb();
  expect(events.slice(1)).toMatchObject([
    { type: 'REMOTE_JOIN', userId: '4' },
    { type: 'REMOTE_STATE_CHANGED', userId: '4' },
  ]);
});

test('SIG20: what a snapshot has already is not told again as it was on the way', () => {
  const world = new World();
  const becomes = (role: 'audience' | 'broadcaster', seq: number): MembershipChange => {
    const { connectionKind: _kind, leaseMs: _lease, ...subject } = joined(1, seq);
    return { ...subject, type: 'role-changed', role };
  };
  world.adds(becomes('broadcaster', 3));
  const events = world.watch();
  world.adds(becomes('audience', 4), becomes('broadcaster', 5));
  for (let each = 0; each < 3; each++) world.absorb();
  expect(events).toMatchObject([{ type: 'SNAPSHOT', occupants: [{ states: { role: 'broadcaster' } }] }]);
  expect(events).toHaveLength(1);
});

test('SIG20: who stops to watch before the snapshot could be given gets none, and is not waited for', () => {
  const world = new World();
  world.adds(joined(2, 3));
  const events: unknown[] = [];
  const stop = world.presences.watch(key, {
    userId: 'host',
    socket: {} as Socket,
    send: (text) => events.push(text),
    goLive: () => {},
    leaveLive: () => {},
  });
  stop();
  world.absorb();
  world.adds(joined(3, 4));
  world.absorb();
  expect(events).toEqual([]);
});

test('SIG28: bookmarks hold while somebody pages, and are known for what they are when the channel was forgotten', async () => {
  const world = new World();
  const bookmark = (await world.presences.fold(key)).bookmark(1);
  for (let page = 0; page < 3; page++) {
    await world.clock.advance(limits.signalingFoldIdleMs * 0.7);
    world.presences.tidy();
    expect((await world.presences.fold(key)).placeOf(bookmark)).toBe(1);
  }
  await world.clock.advance(limits.signalingFoldIdleMs);
  world.presences.tidy();
  expect((await world.presences.fold(key)).placeOf(bookmark)).toBeUndefined();
});

test('SIG28: who is asked about is kept a while and then forgotten, and channels that are not there never', async () => {
  const world = new World();
  expect((await world.presences.fold(key)).occupancy).toBe(1);
  expect(world.presences.size).toBe(1);
  await world.clock.advance(limits.signalingFoldIdleMs + 1);
  world.presences.tidy();
  expect(world.presences.size).toBe(0);
  world.watch();
  await world.clock.advance(limits.signalingFoldIdleMs + 1);
  world.presences.tidy();
  expect(world.presences.size).toBe(1);
  world.log.channel = () => undefined;
  expect((await world.presences.fold({ ...key, name: 'nowhere' })).occupancy).toBe(0);
  expect(world.presences.size).toBe(1);
});

test('LIMIT7: who is asked about is kept for as long as signalingFoldIdleMs says', async () => {
  const world = new World({ limits: { ...defaultSignalingLimits, signalingFoldIdleMs: 100 } });
  await world.presences.fold(key);
  await world.clock.advance(99);
  world.presences.tidy();
  expect(world.presences.size).toBe(1);
  await world.clock.advance(1);
  world.presences.tidy();
  expect(world.presences.size).toBe(0);
});

test('SIG44: who finds no room for a roster is told what there are too many of: channels, or windows of it', () => {
  const limited = { ...defaultSignalingLimits, signalingRosterChannelsMax: 1, rosterWindowsMax: 1 };
  const { presences } = new World({ limits: limited });
  const reader: RosterReader = {
    send: () => {},
    bufferedBytes: () => 0,
    goLive: () => {},
    leaveLive: () => {},
    onSlow: () => {},
  };
  const another = { ...key, name: 'another' };
  expect(presences.noRosterRoom(key, undefined)).toBeUndefined();
  presences.followRoster(key, { from: 3, count: 10 }, reader);
  expect(presences.noRosterRoom(key, undefined)).toBeUndefined();
  expect(presences.noRosterRoom(key, { from: 4, count: 10 })).toStartWith('Too many different windows');
  for (const view of [undefined, { from: 4, count: 10 }])
    expect(presences.noRosterRoom(another, view)).toBe(
      'The rosters of as many channels are followed as the server may have (1); try again later.',
    );
});
