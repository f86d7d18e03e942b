import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { SignalingRosterMember, SignalingServerFrame } from '@housecount/protocol';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';
import type { RosterChange, RosterOptions, RTMRoster } from './roster.ts';

let world: FakeWorld;
let ann: Harness;
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  const login = ann.client.login();
  await world.pass(10);
  await login;
});
afterEach(async () => {
  void ann.client.logout();
  await world.pass(5_000);
  expect(world.timers).toBe(0);
  world.restore();
});

const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const at = { live: { sid: 'L', seq: 9 } };
const viewer = (userId: string, role: 'audience' | 'broadcaster' = 'audience'): SignalingRosterMember => ({
  userId,
  states: { role },
  live: { uid: 7, role, joinedMs: 1 },
});
const snapshot = (members: SignalingRosterMember[], seq: number, stream = 's'): SignalingServerFrame => ({
  type: 'roster-snapshot',
  ...place,
  stream,
  seq,
  at,
  count: members.length,
  members,
  last: true,
});
const joined = (userId: string, seq: number): SignalingServerFrame => ({
  type: 'roster-changes',
  ...place,
  stream: 's',
  from: seq,
  seq,
  at: { live: { sid: 'L', seq: seq + 10 } },
  count: 1,
  changes: [{ seq, atMs: 1, type: 'joined', member: viewer(userId) }],
});

/** Opens a roster, which the server begins with `first`. */
async function open(first: SignalingServerFrame, options: RosterOptions = {}) {
  const opening = ann.client.roster('lobby', options);
  await world.settle();
  world.socket.tell(first);
  await world.settle();
  const roster = await opening;
  const changes: RosterChange[] = [];
  roster.on('change', (change) => changes.push(change));
  return { roster, changes };
}
async function reconnected(): Promise<void> {
  world.socket.drop();
  await world.pass(5_000);
  expect(ann.client).toBeDefined();
}
const names = (roster: RTMRoster) => [...roster.members.keys()];

describe('all of it', () => {
  test('RTM90: everybody, the counts, and where it is true; then each change, with its reason', async () => {
    const { roster, changes } = await open(
      snapshot([viewer('bob', 'broadcaster'), { userId: 'cid', states: {} }], 4),
    );
    expect(world.of('subscribe-roster')).toEqual([
      { type: 'subscribe-roster', id: expect.any(Number), ...place },
    ]);
    expect([names(roster), roster.count, roster.hostCount, roster.audienceCount]).toEqual([
      ['bob', 'cid'],
      2,
      1,
      0,
    ]);
    expect([roster.at, roster.channelName, roster.channelType]).toEqual([at, 'lobby', 'MESSAGE']);
    world.socket.tell({
      type: 'roster-changes',
      ...place,
      stream: 's',
      from: 4,
      seq: 7,
      at: { live: { sid: 'L', seq: 12 } },
      count: 2,
      changes: [
        // Known already.
        { seq: 4, atMs: 1, type: 'joined', member: viewer('bob') },
        { seq: 5, atMs: 1, type: 'joined', member: viewer('dan') },
        { seq: 6, atMs: 1, type: 'left', userId: 'bob', reason: 'timeout' },
        { seq: 7, atMs: 1, type: 'changed', member: { userId: 'cid', states: {}, interruptedSinceMs: 5 } },
      ],
    });
    await world.settle();
    expect(changes).toEqual([
      {
        joined: [viewer('dan')],
        left: [{ member: viewer('bob', 'broadcaster'), reason: 'timeout' }],
        changed: [{ userId: 'cid', states: {}, interruptedSinceMs: 5 }],
      },
    ]);
    expect([
      names(roster),
      roster.count,
      roster.hostCount,
      roster.audienceCount,
      roster.interruptedCount,
    ]).toEqual([['cid', 'dan'], 2, 0, 1, 1]);
    expect(roster.at).toEqual({ live: { sid: 'L', seq: 12 } });
  });

  test('RTM90, PERSON43: a late link is one change: who was shown by a number went on as part of the user', async () => {
    const { roster, changes } = await open(snapshot([viewer('4711'), { userId: 'ann', states: {} }], 4));
    world.socket.tell({
      type: 'roster-changes',
      ...place,
      stream: 's',
      from: 5,
      seq: 6,
      at,
      count: 1,
      changes: [
        { seq: 5, atMs: 1, type: 'left', userId: '4711', reason: 'quit', into: 'ann' },
        { seq: 6, atMs: 1, type: 'changed', member: viewer('ann') },
      ],
    });
    await world.settle();
    expect(changes).toEqual([
      {
        joined: [],
        left: [{ member: viewer('4711'), reason: 'quit', into: 'ann' }],
        changed: [viewer('ann')],
      },
    ]);
    expect([names(roster), roster.audienceCount]).toEqual([['ann'], 1]);
  });

  test('RTM90: a snapshot comes in pages; nothing is told of half of one', async () => {
    const opening = ann.client.roster('lobby');
    await world.settle();
    const page = snapshot([viewer('bob')], 4);
    world.socket.tell({ ...page, count: 2, last: false } as SignalingServerFrame);
    world.socket.tell({ ...joined('early', 4) });
    await world.settle();
    world.socket.tell({ ...snapshot([viewer('cid')], 4), count: 2 } as SignalingServerFrame);
    await world.settle();
    expect(names(await opening)).toEqual(['bob', 'cid']);
  });

  test('RTM91: two rosters of the same place share a subscription, which ends with the last; a close is final', async () => {
    const first = await open(snapshot([viewer('bob')], 1));
    const second = await ann.client.roster('lobby');
    expect(world.of('subscribe-roster')).toHaveLength(1);
    first.roster.close();
    first.roster.close();
    expect(world.of('unsubscribe-roster')).toEqual([]);
    world.socket.tell(joined('cid', 2));
    await world.settle();
    expect([first.changes, names(second)]).toEqual([[], ['bob', 'cid']]);
    second.close();
    await world.settle();
    expect(world.of('unsubscribe-roster')).toEqual([
      { type: 'unsubscribe-roster', id: expect.any(Number), ...place },
    ]);
    const third = await open(snapshot([], 2));
    expect(names(third.roster)).toEqual([]);
  });
});

describe('over losses', () => {
  test('RTM92: a new connection is asked from what is known on; nothing is told twice', async () => {
    const { roster, changes } = await open(snapshot([viewer('bob')], 4));
    await reconnected();
    expect(world.of('subscribe-roster').at(-1)).toMatchObject({
      ...place,
      cursor: { stream: 's', after: 4 },
    });
    world.socket.tell(joined('cid', 5));
    await world.settle();
    expect([names(roster), changes.length]).toEqual([['bob', 'cid'], 1]);
  });

  test('RTM92: a snapshot instead is told as what differs, net', async () => {
    const { roster, changes } = await open(snapshot([viewer('bob'), viewer('cid'), viewer('dan')], 4));
    await reconnected();
    world.socket.tell(snapshot([viewer('cid', 'broadcaster'), viewer('dan'), viewer('eve')], 0, 'another'));
    await world.settle();
    expect(changes).toEqual([
      {
        joined: [viewer('eve')],
        left: [{ member: viewer('bob') }],
        changed: [viewer('cid', 'broadcaster')],
      },
    ]);
    expect([names(roster), roster.hostCount, roster.audienceCount]).toEqual([['cid', 'dan', 'eve'], 1, 2]);
  });

  test('RTM92: a change that is not the next one is not believed: the roster is asked for again', async () => {
    const { roster, changes } = await open(snapshot([viewer('bob')], 4));
    world.socket.tell(joined('dan', 6));
    await world.settle();
    expect([names(roster), changes]).toEqual([['bob'], []]);
    expect(world.of('subscribe-roster').at(-1)).toMatchObject({ cursor: { stream: 's', after: 4 } });
    // While it is being asked for, what else comes behind the hole asks for nothing more.
    const held: (() => void)[] = [];
    world.onRequest = ({ id }, socket) => void held.push(() => socket.ok(id));
    for (const seq of [7, 8, 9]) world.socket.tell(joined('dan', seq));
    await world.settle();
    expect([world.of('subscribe-roster').length, held.length]).toEqual([3, 1]);
    world.onRequest = ({ id }, socket) => socket.ok(id);
    held[0]?.();
    await world.settle();
    world.socket.tell({ ...joined('dan', 6), stream: 'another' } as SignalingServerFrame);
    await world.settle();
    expect(world.of('subscribe-roster')).toHaveLength(4);
  });

  test('RTM92: it is kept over a failure, and asked for with the next login; a logout forgets it', async () => {
    const { roster, changes } = await open(snapshot([viewer('bob')], 4));
    world.socket.tell({
      type: 'closing',
      code: 'replaced',
      errorCode: -10013,
      message: 'Gone.',
      retry: false,
    });
    await world.settle();
    const login = ann.client.login();
    await world.pass(10);
    await login;
    expect(world.of('subscribe-roster')).toHaveLength(2);
    await ann.client.logout();
    const again = ann.client.login();
    await world.pass(10);
    await again;
    expect([world.of('subscribe-roster').length, changes, names(roster)]).toEqual([2, [], ['bob']]);
  });
});

describe('views', () => {
  const window = (members: SignalingRosterMember[], seq: number): SignalingServerFrame => ({
    type: 'roster-window',
    ...place,
    stream: 's',
    seq,
    at,
    count: 100_000,
    hosts: 1,
    audience: 99_990,
    interrupted: 3,
    view: { from: 0, count: 2 },
    members,
  });

  test('RTM93: a window, and the counts of the whole channel; what moves out of it has left it', async () => {
    const { roster, changes } = await open(window([viewer('bob'), viewer('cid')], 4), { first: 2 });
    expect(world.of('subscribe-roster').at(-1)).toMatchObject({ view: { from: 0, count: 2 } });
    expect([names(roster), roster.count, roster.audienceCount, roster.interruptedCount]).toEqual([
      ['bob', 'cid'],
      100_000,
      99_990,
      3,
    ]);
    const { members: _, ...counts } = window([], 6) as Extract<
      SignalingServerFrame,
      { type: 'roster-window' }
    >;
    const next = {
      ...counts,
      type: 'roster-window-changes',
      count: 99_999,
      after: 4,
      left: ['bob'],
    } as const;
    world.socket.tell({ ...next, changed: [viewer('cid', 'broadcaster')], entered: [viewer('dan')] });
    await world.settle();
    expect(changes).toEqual([
      { joined: [viewer('dan')], left: [{ member: viewer('bob') }], changed: [viewer('cid', 'broadcaster')] },
    ]);
    expect([names(roster), roster.count]).toEqual([['cid', 'dan'], 99_999]);
    // Older ones are known; one that does not follow is a hole.
    world.socket.tell({ ...next, seq: 6, after: 3 });
    await world.settle();
    expect(world.of('subscribe-roster')).toHaveLength(1);
    world.socket.tell({ ...next, seq: 9, after: 8 });
    await world.settle();
    expect([world.of('subscribe-roster').length, names(roster)]).toEqual([2, ['cid', 'dan']]);
  });

  test('RTM93: the counts alone name nobody; different views of a channel are told apart', async () => {
    const count = { stream: 's', seq: 4, at, count: 9, hosts: 1, audience: 7, interrupted: 0 };
    const counts = await open({ type: 'roster-count', ...place, ...count }, { countOnly: true });
    const both = await open(window([viewer('bob')], 4), { from: 0, count: 2 });
    expect(world.of('subscribe-roster').map(({ view }) => view)).toEqual([
      { count: true },
      { from: 0, count: 2 },
    ]);
    world.socket.tell({ type: 'roster-count', ...place, ...count, seq: 5, count: 10 });
    await world.settle();
    expect([counts.roster.count, names(counts.roster), counts.changes.length]).toEqual([10, [], 1]);
    expect([both.roster.count, both.changes]).toEqual([100_000, []]);
    // Each is asked for again, and begins whole.
    await reconnected();
    expect(
      world
        .of('subscribe-roster')
        .slice(2)
        .map(({ view, cursor }) => [view, cursor]),
    ).toEqual([
      [{ count: true }, undefined],
      [{ from: 0, count: 2 }, undefined],
    ]);
  });
});

describe('what cannot be', () => {
  test('RTM94: arguments and the connection are checked in the order of the API, without asking the server', async () => {
    const roster = (...args: unknown[]) =>
      outcome((ann.client.roster as (...args: unknown[]) => Promise<unknown>).call(ann.client, ...args));
    expect(await roster('lobby', { channelType: 'USER' })).toBe(-10019);
    expect(await roster('a.b')).toBe(-10008);
    for (const bad of [
      { first: 0 },
      { first: 101 },
      { first: 1.5 },
      { from: 0 },
      { count: 5 },
      { from: -1, count: 5 },
    ])
      expect(await roster('lobby', bad)).toBe(-13003);
    await world.pass(1_000);
    for (const bad of [{ first: 5, countOnly: true }, { first: 5, from: 1, count: 2 }, 7])
      expect(await roster('lobby', bad)).toBe(-13003);
    expect(world.of('subscribe-roster')).toEqual([]);
    await ann.client.logout();
    expect(await roster('lobby')).toBe(-10025);
    await world.pass(1_000);
    expect(await roster('lobby', { channelType: 'USER' })).toBe(-10019);
  });

  test('RTM94: a refusal, no answer, no first frame, and a loss before it reject, and nothing is followed', async () => {
    world.onRequest = ({ id }, socket) => socket.refuse(id, -13013);
    const refused = outcome(ann.client.roster('lobby'));
    await world.settle();
    expect(await refused).toBe(-13013);
    world.onRequest = () => undefined;
    const silent = outcome(ann.client.roster('lobby'));
    await world.pass(11_000);
    expect(await silent).toBe(-13012);
    world.onRequest = ({ id }, socket) => socket.ok(id);
    const empty = outcome(ann.client.roster('lobby'));
    await world.pass(10_000);
    expect(await empty).toBe(-13012);
    world.onRequest = () => undefined;
    const lost = outcome(ann.client.roster('lobby', { first: 5 }));
    world.socket.drop();
    await world.settle();
    expect(await lost).toBe(-13013);
    const asked = world.requests.length;
    world.onRequest = ({ id }, socket) => socket.ok(id);
    await world.pass(10_000);
    expect(world.requests.slice(asked).filter(({ type }) => type === 'subscribe-roster')).toEqual([]);
  });

  test('RTM94: a logout while the roster is on its way rejects it; a listener that throws harms nobody', async () => {
    const pending = outcome(ann.client.roster('lobby'));
    await world.settle();
    void ann.client.logout();
    expect(await pending).toBe(-10025);
    await world.pass(3_000);
    const login = ann.client.login();
    await world.pass(10);
    await login;
    const { roster } = await open(snapshot([], 0));
    const other = await ann.client.roster('lobby');
    roster.prependListener('change', () => {
      throw new Error('mine');
    });
    const heard: RosterChange[] = [];
    other.on('change', (change) => heard.push(change));
    world.socket.tell(joined('bob', 1));
    await world.settle();
    expect(heard).toHaveLength(1);
  });

  test('RTM95: a token that does not allow it any more ends it, with the error; nothing is asked again', async () => {
    const { roster, changes } = await open(snapshot([viewer('bob')], 4));
    const ends: unknown[] = [];
    roster.on('ended', (error) => ends.push(error.errorCode));
    world.socket.tell({ type: 'roster-ended', ...place, code: 'token_no_privilege', message: 'No.' });
    world.socket.tell(joined('cid', 5));
    await world.settle();
    expect([ends, changes]).toEqual([[-13013], []]);
    await reconnected();
    expect(world.of('subscribe-roster')).toHaveLength(1);
    const { roster: again } = await open(snapshot([], 0));
    again.on('ended', (error) => ends.push(error.errorCode));
    world.onRequest = ({ id, type }, socket) =>
      type === 'subscribe-roster' ? socket.refuse(id, -13013) : socket.ok(id);
    await reconnected();
    expect(ends).toEqual([-13013, -13013]);
  });
});
