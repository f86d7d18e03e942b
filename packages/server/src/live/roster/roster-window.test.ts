import { describe, expect, test } from 'bun:test';
import type { RosterMember } from '@housecount/protocol';
import fc from 'fast-check';
import type { Member } from '../../channel/membership/member.ts';
import { Roster } from '../../channel/membership/roster.ts';
import { rangeOf } from '../../rosters/window.ts';
import { toRosterMember } from './roster-member.ts';
import { type WindowChanges, windowChanges } from './roster-window.ts';

const member = (uid: number, joinedSeq: number): Member => ({
  uid,
  role: 'audience',
  platform: 0,
  connectionId: `c${joinedSeq}`,
  connectionKind: 'rtc',
  joinedMs: joinedSeq,
  joinedSeq,
  clientSeq: 1,
  attachment: 1,
  leaseMs: 10,
  link: { state: 'live' },
});
const silent = (lastHeardMs: number): Member['link'] => ({
  state: 'silent',
  lastHeardMs,
  noticedMs: 0,
  evidence: 'silence',
  leaseEndsMs: 9,
});

/** A client as docs/protocol.md describes it, with nothing but what it was told. */
function fold(window: readonly RosterMember[], { left, changed, entered }: WindowChanges): RosterMember[] {
  const gone = new Set(left);
  const now = new Map(changed?.map((each) => [each.uid, each]));
  const rest = window.filter(({ uid }) => !gone.has(uid)).map((each) => now.get(each.uid) ?? each);
  return [...rest, ...(entered ?? [])];
}

const uid = fc.integer({ min: 1, max: 9 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('join' as const), uid }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('leave' as const), uid }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('role' as const), uid }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('silent' as const), uid, atMs: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('live' as const), uid }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('token' as const), uid }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** Steps in batches: readers are told after each batch, not after each step. */
const batches = fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 12 });

function run(roster: Roster, { what, uid: who, ...more }: Step, seq: number): Roster {
  const known = roster.get(who);
  if (what === 'join')
    return known ? roster.without(who).with(member(who, seq)) : roster.with(member(who, seq));
  if (!known) return roster;
  switch (what) {
    case 'leave':
      return roster.without(who);
    case 'role':
      return roster.with({ ...known, role: known.role === 'audience' ? 'broadcaster' : 'audience' });
    case 'silent':
      return roster.with({ ...known, link: silent('atMs' in more ? more.atMs : 0) });
    case 'live':
      return roster.with({ ...known, connectionId: `d${seq}`, link: { state: 'live' } });
    case 'token':
      return roster.with({ ...known, tokenEndsMs: 1_000 + seq });
  }
}

describe('windowChanges', () => {
  test('WIRE49: folded over any history, the changes give the window of the roster at every step', () => {
    fc.assert(
      fc.property(batches, fc.nat(6), fc.integer({ min: 1, max: 6 }), (history, from, limit) => {
        let roster = Roster.empty;
        let seq = 1;
        let window: RosterMember[] = [];
        for (const batch of history) {
          const before = roster.range(from, limit);
          for (const each of batch) roster = run(roster, each, ++seq);
          const changes = windowChanges(before, roster.range(from, limit));
          window = fold(window, changes);
          // The slow truth: everybody, in order of arrival, cut out by place.
          expect(window).toEqual([...roster].slice(from, from + limit).map(toRosterMember));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('WIRE49: a window that nobody touched has no changes, whatever happens behind it', () => {
    const three = Roster.empty.with(member(1, 2)).with(member(2, 3)).with(member(3, 4));
    const window = three.range(0, 2);
    for (const other of [
      three,
      three.without(3),
      three.with(member(4, 9)),
      three.with({ ...member(3, 4), role: 'broadcaster' }),
      three.with({ ...member(2, 3), tokenEndsMs: 5, connectionId: 'other', clientSeq: 8 }),
    ])
      expect(windowChanges(window, other.range(0, 2))).toEqual({});
  });

  test('WIRE49: when one inside leaves, the next one moves in; one that comes again does so at the end', () => {
    const three = Roster.empty.with(member(1, 2)).with(member(2, 3)).with(member(3, 4));
    expect(windowChanges(three.range(0, 2), three.without(1).range(0, 2))).toEqual({
      left: [1],
      entered: [toRosterMember(member(3, 4))],
    });
    const again = three.without(1).with(member(1, 9));
    expect(windowChanges(three.range(0, 3), again.range(0, 3))).toEqual({
      left: [1],
      entered: [toRosterMember(member(1, 9))],
    });
    expect(windowChanges(three.range(1, 2), three.without(1).range(1, 2))).toEqual({ left: [2] });
  });
});

test('WIRE48: a view is the counts or a window, and the first n are the window from place 0', () => {
  expect(rangeOf({ count: true })).toBeUndefined();
  expect(rangeOf({ first: 50 })).toEqual({ from: 0, limit: 50 });
  expect(rangeOf({ from: 400, count: 50 })).toEqual({ from: 400, limit: 50 });
});
