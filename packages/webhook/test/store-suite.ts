import { describe, expect, test } from 'bun:test';
import { noLives } from '../src/roster/channel-lives.ts';
import { Roster } from '../src/roster/roster.ts';
import type { RosterStore } from '../src/roster/stores/store.ts';
import { namesOf, noticeOf, Truth } from './truth.ts';

/** Gives `use` what opens one empty store, once for each process that shares it, and clears up. */
export type WithStore = (use: (open: () => RosterStore) => Promise<void>) => Promise<void>;

/** The contract of every store. */
export function storeSuite(name: string, run: WithStore): void {
  describe(`the ${name} store`, () => {
    test('HOOK42: only one of two saves over the same version succeeds', () =>
      run(async (open) => {
        const [one, two] = [open(), open()];
        expect(await one.load('k')).toBeUndefined();
        expect(await one.save('k', noLives, 0)).toBe(true);
        expect(await two.save('k', noLives, 0)).toBe(false);
        expect(await two.save('k', noLives, 2)).toBe(false);
        expect((await two.load('k'))?.version).toBe(1);
        expect(await two.save('k', noLives, 1)).toBe(true);
        expect(await one.save('k', noLives, 1)).toBe(false);
        expect((await one.load('k'))?.version).toBe(2);
        expect(await one.load('another')).toBeUndefined();
      }));

    test('HOOK42: a fourth process reads the channels that three others saved', () =>
      run(async (open) => {
        const truth = new Truth('x');
        const events = [4, 9, 14, 20, 33].flatMap((pick) => truth.step({ does: 'join', pick }));
        events.push(...truth.step({ does: 'role', pick: 1 }), ...truth.step({ does: 'leave', pick: 2 }));
        const rosters = [open(), open(), open()].map((store) => new Roster({ store, prefix: 'a:' }));
        const last = events.pop();
        const others = events.reverse().map((event, index) => rosters[index % 3]?.take(noticeOf(event)));
        await Promise.all(others);
        const reader = new Roster({ store: open(), prefix: 'a:' });
        expect((await reader.view('x')).seq).toBe(events.length);
        if (last) await reader.take(noticeOf(last));
        expect(namesOf(await reader.members('x'))).toEqual(truth.people());
        expect(await new Roster({ store: open(), prefix: 'b:' }).count('x')).toBe(0);
      }));

    test('HOOK47: plain channels are read back as well', () =>
      run(async (open) => {
        const truth = new Truth('x');
        const events = [4, 9].flatMap((pick) => truth.step({ does: 'join', pick }));
        events.push(...truth.step({ does: 'leave', pick: 0 }));
        const types = [103, 104, 105, 106];
        for (const event of events.filter(({ type }) => type !== 'channel-opened'))
          await new Roster({ store: open(), types }).take(noticeOf(event));
        expect(namesOf(await new Roster({ store: open(), types }).members('x'))).toEqual(truth.people());
      }));
  });
}
