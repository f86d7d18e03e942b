import { beforeEach, describe, expect, test } from 'bun:test';
import type {
  RosterChange,
  RosterMember,
  RosterWindowChangesFrame,
  RosterWindowFrame,
} from '@housecount/protocol';
import { codeOf } from '../testing/fake-server.ts';
import { RosterView } from './roster.ts';
import { RosterPart, readRange } from './roster-part.ts';

const told: unknown[] = [];
const newPart = (): RosterPart =>
  new RosterPart({
    counts: ({ count, hostCount, audienceCount, interruptedCount, seq }) =>
      told.push(['counts', count, hostCount, audienceCount, interruptedCount, seq]),
    window: ({ from, members }) => told.push(['window', from, ...members.map(({ uid }) => uid)]),
    hole: () => told.push(['hole']),
  });
let part: RosterPart;
beforeEach(() => {
  told.splice(0);
  part = newPart();
});

const member = (uid: number, over: Partial<RosterMember> = {}): RosterMember => ({
  uid,
  role: 'audience',
  platform: 7,
  connection: 'rtc',
  joinedMs: 5,
  ...over,
});
const counts = (count: number, hosts = 0, interrupted = 0) => ({
  count,
  hosts,
  audience: count - hosts,
  interrupted,
});
const whole = (members: RosterMember[], over: Partial<RosterWindowFrame> = {}): RosterWindowFrame => ({
  type: 'roster-window',
  sid: 's1',
  seq: 10,
  from: 0,
  members,
  ...counts(members.length),
  ...over,
});
const changes = (over: Partial<RosterWindowChangesFrame>): RosterWindowChangesFrame => ({
  type: 'roster-window-changes',
  sid: 's1',
  after: 10,
  seq: 11,
  ...counts(3),
  ...over,
});

describe('counts', () => {
  test('SDK27: the counts are told at first, and when one of them is another', async () => {
    const counted = part.whenCounted();
    const frame = { type: 'roster-count', sid: 's1', seq: 10, ...counts(5, 1) } as const;
    part.takeCounts(frame);
    await counted;
    part.takeCounts({ ...frame, seq: 12 });
    expect(part).toMatchObject({ count: 5, hostCount: 1, audienceCount: 4, interruptedCount: 0, seq: 12 });
    part.takeCounts({ ...frame, seq: 13, hosts: 2, audience: 3 });
    part.takeCounts({ ...frame, seq: 13, hosts: 2, audience: 3, interrupted: 1 });
    expect(told).toEqual([
      ['counts', 5, 1, 4, 0, 10],
      ['counts', 5, 2, 3, 0, 13],
      ['counts', 5, 2, 3, 1, 13],
    ]);
    await part.whenCounted();
  });
});

describe('window', () => {
  test('SDK27: first whole, then what changes: out, in place, and at the end', () => {
    part.takeWindow(whole([member(1, { role: 'broadcaster' }), member(2), member(3, { account: 'ann' })]));
    part.takeChanges(
      changes({
        left: [1],
        changed: [member(2, { interruptedSinceMs: 77 })],
        entered: [member(4), member(5)],
      }),
    );
    expect(part.members).toMatchObject([
      { uid: 2, interruptedSinceMs: 77 },
      { uid: 'ann', numericUid: 3 },
      { uid: 4, role: 'audience' },
      { uid: 5 },
    ]);
    expect(part).toMatchObject({ seq: 11, from: 0 });
    // A member who left and came again stands at the end.
    part.takeChanges(changes({ after: 11, seq: 13, left: [3], entered: [member(3)] }));
    expect(part.members.map(({ numericUid }) => numericUid)).toEqual([2, 4, 5, 3]);
    // A change of the counts alone shows nothing else.
    told.splice(0);
    part.takeChanges(changes({ after: 13, seq: 14, ...counts(99) }));
    expect(told).toEqual([['counts', 99, 0, 99, 0, 14]]);
    expect(part.seq).toBe(14);
  });

  for (const [what, frame] of [
    ['that follows another seq', changes({ after: 9 })],
    ['that is ahead', changes({ after: 11, seq: 12 })],
    ['of another sid', changes({ sid: 's2' })],
  ] as const)
    test(`SDK27: a change ${what} is a hole: the window is asked for once more, and nothing is believed meanwhile`, () => {
      part.takeWindow(whole([member(1)]));
      told.splice(0);
      part.takeChanges({ ...frame, left: [1] });
      part.takeChanges(changes({ left: [1] }));
      expect(told).toEqual([['hole']]);
      expect(part.members).toHaveLength(1);
      part.takeWindow(whole([member(2)], { seq: 20 }));
      part.takeChanges(changes({ after: 20, seq: 21, entered: [member(3)] }));
      expect(part.members.map(({ uid }) => uid)).toEqual([2, 3]);
    });

  test('SDK27: changes without a window are none', () => {
    part.takeChanges(changes({ entered: [member(1)] }));
    expect([part.members.length, told.length]).toEqual([0, 0]);
  });

  test('SDK27: a caller that asked for a window from some place waits for that window', async () => {
    let shown = false;
    const waiting = part.whenShown({ from: 50, count: 5 });
    const done = waiting.shown.then(() => {
      shown = true;
    });
    part.takeWindow(whole([member(1)]));
    await Promise.resolve();
    expect(shown).toBe(false);
    part.takeWindow(whole([], { from: 50 }));
    await done;
    waiting.forget();
    expect(part.from).toBe(50);
  });
});

test('SDK28: cut from the whole roster, counts and window are the same as the server would show', () => {
  const view = new RosterView({
    audienceJoined: () => undefined,
    audienceLeft: () => undefined,
    audienceCount: () => undefined,
    interrupted: () => undefined,
    back: () => undefined,
    hole: () => undefined,
  });
  const at = { sid: 's1', profile: 'live', last: true } as const;
  const members = [member(1, { role: 'broadcaster' }), member(2), member(3), member(4)];
  view.takeSnapshot({ type: 'roster-snapshot', ...at, seq: 10, count: 4, members });
  part.cutFrom(view, { from: 1, count: 2 });
  expect(told).toEqual([
    ['counts', 4, 1, 3, 0, 10],
    ['window', 1, 2, 3],
  ]);
  part.cutFrom(view, { from: 1, count: 2 });
  expect(told).toHaveLength(2);
  // Silence and roles change members where they stand.
  view.takeInterrupted({
    type: 'roster-interrupted',
    sid: 's1',
    silent: [{ uid: 2, sinceMs: 7 }],
    back: [],
  });
  const become: RosterChange = { seq: 11, atMs: 1, type: 'role', uid: 2, role: 'broadcaster' };
  view.takeChanges({ type: 'roster-changes', sid: 's1', from: 11, to: 11, count: 4, changes: [become] });
  part.cutFrom(view, { from: 1, count: 2 });
  expect(told.slice(2)).toEqual([
    ['counts', 4, 2, 2, 1, 11],
    ['window', 1, 2, 3],
  ]);
  expect(part.members[0]).toMatchObject({ uid: 2, role: 'host', interruptedSinceMs: 7 });
  part.cutFrom(view, { from: 9, count: 2 });
  expect(part.members).toEqual([]);
});

test('SDK27: a range is checked before anybody is asked', async () => {
  expect(readRange({ first: 1 })).toEqual({ from: 0, count: 1 });
  expect(readRange({ from: 400, count: 1_000 })).toEqual({ from: 400, count: 1_000 });
  for (const bad of [
    null,
    5,
    'first',
    {},
    { first: 0 },
    { first: 1_001 },
    { first: 1.5 },
    { first: '5' },
    { from: -1, count: 5 },
    { from: 0.5, count: 5 },
    { from: 2 ** 53, count: 5 },
    { from: 0 },
    { from: 0, count: true },
    { count: 5 },
  ])
    expect(await codeOf((async () => readRange(bad as never))())).toBe('INVALID_PARAMS');
});
