import { describe, expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import fc from 'fast-check';
import type { RosterChange } from '../src/roster/channels.ts';
import type { Healer } from '../src/roster/healing/healer.ts';
import { Roster, type Taken } from '../src/roster/roster.ts';
import { memoryStore, type RosterStore } from '../src/roster/stores/store.ts';
import { diceOf, entryOfEvent, namesOf, noticeOf, type Step, Truth } from './truth.ts';

const step = fc.record({
  does: fc.constantFrom<Step['does']>('join', 'join', 'join', 'leave', 'leave', 'role', 'close'),
  pick: fc.nat(6),
  passMs: fc.constantFrom(0, 0, 300, 1_000, 5_000),
});
const steps = fc.array(step, { minLength: 1, maxLength: 40 });

function eventsOf(truth: Truth, made: readonly (Step & { passMs: number })[]): ChannelEvent[] {
  return made.flatMap((one) => {
    truth.pass(one.passMs);
    return truth.step(one);
  });
}

const healerOf = (truth: Truth, keeps = true): Healer => ({
  events: async ({ sid, after, to }) =>
    keeps ? truth.lives.get(sid)?.slice(after, Math.min(to, 1e9)).map(entryOfEvent) : undefined,
  roster: async () => truth.snapshot(),
});

/** A store that knows text only, and takes a while: what a process loads may be old when it saves. */
function slowStore(inner: RosterStore, wait: () => Promise<void>): RosterStore {
  return {
    async load(key) {
      await wait();
      const found = await inner.load(key);
      const copy = found && { value: JSON.stringify(found.value), version: found.version };
      await wait();
      return copy;
    },
    async save(key, value, version) {
      await wait();
      return inner.save(key, value, version);
    },
  };
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const dice = diceOf(seed);
  return list
    .map((value) => [dice(1e9), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

async function agrees(roster: Roster, truth: Truth): Promise<void> {
  const view = await roster.view(truth.channel);
  expect(namesOf(view.members)).toEqual(truth.people());
  expect(await roster.count(truth.channel)).toBe(truth.size);
  expect(view.waitingFor).toBeUndefined();
  expect(view.sid).toBe(truth.sid);
}

describe('a roster', () => {
  test('HOOK40: without a healer, once all have come, in any order and with copies, it is right', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.boolean(), async (made, seed, atOnce) => {
        const truth = new Truth('x');
        const events = eventsOf(truth, made);
        const roster = new Roster();
        const notices = shuffled([...events, ...events], seed).map(noticeOf);
        if (atOnce) await Promise.all(notices.map((notice) => roster.take(notice)));
        else for (const notice of notices) await roster.take(notice);
        await agrees(roster, truth);
      }),
      { numRuns: 300 },
    );
  });

  test('HOOK42: several processes on one store, losses, restarts in the middle: right after a refresh', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.scheduler(),
        async (made, seed, processes, keeps, scheduler) => {
          const truth = new Truth('x');
          const events = eventsOf(truth, made);
          const dice = diceOf(seed);
          const inner = memoryStore();
          const store = slowStore(inner, () => scheduler.schedule(Promise.resolve()));
          const start = () => new Roster({ store, heal: healerOf(truth, keeps) });
          const rosters = Array.from({ length: processes }, start);
          const kept = events.filter(() => dice(5) > 0);
          const takes: Promise<Taken>[] = [];
          for (const event of shuffled([...kept, ...kept.filter(() => dice(3) === 0)], seed)) {
            const at = dice(processes);
            // A restart: the process forgets all that is not in the store.
            if (dice(10) === 0) rosters[at] = start();
            const roster = rosters[at];
            if (roster) takes.push(roster.take(noticeOf(event)));
          }
          await scheduler.waitFor(Promise.all(takes));
          const last = start();
          await scheduler.waitFor(last.refresh('x'));
          await scheduler.waitFor(agrees(last, truth));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('HOOK43: with a healer, every notice that is applied is in the roster with all before it, at once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.boolean(), async (made, seed, keeps) => {
        const truth = new Truth('x');
        const dice = diceOf(seed);
        const roster = new Roster({ heal: healerOf(truth, keeps) });
        for (const one of made) {
          for (const event of eventsOf(truth, [one])) {
            if (dice(3) === 0) continue;
            const taken = await roster.take(noticeOf(event));
            expect(taken.healFailed).toBeUndefined();
            // Events of one step are made at once: the server may know more than this notice, never less.
            const view = await roster.view('x');
            if (truth.sid !== undefined) {
              expect(view.sid).toBe(truth.sid);
              expect(view.seq ?? 0).toBeGreaterThanOrEqual(event.seq);
            }
          }
        }
        await roster.refresh('x');
        await agrees(roster, truth);
      }),
      { numRuns: 300 },
    );
  });

  test('HOOK44: the changes told add up to the roster', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (made, seed) => {
        const truth = new Truth('x');
        const events = eventsOf(truth, made);
        const dice = diceOf(seed);
        const roster = new Roster({ heal: healerOf(truth, dice(2) === 0) });
        const bySid = new Map<string, Map<number, string>>();
        roster.onChange((change: RosterChange) => {
          if (!('sid' in change)) throw new Error('the channel is numbered');
          const people = bySid.get(change.sid) ?? new Map<number, string>();
          bySid.set(change.sid, people);
          if (change.type === 'joined') {
            expect(people.has(change.member.uid)).toBe(false);
            people.set(change.member.uid, change.member.role);
          } else if (change.type === 'role') {
            expect(people.has(change.member.uid)).toBe(true);
            people.set(change.member.uid, change.member.role);
          } else if (change.type === 'left') expect(people.delete(change.member.uid)).toBe(true);
          else if (change.type === 'closed') expect(people.size).toBe(0);
        });
        for (const event of shuffled(events, seed)) if (dice(4) > 0) await roster.take(noticeOf(event));
        await roster.refresh('x');
        const told = [...bySid].flatMap(([, people]) => [...people].map(([uid, role]) => ({ uid, role })));
        expect(namesOf(told)).toEqual(truth.people());
      }),
      { numRuns: 300 },
    );
  });
});
