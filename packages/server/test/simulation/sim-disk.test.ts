import { expect, setDefaultTimeout, test } from 'bun:test';
import { SimClock } from './sim-clock.ts';
import { SimDisk } from './sim-disk.ts';
import { SimRandom } from './sim-random.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(300_000);

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

test('LOG20: a power cut never takes what was synced, and takes or tears what was not', async () => {
  const fates = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const disk = new SimDisk(new SimRandom(seed));
    await disk.mount().replace('file', new Uint8Array());
    const file = await disk.mount().open('file');
    await file.write(0, bytes(700, 1));
    await file.sync();
    await file.write(700, bytes(2000, 2));
    disk.crash('power');
    const after = disk.bytes('file') ?? new Uint8Array();
    expect(after.length).toBeGreaterThanOrEqual(700);
    expect(after.slice(0, 700).every((byte) => byte === 1)).toBe(true);
    const rest = after.slice(700);
    if (!rest.every((byte) => byte === 2)) fates.add('torn');
    else if (rest.length === 0) fates.add('lost');
    else fates.add(rest.length === 2000 ? 'kept' : 'short');
  }
  expect([...fates].sort()).toEqual(['kept', 'lost', 'short', 'torn']);
});

test('LOG20: a killed process loses nothing that was written, and a dead mount answers no more', async () => {
  const disk = new SimDisk(new SimRandom(1));
  const file = await disk.mount().open('file');
  await file.write(0, bytes(3, 1));
  disk.crash('process');
  const answers: string[] = [];
  void file.sync().then(() => answers.push('synced'));
  expect(await disk.mount().read('file')).toEqual(bytes(3, 1));
  expect(answers).toEqual([]);
});

test('LOG20: replaced files survive, names only opened may not', async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed += 1) {
    const disk = new SimDisk(new SimRandom(seed));
    const mounted = disk.mount();
    await mounted.replace('kept', bytes(3, 1));
    const file = await mounted.open('perhaps');
    await file.write(0, bytes(3, 1));
    await file.sync();
    disk.crash('power');
    expect(disk.bytes('kept')).toEqual(bytes(3, 1));
    if (disk.bytes('perhaps') === undefined) lost += 1;
  }
  expect(lost).toBeGreaterThan(0);
});

test('LOG20: timers run in order of time, then of setting; cancelled and dead ones do not', async () => {
  const clock = new SimClock(0);
  const process = clock.process();
  const dying = clock.process();
  const ran: string[] = [];
  for (const [name, delayMs] of [
    ['c', 20],
    ['a', 10],
    ['b', 10],
    ['e', 31],
  ] as const) {
    process.after(delayMs, () => ran.push(`${name} ${clock.nowMs()}`));
  }
  process.after(
    5,
    () => void Promise.resolve().then(() => process.after(10, () => ran.push(`d ${clock.nowMs()}`))),
  );
  process.after(12, () => ran.push('cancelled'))();
  dying.after(13, () => ran.push('dead'));
  dying.kill();
  await clock.advance(30);
  expect(ran).toEqual(['a 10', 'b 10', 'd 15', 'c 20']);
  expect(clock.nowMs()).toBe(30);
});
