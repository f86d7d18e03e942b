import { describe, expect, test } from 'bun:test';
import type { Member } from './member.ts';
import { Roster } from './roster.ts';

const member = (uid: number, joinedSeq: number, more: Partial<Member> = {}): Member => ({
  uid,
  role: 'audience',
  platform: 0,
  connectionId: `c${uid}-${joinedSeq}`,
  connectionKind: 'rtc',
  joinedMs: 0,
  joinedSeq,
  clientSeq: 1,
  attachment: 1,
  leaseMs: 10,
  link: { state: 'live' },
  ...more,
});
const silent = (leaseEndsMs: number): Member['link'] => ({
  state: 'silent',
  lastHeardMs: 0,
  noticedMs: 0,
  evidence: 'silence',
  leaseEndsMs,
});
const uids = (members: Iterable<Member>): number[] => Array.from(members, ({ uid }) => uid);

describe('Roster', () => {
  const three = Roster.empty
    .with(member(30, 2))
    .with(member(10, 3, { role: 'broadcaster' }))
    .with(member(20, 4));

  test('CHAN21: members come in order of arrival, and pages continue after a joinedSeq', () => {
    expect(uids(three)).toEqual([30, 10, 20]);
    expect(uids(three.page(0, 2))).toEqual([30, 10]);
    expect(uids(three.page(3, 2))).toEqual([20]);
    expect(uids(three.page(4, 2))).toEqual([]);
    expect(uids(three.page(0, 0))).toEqual([]);
  });

  test('CHAN21: a place in the order of arrival is found, however many came and went before', () => {
    expect(uids(three.range(0, 2))).toEqual([30, 10]);
    expect(uids(three.range(1, 5))).toEqual([10, 20]);
    expect(uids(three.without(30).range(1, 5))).toEqual([20]);
    expect(uids(three.range(3, 5))).toEqual([]);
    expect(uids(three.range(0, 0))).toEqual([]);
  });

  test('interrupted counts those whose connection is silent', () => {
    const quiet = three.with(member(30, 2, { link: silent(50) })).with(member(10, 3, { link: silent(60) }));
    expect([three.interrupted, quiet.interrupted]).toEqual([0, 2]);
    expect(quiet.with(member(30, 2, { link: silent(70) })).interrupted).toBe(2);
    expect(quiet.with(member(30, 2)).interrupted).toBe(1);
    expect(quiet.without(30).interrupted).toBe(1);
    expect(quiet.without(20).interrupted).toBe(2);
    expect(Roster.empty.with(member(1, 1, { link: silent(5) })).interrupted).toBe(1);
  });

  test('CHAN21: a change leaves the kept roster as it was', () => {
    const changed = three.without(10).with(member(40, 9));
    expect(uids(changed)).toEqual([30, 20, 40]);
    expect(uids(three)).toEqual([30, 10, 20]);
    expect([three.size, changed.size]).toEqual([3, 3]);
    expect([three.hosts, changed.hosts]).toEqual([1, 0]);
  });

  test('a member is found by uid and by connection, and no longer once it is out', () => {
    expect(three.get(10)?.joinedSeq).toBe(3);
    expect(three.getByConnection('c10-3')?.uid).toBe(10);
    expect(three.get(11)).toBeUndefined();
    expect(three.getByConnection('c11')).toBeUndefined();
    const without = three.without(10);
    expect(without.get(10)).toBeUndefined();
    expect(without.getByConnection('c10-3')).toBeUndefined();
    expect(three.without(11)).toBe(three);
  });

  test('another connection takes the place of the old one', () => {
    const moved = three.with(member(30, 2, { connectionId: 'new' }));
    expect(moved.getByConnection('new')?.uid).toBe(30);
    expect(moved.getByConnection('c30-2')).toBeUndefined();
    expect(moved.size).toBe(3);
  });

  test('connection ids with the same hash are told apart', () => {
    // A known colliding pair of 32-bit FNV-1a.
    const pair = Roster.empty
      .with(member(1, 1, { connectionId: 'costarring' }))
      .with(member(2, 2, { connectionId: 'liquid' }));
    expect(pair.getByConnection('costarring')?.uid).toBe(1);
    expect(pair.getByConnection('liquid')?.uid).toBe(2);
    const rest = pair.without(1);
    expect(rest.getByConnection('costarring')).toBeUndefined();
    expect(rest.getByConnection('liquid')?.uid).toBe(2);
  });

  test('broadcasters follow the role', () => {
    expect(uids(three.broadcasters())).toEqual([10]);
    const more = three.with(member(20, 4, { role: 'broadcaster' }));
    expect(uids(more.broadcasters())).toEqual([10, 20]);
    expect(uids(more.with(member(10, 3)).broadcasters())).toEqual([20]);
  });

  test('endsMs is the earliest lease or token, and endedBy gives exactly those that ended', () => {
    expect(three.endsMs).toBe(Number.POSITIVE_INFINITY);
    const running = three
      .with(member(30, 2, { link: silent(50), tokenEndsMs: 70 }))
      .with(member(10, 3, { tokenEndsMs: 40 }));
    expect(running.endsMs).toBe(40);
    expect(uids(running.endedBy(39))).toEqual([]);
    expect(uids(running.endedBy(40))).toEqual([10]);
    expect(uids(running.endedBy(50))).toEqual([30, 10]);
    expect(running.with(member(10, 3)).endsMs).toBe(50);
    expect(running.without(10).without(30).endsMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a uid cannot stand in a roster twice', () => {
    expect(() => three.with(member(10, 8))).toThrow('a uid is in a roster once');
    expect(() => three.with(member(99, 3))).toThrow('a joinedSeq is of one member');
  });
});
