import { afterEach, beforeEach, expect, test } from 'bun:test';
import { afterInTime } from './ticker.ts';

const { setTimeout: realTimeout, clearTimeout: realClear } = globalThis;
const { now: realNow } = performance;

/** A page that is hidden: its clock runs, its own timers do not end, and workers tick. */
let nowMs: number;
let workers: FakeWorker[];
let isForbidden: boolean;
let timers: Map<number, () => void>;

class FakeWorker {
  onmessage: (() => void) | null = null;
  isOver = false;
  constructor() {
    if (isForbidden) throw new Error('a policy forbids it');
    workers.push(this);
  }
  terminate(): void {
    this.isOver = true;
  }
}

const names = ['document', 'Worker'] as const;
const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

beforeEach(() => {
  nowMs = 1_000;
  workers = [];
  isForbidden = false;
  timers = new Map();
  let lastTimer = 0;
  performance.now = () => nowMs;
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

test('LINK9: where workers are forbidden the timers are alone, and it is not tried again', () => {
  isForbidden = true;
  let ends = 0;
  afterInTime(3_000, () => {
    ends += 1;
  });
  isForbidden = false;
  [...timers.values()][0]?.();
  expect(ends).toBe(1);
  afterInTime(3_000, () => undefined)();
  expect(workers).toHaveLength(0);
});
