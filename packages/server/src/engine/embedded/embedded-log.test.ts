import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { appendTo, logStoreSuite, shown, transaction } from '../../../testing/suites/engine-contract.ts';
import type { Logger } from '../../observe/contract.ts';
import type { LogStore } from '../contract.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import { frameHeaderBytes } from './frame.ts';
import { openNodeDisk } from './node-disk.ts';
import { headBytesMax } from './segment-head.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(300_000);

const clock = new SimClock().process();
/** Small, so that every test crosses segments. */
const segmentBytesMax = 4096;

logStoreSuite('The embedded engine on a real disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-log-'));
  const disk = await openNodeDisk(folder);
  const options = { disk, logger: silent(), clock, segmentBytesMax };
  let store = await openEmbeddedLog(options);
  return {
    store,
    async reopen() {
      await store.close();
      store = await openEmbeddedLog(options);
      return store;
    },
    async remove() {
      await store.close();
      disk.close();
      await rm(folder, { recursive: true });
    },
  };
});

logStoreSuite('The embedded engine on the simulated disk', async () => {
  const disk = new SimDisk(new SimRandom(1));
  let store = await openOn(disk);
  return {
    store,
    async reopen() {
      await store.close();
      store = await openOn(disk);
      return store;
    },
    remove: () => store.close(),
  };
});

describe('the end of the log after a crash', () => {
  test('LOG4: a last append torn at any byte is cut, all of it, and said', async () => {
    const disk = new SimDisk(new SimRandom(2));
    const store = await openOn(disk);
    await appendTo(store, 'main', [transaction('a'), transaction('b', 'c')], 0);
    const path = 'log/main/0000000000000001.log';
    const before = disk.bytes(path)?.length ?? 0;
    await appendTo(store, 'main', [transaction('dd'), transaction('ee', 'ff'), transaction('gg')], 3);
    const whole = disk.bytes(path) ?? new Uint8Array();
    for (let length = before; length <= whole.length; length += 1) {
      const torn = new SimDisk(new SimRandom(3));
      torn.put(path, whole.slice(0, length));
      torn.put('alive', disk.bytes('alive') ?? new Uint8Array());
      const warnings: unknown[] = [];
      const reopened = await openOn(torn, { warnings });
      const kept = length === whole.length ? 7 : 3;
      const cutBytes = kept === 7 ? 0 : length - before;
      expect(reopened.recovery('main')).toEqual({ lastPosition: kept, cutBytes, lastAliveMs: 0 });
      expect(warnings.length).toBe(cutBytes > 0 ? 1 : 0);
      expect(shown(await reopened.read('main', 0, 100))).toEqual(
        ['1:a', '2:b', '3:c', '4:dd', '5:ee', '6:ff', '7:gg'].slice(0, kept),
      );
      expect((await appendTo(reopened, 'main', [transaction('new')], kept)).ok).toBe(true);
      expect(shown(await (await openOn(torn)).read('main', kept, 100))).toEqual([`${kept + 1}:new`]);
    }
  });

  test('LOG4: a last append with any one bit flipped is lost whole, never a part', async () => {
    const disk = new SimDisk(new SimRandom(4));
    const store = await openOn(disk);
    await appendTo(store, 'main', [transaction('a')], 0);
    const path = 'log/main/0000000000000001.log';
    const before = disk.bytes(path)?.length ?? 0;
    await appendTo(store, 'main', [transaction('b'), transaction('c', 'd'), transaction('e')], 1);
    const whole = disk.bytes(path) ?? new Uint8Array();
    for (let bit = before * 8; bit < whole.length * 8; bit += 1) {
      const torn = new SimDisk(new SimRandom(5));
      torn.put(path, flipped(whole, bit));
      const reopened = await openOn(torn);
      expect(reopened.recovery('main').lastPosition).toBe(1);
      expect(reopened.recovery('main').cutBytes).toBe(whole.length - before);
    }
  });

  test('LOG5: any one bit flipped before the last append stops the start', async () => {
    const disk = new SimDisk(new SimRandom(6));
    const store = await openOn(disk);
    await appendTo(store, 'main', [transaction('a'), transaction('b', 'c')], 0);
    const path = 'log/main/0000000000000001.log';
    const acknowledged = disk.bytes(path)?.length ?? 0;
    await appendTo(store, 'main', [transaction('d')], 3);
    const whole = disk.bytes(path) ?? new Uint8Array();
    for (let bit = 0; bit < acknowledged * 8; bit += 1) {
      const damaged = new SimDisk(new SimRandom(7));
      damaged.put(path, flipped(whole, bit));
      expect(await failure(openOn(damaged))).toBe('log_corrupt');
      expect(damaged.bytes(path)).toEqual(flipped(whole, bit));
    }
  });

  test('LOG5: damage in an earlier file is found when it is read', async () => {
    const disk = new SimDisk(new SimRandom(8));
    const store = await openOn(disk, { segmentBytesMax: 100 });
    for (let last = 0; last < 20; last += 1) await appendTo(store, 'main', [transaction('12345')], last);
    await store.close();
    const [path = ''] = disk.paths().filter((name) => name.startsWith('log/'));
    disk.put(path, flipped(disk.bytes(path) ?? new Uint8Array(), (headBytesMax + 30) * 8));
    const reopened = await openOn(disk);
    expect(reopened.recovery('main').lastPosition).toBe(20);
    expect(await failure(reopened.read('main', 0, 100))).toBe('log_corrupt');
    expect((await reopened.read('main', 10, 100)).length).toBe(10);
  });

  test('LOG5: whole frames in the wrong place, and a file under the wrong name, are damage', async () => {
    const disk = new SimDisk(new SimRandom(9));
    const store = await openOn(disk, { segmentBytesMax: 100 });
    for (let last = 0; last < 9; last += 1) await appendTo(store, 'main', [transaction('12345')], last);
    await store.close();
    const paths = disk.paths().filter((path) => path.startsWith('log/'));
    const length = frameHeaderBytes + 5;
    for (const path of [paths[0], paths.at(-1)]) {
      const swapped = disk.copy(new SimRandom(1));
      const whole = swapped.bytes(path ?? '') ?? new Uint8Array();
      const one = whole.slice(headBytesMax, headBytesMax + length);
      const two = whole.slice(headBytesMax + length, headBytesMax + 2 * length);
      expect(two.length).toBe(length);
      whole.set(two, headBytesMax);
      whole.set(one, headBytesMax + length);
      swapped.put(path ?? '', whole);
      expect(await failure(openOn(swapped).then((again) => again.read('main', 0, 100)))).toBe('log_corrupt');
    }
    disk.put('log/main/0000000000000099.log', disk.bytes(paths[0] ?? '') ?? new Uint8Array());
    expect(await failure(openOn(disk))).toBe('log_corrupt');
  });

  test('LOG5: a missing file in the middle, and a missing end, stop the start or the reading', async () => {
    const disk = new SimDisk(new SimRandom(9));
    const store = await openOn(disk, { segmentBytesMax: 100 });
    for (let last = 0; last < 20; last += 1) await appendTo(store, 'main', [transaction('12345')], last);
    await store.close();
    const paths = disk.paths().filter((name) => name.startsWith('log/'));
    const hole = disk.copy(new SimRandom(1));
    await hole.mount().remove(paths[1] ?? '');
    expect(await failure(openOn(hole).then((reopened) => reopened.read('main', 0, 100)))).toBe('log_corrupt');
    const short = disk.copy(new SimRandom(1));
    await short.mount().remove(paths.at(-1) ?? '');
    expect(await failure(openOn(short))).toBe('log_corrupt');
    // Deleting the mark is how an operator accepts the loss.
    await short.mount().remove('alive');
    expect((await openOn(short)).recovery('main').lastPosition).toBeLessThan(20);
  });

  test('LOG5: a damaged last append stops the start if it was known to be durable', async () => {
    const disk = new SimDisk(new SimRandom(10));
    const store = await openOn(disk);
    await appendTo(store, 'main', [transaction('a')], 0);
    await appendTo(store, 'main', [transaction('b')], 1);
    await store.markAlive('main', 5000);
    const path = 'log/main/0000000000000001.log';
    const whole = disk.bytes(path) ?? new Uint8Array();
    const damaged = flipped(whole, whole.length * 8 - 1);
    disk.put(path, damaged);
    expect(await failure(openOn(disk))).toBe('log_corrupt');
    expect(disk.bytes(path)).toEqual(damaged);
  });
});

test('LOG10: a power cut while the mark of life is written leaves this one or the one before', async () => {
  const found = new Set<number>();
  for (let seed = 0; seed < 100; seed += 1) {
    const disk = new SimDisk(new SimRandom(seed));
    const late = 4_000_000_000_000;
    const first = await openOn(disk);
    await first.markAlive('main', late);
    await first.close();
    await (await openOn(disk)).markAlive('main', late + 1);
    disk.crash('power');
    found.add((await openOn(disk)).recovery('main').lastAliveMs - late);
  }
  expect([...found].sort()).toEqual([0, 1]);
});

for (const when of ['in the process that wrote it', 'after reopening'])
  test(`LOG9: a reader under way when its file is deleted still gets the records, or is refused by name, ${when}`, async () => {
    const outcomes = new Set<string>();
    for (let steps = 0; steps < 480; steps += 2) {
      const disk = new SimDisk(new SimRandom(steps));
      let store = await openOn(disk, { segmentBytesMax: 300 });
      for (let last = 0; last < 30; last += 1) await appendTo(store, 'main', [transaction('12345')], last);
      if (when === 'after reopening') {
        await store.close();
        store = await openOn(disk, { segmentBytesMax: 300 });
      }
      const reading = store.read('main', 0, 100).then(
        (records) => String(records.length),
        (error) => String(error.code),
      );
      for (let step = 0; step < steps; step += 1) await undefined;
      await store.trim('main', 25, Number.MAX_SAFE_INTEGER);
      outcomes.add(await reading);
      expect((await store.read('main', 25, 100)).length).toBe(5);
      expect(disk.paths().length).toBeLessThan(10);
      expect(await failure(store.read('main', 0, 100))).toBe('no_longer_kept');
    }
    expect([...outcomes].sort()).toEqual(['30', 'no_longer_kept']);
  });

describe('a failing disk', () => {
  test('LOG6: a full disk refuses, takes back the part written, and works again once there is room', async () => {
    for (let room = 0; room < 200; room += 1) {
      const disk = new SimDisk(new SimRandom(room));
      const store = await openOn(disk);
      await appendTo(store, 'main', [transaction('a')], 0);
      disk.faults.spaceBytesLeft = room;
      const big = await appendTo(store, 'main', [transaction('b'.repeat(180), 'c')], 1);
      expect(big).toMatchObject({ ok: false, reason: 'unavailable' });
      expect(disk.faults.spaceBytesLeft).toBe(room);
      expect(shown(await store.read('main', 0, 10))).toEqual(['1:a']);
      disk.faults.spaceBytesLeft = 1000;
      expect(await appendTo(store, 'main', [transaction('d')], 1)).toEqual({
        ok: true,
        end: { position: 2, chain: expect.any(String) },
      });
      disk.crash('power');
      expect(shown(await (await openOn(disk)).read('main', 0, 10))).toEqual(['1:a', '2:d']);
    }
  });

  test('LOG7: after a failed sync nothing of that append is ever seen, and the log goes on in a new file', async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = new SimDisk(new SimRandom(seed));
      const store = await openOn(disk);
      await appendTo(store, 'main', [transaction('a')], 0);
      disk.faults.syncFailures = 1 + (seed % 3);
      const outcome = await appendTo(store, 'main', [transaction('lost')], 1);
      expect(outcome).toMatchObject({ ok: false, reason: 'unavailable' });
      let last = 1;
      for (let tries = 0; last === 1 && tries < 4; tries += 1) {
        const again = await appendTo(store, 'main', [transaction('b', 'c')], 1);
        if (again.ok) last = again.end.position;
      }
      expect(last).toBe(3);
      expect(disk.paths().filter((path) => path.startsWith('log/')).length).toBe(2);
      disk.crash(seed % 2 ? 'power' : 'process');
      const reopened = await openOn(disk);
      expect(shown(await reopened.read('main', 0, 10))).toEqual(['1:a', '2:b', '3:c']);
      expect(disk.paths().filter((path) => path.startsWith('log/')).length).toBe(2);
    }
  });

  test('LOG8: a crash while a snapshot is written leaves the one before it', async () => {
    let newer = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const disk = new SimDisk(new SimRandom(seed));
      const store = await openOn(disk);
      await appendTo(store, 'main', [transaction('a', 'b')], 0);
      await store.writeSnapshot('main', 1, ['one']);
      const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'y'.repeat(150)}`);
      void store.writeSnapshot('main', 2, lines);
      for (let steps = 0; steps < seed; steps += 1) await undefined;
      disk.crash(seed % 2 ? 'power' : 'process');
      const snapshot = await (await openOn(disk)).readSnapshot('main');
      if (snapshot?.position === 2) newer += 1;
      else expect(snapshot?.position).toBe(1);
      const found: string[] = [];
      for await (const line of snapshot?.lines ?? []) found.push(line);
      expect(found).toEqual(snapshot?.position === 2 ? lines : ['one']);
    }
    expect(newer).toBeGreaterThan(0);
    expect(newer).toBeLessThan(60);
  });

  test('LOG8: a damaged snapshot is reported and the one before it used; only two are kept', async () => {
    const disk = new SimDisk(new SimRandom(11));
    const store = await openOn(disk);
    await appendTo(store, 'main', [transaction('a', 'b', 'c')], 0);
    for (const position of [1, 2, 3]) await store.writeSnapshot('main', position, [`at ${position}`]);
    const paths = disk.paths().filter((path) => path.startsWith('snapshots/'));
    expect(paths).toEqual(['snapshots/main/0000000000000002.snap', 'snapshots/main/0000000000000003.snap']);
    const whole = disk.bytes(paths[1] ?? '') ?? new Uint8Array();
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      disk.put(paths[1] ?? '', flipped(whole, bit));
      const warnings: unknown[] = [];
      const reopened = await openOn(disk, { warnings });
      expect((await reopened.readSnapshot('main'))?.position).toBe(2);
      expect(warnings.length).toBe(1);
    }
  });
});

test('LOG3: random appends, failures and crashes, 300 seeds: acknowledged stays, whole transactions only', async () => {
  for (let seed = 0; seed < 300; seed += 1) await survive(seed);
});

test('LOG3: the same finds it if syncs do nothing', async () => {
  let lost = 0;
  for (let seed = 0; seed < 40; seed += 1) {
    await survive(seed, true).catch(() => {
      lost += 1;
    });
  }
  expect(lost).toBeGreaterThan(5);
});

/** Appends numbered transactions through crashes and faults, and compares with what was acknowledged. */
async function survive(seed: number, syncIsALie = false): Promise<void> {
  const random = new SimRandom(seed);
  const disk = new SimDisk(random.fork());
  disk.faults.syncIsALie = syncIsALie;
  let acknowledged: string[] = [];
  let store = await openOn(disk, { segmentBytesMax: 2000 });
  for (let round = 0; round < 12; round += 1) {
    const batch: string[][] = [];
    for (let n = random.between(1, 6); n > 0; n -= 1) {
      batch.push(Array.from({ length: random.between(1, 3) }, () => random.id(random.between(0, 400))));
    }
    if (random.chance(0.15)) disk.faults.spaceBytesLeft = random.between(0, 1500);
    if (random.chance(0.1)) disk.faults.syncFailures = random.between(1, 3);
    const appending = appendTo(
      store,
      'main',
      batch.map((records) => transaction(...records)),
      acknowledged.length,
    );
    if (random.chance(0.6)) {
      const outcome = await appending;
      expect(outcome.ok || outcome.reason === 'unavailable').toBe(true);
      if (outcome.ok) acknowledged.push(...batch.flat());
      if (random.chance(0.2)) await store.markAlive('main', 1000 + round);
      disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
      disk.faults.syncFailures = 0;
      if (random.chance(0.7)) continue;
      batch.length = 0;
    }
    for (let steps = random.between(0, 8); steps > 0; steps -= 1) await undefined;
    disk.crash(random.pick(['process', 'power']));
    disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    disk.faults.syncFailures = 0;
    store = await openOn(disk, { segmentBytesMax: 2000 });
    const found = shown(await store.read('main', 0, 10_000));
    // All of the append in flight may have become durable, or nothing.
    const allowed: string[][] = [acknowledged, [...acknowledged, ...batch.flat()]];
    const match = allowed.find((records) => records.length === found.length);
    expect(found).toEqual((match ?? acknowledged).map((record, at) => `${at + 1}:${record}`));
    acknowledged = match ?? acknowledged;
  }
}

for (const [what, damage] of Object.entries({
  damaged: (mark: Uint8Array) => mark.map((byte) => byte ^ 0x55),
  emptied: () => new Uint8Array(),
}))
  test(`OPS16: a mark of life that was ${what} is reported; the log is used as it is`, async () => {
    const disk = new SimDisk(new SimRandom(1));
    const store = await openOn(disk);
    await appendTo(store, 'main', [[new Uint8Array([1])]], 0);
    await store.close();
    const mark = await disk.mount().read('alive');
    await disk.mount().replace('alive', damage(mark ?? new Uint8Array()));
    const warnings: { message: string }[] = [];
    const again = await openOn(disk, { warnings });
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('mark of life is damaged'),
    ]);
    expect(again.recovery('main')).toMatchObject({ lastPosition: 1, lastAliveMs: 0 });
    await again.close();
  });

test('OPS16: a mark of life that is missing beside a log is reported, and not where there is no log yet', async () => {
  const disk = new SimDisk(new SimRandom(1));
  const warnings: { message: string; fields?: unknown }[] = [];
  const store = await openOn(disk, { warnings });
  await appendTo(store, 'main', [[new Uint8Array([1])]], 0);
  await store.close();
  expect(warnings).toEqual([]);
  await disk.mount().remove('alive');
  const again = await openOn(disk, { warnings });
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('mark of life is missing beside a log'),
  ]);
  expect(again.recovery('main')).toMatchObject({ lastPosition: 1, lastAliveMs: 0 });
  await again.close();
  await (await openOn(disk, { warnings })).close();
  expect(warnings).toHaveLength(1);
});

function openOn(
  disk: SimDisk,
  also: { warnings?: unknown[]; segmentBytesMax?: number } = {},
): Promise<LogStore> {
  return openEmbeddedLog({
    disk: disk.mount(),
    logger: silent(also.warnings),
    clock,
    segmentBytesMax: also.segmentBytesMax ?? segmentBytesMax,
  });
}

function silent(warnings: unknown[] = []): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, fields) => void warnings.push({ message, fields }),
    error: (message, fields) => void warnings.push({ message, fields }),
    with: () => logger,
  };
  return logger;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error) => error.code ?? String(error),
  );
