import { expect, test } from 'bun:test';
import type { RosterViewRequest } from '@housecount/protocol';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { fixed } from '../fixed-limits.ts';
import { RosterViews } from './roster-views.ts';

/** Views of a roster that is a number of members, each shown by its number. */
function begin(members: number) {
  const clock = new SimClock();
  const published: string[] = [];
  let state = { members };
  const views = new RosterViews<{ members: number }, number>({
    roster: {
      sizeOf: (of) => of.members,
      membersOf: (of, { from, limit }) =>
        Array.from({ length: Math.max(0, Math.min(limit, of.members - from)) }, (_, i) => from + i),
      isOneLife: () => true,
      whole: () => 'whole',
      next: (_before, now) => `${now.members}`,
    },
    topicOf: (key) => key,
    broadcast: { publish: (_topic, text) => void published.push(text) },
    clock: clock.process(),
    state: () => state,
    onEmpty: () => undefined,
  });
  const reader = { send() {}, goLive() {}, leaveLive() {} };
  return {
    clock,
    published,
    follow(view: RosterViewRequest, readers: number) {
      for (let each = 0; each < readers; each++) views.follow(view, reader);
    },
    happens() {
      state = { members: state.members + 1 };
      views.settle();
    },
  };
}

const cases = [
  {
    name: 'a few who read the counts',
    members: 20,
    counts: 5,
    windows: 0,
    periodMs: fixed.rosterViewLeastMs,
  },
  {
    name: 'the same in a large channel',
    members: 20_000,
    counts: 5,
    windows: 0,
    periodMs: fixed.rosterViewLeastMs,
  },
  {
    name: 'a hundred',
    members: 20_000,
    counts: 100,
    windows: 0,
    periodMs: 100 * fixed.rosterMergePerReaderMs,
  },
  { name: 'an audience', members: 20_000, counts: 5_000, windows: 0, periodMs: fixed.rosterViewMs },
  { name: 'all of a small channel', members: 900, counts: 900, windows: 0, periodMs: fixed.rosterMergeMs },
  {
    name: 'one each of ten windows',
    members: 20_000,
    counts: 0,
    windows: 10,
    periodMs: Math.floor(10 * (fixed.rosterMergePerWindowMs + fixed.rosterMergePerReaderMs)),
  },
];
for (const { name, members, counts, windows, periodMs } of cases)
  test(`WIRE50: views are told at once, and then as often as their load allows: ${name}`, async () => {
    const { clock, published, follow, happens } = begin(members);
    follow({ count: true }, counts);
    for (let each = 0; each < windows; each++) follow({ from: each * 50, count: 50 }, 1);
    const different = windows + (counts > 0 ? 1 : 0);
    happens();
    expect(published).toHaveLength(different);
    for (let each = 0; each < 3; each++) happens();
    await clock.advance(periodMs - 1);
    expect(published).toHaveLength(different);
    await clock.advance(1);
    expect(published).toHaveLength(2 * different);
    expect(published.at(-1)).toBe(`${members + 4}`);
  });
