import { beforeEach, expect, test } from 'bun:test';
import type { RosterChange, RosterMember } from '@housecount/protocol';
import { RosterView } from './roster.ts';

const told: string[] = [];
const view = (): RosterView =>
  new RosterView({
    audienceJoined: (member) => told.push(`joined ${member.uid}`),
    audienceLeft: (member, reason) => told.push(`left ${member.uid} ${reason}`),
    audienceCount: (count) => told.push(`count ${count}`),
    interrupted: (member) => told.push(`silent ${member.uid} ${member.interruptedSinceMs}`),
    back: (member) => told.push(`back ${member.uid} ${member.interruptedSinceMs}`),
    hole: () => told.push('hole'),
  });
beforeEach(() => told.splice(0));

const member = (uid: number, over: Partial<RosterMember> = {}): RosterMember => ({
  uid,
  role: 'audience',
  platform: 7,
  connection: 'rtc',
  joinedMs: 5,
  ...over,
});
const snapshot = (members: RosterMember[], over: object = {}) =>
  ({
    type: 'roster-snapshot',
    sid: 's1',
    seq: 10,
    profile: 'live',
    count: members.length,
    members,
    last: true,
    ...over,
  }) as const;
const joins = (seq: number, uid: number): RosterChange => ({
  seq,
  atMs: 1,
  type: 'joined',
  member: member(uid),
});
const leaves = (seq: number, uid: number): RosterChange => ({
  seq,
  atMs: 1,
  type: 'left',
  uid,
  role: 'audience',
  reason: 'timeout',
  lastHeardMs: 1,
});
const changes = (list: RosterChange[], over: object = {}) =>
  ({
    type: 'roster-changes',
    sid: 's1',
    from: list[0]?.seq ?? 0,
    to: list.at(-1)?.seq ?? 0,
    count: 0,
    changes: list,
    ...over,
  }) as const;

test('SDK20: the first snapshot is where the view begins: members are there, and only the count is told', async () => {
  const roster = view();
  roster.takeSnapshot(snapshot([member(1, { role: 'broadcaster' })], { last: false, count: 3 }));
  expect(roster.members.size).toBe(0);
  roster.takeSnapshot(snapshot([member(2), member(3, { account: 'ann' })], { count: 3 }));
  await roster.whenReady();
  expect([...roster.members.keys()]).toEqual([1, 2, 'ann']);
  expect(roster.members.get('ann')).toMatchObject({ numericUid: 3, account: 'ann', role: 'audience' });
  expect(roster.members.get(1)?.role).toBe('host');
  expect(roster).toMatchObject({ count: 3, audienceCount: 2, seq: 10, sid: 's1' });
  expect(told).toEqual(['count 2']);
});

test('SDK21: changes are applied once and in order; those that are not newer are skipped', () => {
  const roster = view();
  roster.takeSnapshot(snapshot([member(2)]));
  roster.takeChanges(changes([joins(9, 8), leaves(10, 8), joins(11, 4)], { count: 2 }));
  roster.takeChanges(changes([joins(11, 4), leaves(12, 2)], { count: 1 }));
  expect(told).toEqual(['count 1', 'joined 4', 'count 2', 'left 2 timeout', 'count 1']);
  expect([...roster.members.keys()]).toEqual([4]);
  expect(roster.seq).toBe(12);
});

test('SDK21: changes that come before the end of the snapshot wait for it', () => {
  const roster = view();
  roster.takeChanges(changes([joins(11, 4)], { count: 3 }));
  roster.takeSnapshot(snapshot([member(2)], { last: false }));
  roster.takeChanges(changes([leaves(12, 2)], { count: 1 }));
  roster.takeSnapshot(snapshot([member(3)]));
  expect([...roster.members.keys()]).toEqual([3, 4]);
  expect(roster.seq).toBe(12);
});

for (const [what, frame] of [
  ['a frame that begins too late', changes([joins(12, 4)])],
  ['a frame with a gap inside', changes([joins(11, 4), joins(13, 5)])],
  ['a frame of another sid', changes([joins(11, 4)], { sid: 's2' })],
] as const)
  test(`SDK22: ${what} is a hole: a snapshot is asked for, and tells what was missed`, () => {
    const roster = view();
    roster.takeSnapshot(snapshot([member(2), member(3)]));
    told.splice(0);
    roster.takeChanges(frame);
    expect(told.at(-1)).toBe('hole');
    roster.takeChanges(changes([joins(14, 6)]));
    expect(told.filter((line) => line === 'hole')).toHaveLength(1);
    told.splice(0);
    roster.takeSnapshot(snapshot([member(3), member(6), member(5)], { seq: 14 }));
    expect(told).toContain('left 2 other');
    expect(told).toContain('joined 5');
    expect(told).not.toContain('joined 3');
    expect([...roster.members.keys()].toSorted()).toEqual([3, 5, 6]);
  });

test('SDK23: a role change moves a member between stage and audience, without a leave', () => {
  const roster = view();
  roster.takeSnapshot(snapshot([member(2)]));
  told.splice(0);
  roster.takeChanges(
    changes([{ seq: 11, atMs: 1, type: 'role', uid: 2, role: 'broadcaster' }], { count: 1 }),
  );
  roster.takeChanges(changes([{ seq: 12, atMs: 1, type: 'role', uid: 2, role: 'audience' }], { count: 1 }));
  expect(told).toEqual(['left 2 became-host', 'count 0', 'joined 2', 'count 1']);
  expect(roster.members.get(2)?.role).toBe('audience');
});

test('SDK24: silence is shown and taken back, and does not change seq', () => {
  const roster = view();
  roster.takeSnapshot(snapshot([member(2)]));
  told.splice(0);
  const silent = {
    type: 'roster-interrupted',
    sid: 's1',
    silent: [{ uid: 2, sinceMs: 77 }],
    back: [],
  } as const;
  roster.takeInterrupted(silent);
  expect(roster.members.get(2)?.interruptedSinceMs).toBe(77);
  expect(roster.cursor).toBeUndefined();
  roster.takeInterrupted({ ...silent, silent: [], back: [2] });
  roster.takeInterrupted({ ...silent, silent: [{ uid: 99, sinceMs: 1 }], back: [98] });
  roster.takeInterrupted({ ...silent, sid: 'old', silent: [{ uid: 2, sinceMs: 1 }] });
  expect(told).toEqual(['silent 2 77', 'back 2 undefined']);
  expect(roster.cursor).toEqual({ sid: 's1', after: 10 });
});

test('PERSON16: a link that comes later is shown of the member, and is no change of the roster', () => {
  const roster = view();
  roster.takeSnapshot(snapshot([member(2), member(3, { account: 'ann', userId: 'a' })], { count: 2 }));
  told.splice(0);
  const linked = { type: 'roster-linked', sid: 's1', linked: [{ uid: 2, userId: 'bob' }] } as const;
  roster.takeLinked(linked);
  roster.takeLinked({ ...linked, linked: [{ uid: 99, userId: 'nobody' }] });
  roster.takeLinked({ ...linked, sid: 'old', linked: [{ uid: 3, userId: 'other' }] });
  expect([roster.members.get(2)?.userId, roster.members.get('ann')?.userId]).toEqual(['bob', 'a']);
  expect([told, roster.seq]).toEqual([[], 10]);
});
