import { afterEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, intervalMs } from './clock.ts';

const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
afterEach(() => {
  Object.assign(globalThis, { setTimeout: realTimeout, clearTimeout: realClear });
});

/** Puts a timer in place that is over when the test says, and that refuses what browsers' would do at once. */
function fakeTimers() {
  const waits: number[] = [];
  let pending: (() => void) | undefined;
  Object.assign(globalThis, {
    setTimeout: (act: () => void, ms: number) => {
      waits.push(ms);
      pending = act;
      return waits.length;
    },
    clearTimeout: () => {
      pending = undefined;
    },
  });
  return {
    waits,
    get isPending() {
      return pending !== undefined;
    },
    end(): void {
      const act = pending;
      pending = undefined;
      act?.();
    },
  };
}

const most = 2 ** 31 - 1;

test('BACK11: a wait that is longer than a timer can be given is waited in parts, and ends once', () => {
  const timers = fakeTimers();
  let ends = 0;
  after(2 * most + 5, () => {
    ends += 1;
  });
  for (const _ of [1, 2]) {
    timers.end();
    expect(ends).toBe(0);
  }
  timers.end();
  expect(ends).toBe(1);
  expect(timers.waits).toEqual([most, most, 5]);
  expect(timers.isPending).toBe(false);
});

test('BACK11: such a wait can be cancelled in every part, and one without end never ends', () => {
  const timers = fakeTimers();
  const cancel = after(Number.POSITIVE_INFINITY, () => {
    throw new Error('it ended');
  });
  for (let part = 0; part < 10; part++) timers.end();
  expect(timers.waits.every((ms) => ms === most)).toBe(true);
  cancel();
  expect(timers.isPending).toBe(false);
  expect(intervalMs(1e15)).toBe(most);
});

/** The files in which a machine's clock may be read. */
const clocks = ['link/src/clock.ts'];

test('BACK10: the SDKs read the clock of their machine in one place', () => {
  const packages = join(import.meta.dir, '../..');
  const readers = ['link/src', 'rtc/src', 'rtm/src', 'react/src'].flatMap((folder) =>
    readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\/testing\//.test(name))
      .filter((name) =>
        /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/.test(readFileSync(join(packages, name), 'utf8')),
      ),
  );
  expect(readers.sort()).toEqual(clocks);
});
