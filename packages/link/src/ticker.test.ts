import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { afterInTime as AfterInTime } from './ticker.ts';

const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
const { now: realNow } = performance;
const { createObjectURL: realCreate, revokeObjectURL: realRevoke } = URL;

/** A page that is hidden: its clock runs, its own timers do not end, and workers tick. */
let nowMs: number;
let workers: FakeWorker[];
/** The way in which workers are forbidden here: none; no blobs to make them of; no constructor; or a policy that lets them be made and fail. */
let forbiddenBy: 'nothing' | 'blob' | 'constructor' | 'policy';
let timers: Map<number, () => void>;
/** The sources of the workers that exist. */
let sources: Set<string>;
/** `afterInTime` of a page of its own: each page finds out for itself whether workers run. */
let afterInTime: typeof AfterInTime;
let pages = 0;

class FakeWorker {
  onmessage: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isOver = false;
  constructor() {
    if (forbiddenBy === 'constructor') throw new Error('it is forbidden');
    workers.push(this);
    if (forbiddenBy === 'policy') queueMicrotask(() => this.onerror?.());
  }
  terminate(): void {
    this.isOver = true;
  }
}

const names = ['document', 'Worker'] as const;
const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

beforeEach(async () => {
  pages += 1;
  ({ afterInTime } = await import(`./ticker.ts?page=${pages}`));
  nowMs = 1_000;
  workers = [];
  forbiddenBy = 'nothing';
  timers = new Map();
  sources = new Set();
  let lastTimer = 0;
  performance.now = () => nowMs;
  Object.assign(URL, {
    createObjectURL: () => {
      if (forbiddenBy === 'blob') throw new Error('there are no blobs here');
      const source = `blob:${sources.size}`;
      sources.add(source);
      return source;
    },
    revokeObjectURL: (source: string) => sources.delete(source),
  });
  const fakes = {
    setTimeout: (act: () => void) => {
      lastTimer += 1;
      timers.set(lastTimer, act);
      return lastTimer;
    },
    clearTimeout: (timer: number) => timers.delete(timer),
    document: {},
    Worker: FakeWorker,
  };
  for (const [name, value] of Object.entries(fakes))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
});
afterEach(() => {
  for (const act of [...timers.values()]) act();
  Object.assign(globalThis, { setTimeout: realTimeout, clearTimeout: realClear });
  performance.now = realNow;
  Object.assign(URL, { createObjectURL: realCreate, revokeObjectURL: realRevoke });
  for (const [name, descriptor] of before)
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
});

/** The worker ticks once the time has come. */
const tick = (toMs: number): void => {
  nowMs = toMs;
  workers.at(-1)?.onmessage?.();
};

test('LINK9: in a hidden page a wait ends by the worker, once, though the page has its timers late', () => {
  let ends = 0;
  afterInTime(3_000, () => {
    ends += 1;
  });
  tick(3_999);
  expect(ends).toBe(0);
  tick(4_000);
  tick(4_500);
  expect(ends).toBe(1);
  for (const act of [...timers.values()]) act();
  expect(ends).toBe(1);
});

test('LINK9: a wait that ends by the page, or is cancelled, does not end again', () => {
  let ends = 0;
  const count = (): void => {
    ends += 1;
  };
  afterInTime(3_000, count);
  [...timers.values()][0]?.();
  tick(5_000);
  expect(ends).toBe(1);
  afterInTime(3_000, count)();
  tick(9_000);
  expect(ends).toBe(1);
});

test('LINK9: one worker ticks for all waits and over the moment between two, and ends when none follows', () => {
  const cancels = [1, 2, 3].map((seconds) => afterInTime(seconds * 1_000, () => undefined));
  for (const cancel of cancels) cancel();
  const last = afterInTime(1_000, () => undefined);
  for (const act of [...timers.values()].slice(0, -1)) act();
  expect(workers).toHaveLength(1);
  expect(workers[0]?.isOver).toBe(false);
  last();
  for (const act of [...timers.values()]) act();
  expect(workers[0]?.isOver).toBe(true);
  afterInTime(1_000, () => undefined)();
  expect(workers).toHaveLength(2);
});

for (const how of ['blob', 'constructor', 'policy'] as const)
  test(`LINK9: where workers are forbidden (${how}) the timers are alone, and it is not tried again`, async () => {
    forbiddenBy = how;
    let ends = 0;
    const endTimers = (): void => {
      for (const act of [...timers.values()]) act();
    };
    const wait = (): (() => void) =>
      afterInTime(3_000, () => {
        ends += 1;
      });
    wait();
    wait();
    await Promise.resolve();
    forbiddenBy = 'nothing';
    expect(workers.every(({ isOver }) => isOver)).toBe(true);
    expect(sources.size).toBe(0);
    endTimers();
    expect(ends).toBe(2);
    const { length } = workers;
    // Longer than a worker is kept without a wait.
    endTimers();
    wait();
    endTimers();
    expect(ends).toBe(3);
    expect(workers).toHaveLength(length);
  });
