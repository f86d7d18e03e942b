import { describe, expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { appendTo } from '../../../testing/suites/engine-contract.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import { aliveMarkOf, knownPlaceOf } from './alive-file.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import { inspectLog, repairLog } from './log-repair.ts';
import { headBytesMax } from './segment-head.ts';

const clock = new SimClock().process();
const logger = quietLogger(() => {});
const encoder = new TextEncoder();
const open = (disk: SimDisk) =>
  openEmbeddedLog({ disk: disk.mount(), logger, clock, segmentBytesMax: 2_000 });
const textOf = (position: number) => `record ${position} ${'x'.repeat(100)}`;

/** 60 records in 20 appends of 3 over several files, with a snapshot at `snapshot`; closed. */
async function logWith(snapshot: number): Promise<SimDisk> {
  const disk = new SimDisk(new SimRandom(1));
  const store = await open(disk);
  for (let last = 0; last < 60; last += 3)
    await appendTo(store, 'main', [[1, 2, 3].map((n) => encoder.encode(textOf(last + n)))], last);
  if (snapshot > 0) await store.writeSnapshot('main', snapshot, ['all of it']);
  await store.markAlive('main', 1_000);
  await store.close();
  return disk;
}

const segments = (disk: SimDisk) => disk.paths().filter((path) => path.startsWith('log/main/'));
/** The file that holds a record, and where its frame begins. */
function placeOf(disk: SimDisk, position: number): { path: string; offset: number } {
  for (const path of segments(disk)) {
    const text = new TextDecoder('latin1').decode(disk.bytes(path));
    const at = text.indexOf(`record ${position} `);
    if (at >= 0) return { path, offset: at - 24 };
  }
  throw new Error(`no record ${position}`);
}
function damage(disk: SimDisk, position: number): string {
  const { path, offset } = placeOf(disk, position);
  const bytes = disk.bytes(path) ?? new Uint8Array();
  bytes[offset + 30] = 0x5a;
  disk.put(path, bytes);
  return path;
}

const inspect = async (disk: SimDisk) => {
  const mounted = disk.mount();
  const known = knownPlaceOf(aliveMarkOf(await mounted.read('alive')), 'main');
  return inspectLog({ disk: mounted, logger }, 'main', known);
};
/** Repairs, and gives what was set aside. */
async function repair(disk: SimDisk): Promise<string[]> {
  const aside: string[] = [];
  const mounted = disk.mount();
  await repairLog(mounted, await inspect(disk), {
    nowMs: 5,
    async setAside(path) {
      aside.push(path);
      await mounted.remove(path);
    },
  });
  return aside;
}
/** Expects that the log can be read from `first` on to its end, and appended to after that. */
async function expectWholeFrom(disk: SimDisk, first: number, last = 60): Promise<void> {
  expect(await inspect(disk)).toMatchObject({ damages: [], headers: [], last });
  const store = await open(disk);
  expect([await store.first('main'), store.recovery('main').lastPosition]).toEqual([first, last]);
  const records = await store.read('main', first - 1, 100);
  expect(records.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(
    Array.from({ length: last - first + 1 }, (_, at) => textOf(first + at)),
  );
  expect((await appendTo(store, 'main', [[encoder.encode(textOf(last + 1))]], last)).ok).toBe(true);
  expect(await store.read('main', last, 10)).toHaveLength(1);
  await store.close();
}

describe('what is wrong', () => {
  test('DATA10: a whole log is said to be whole, also with a torn end', async () => {
    const disk = await logWith(0);
    expect(await inspect(disk)).toMatchObject({ damages: [], headers: [], last: 60 });
    const path = segments(disk).at(-1) ?? '';
    disk.put(path, new Uint8Array([...(disk.bytes(path) ?? []), 1, 2, 3]));
    expect(await inspect(disk)).toMatchObject({ damages: [], headers: [], last: 60 });
  });

  test('DATA10: every damaged record is named, with its file and place', async () => {
    const disk = await logWith(0);
    const place = placeOf(disk, 8);
    damage(disk, 8);
    damage(disk, 30);
    const { damages, cut } = await inspect(disk);
    expect(damages.map(({ from, to }) => [from, to])).toEqual([
      [8, 9],
      [30, 30],
    ]);
    expect(damages[0]).toMatchObject(place);
    expect(cut).toBeUndefined();
  });

  test('DATA10: a snapshot before the damage is none that helps', async () => {
    for (const [snapshot, isMended] of [
      [28, false],
      [29, false],
      [30, true],
      [60, true],
    ] as const) {
      const disk = await logWith(snapshot);
      damage(disk, 29);
      expect([snapshot, (await inspect(disk)).cut !== undefined]).toEqual([snapshot, isMended]);
    }
  });
});

describe('what is mended', () => {
  test('DATA10: any one damaged record before the snapshot: the log begins at the next append', async () => {
    for (let position = 1; position <= 57; position += 1) {
      const disk = await logWith(57);
      damage(disk, position);
      const before = segments(disk);
      const aside = await repair(disk);
      const first = Math.ceil(position / 3) * 3 + 1;
      expect(aside.every((path) => before.includes(path))).toBe(true);
      await expectWholeFrom(disk, first);
    }
  });

  test('DATA10: a lost file, and several damages at once', async () => {
    const disk = await logWith(57);
    damage(disk, 5);
    const lost = segments(disk)[1] ?? '';
    const next = Number((segments(disk)[2] ?? '').slice(-20, -4));
    await disk.mount().remove(lost);
    await repair(disk);
    await expectWholeFrom(disk, next);
  });

  test('DATA10: an end that is lost, if the snapshot has all that was durable', async () => {
    for (const snapshot of [57, 60]) {
      const disk = await logWith(snapshot);
      await disk.mount().remove(segments(disk).at(-1) ?? '');
      const { damages } = await inspect(disk);
      expect(damages).toMatchObject([{ to: 60 }]);
      if (snapshot === 57) {
        expect((await inspect(disk)).cut).toBeUndefined();
        continue;
      }
      await repair(disk);
      await expectWholeFrom(disk, 61);
    }
  });

  test('DATA10: a damaged header costs no record', async () => {
    for (const index of [0, 1, -1]) {
      const disk = await logWith(0);
      const path = segments(disk).at(index) ?? '';
      disk.put(path, (disk.bytes(path) ?? new Uint8Array()).fill(0x5a, 0, headBytesMax));
      await expect(open(disk)).rejects.toMatchObject({ code: 'log_corrupt' });
      expect(await inspect(disk)).toMatchObject({ damages: [], headers: [{ path }] });
      expect(await repair(disk)).toEqual([path]);
      await expectWholeFrom(disk, 1);
    }
  });

  test('DATA10: killed at any moment of the repair, the next one mends it', async () => {
    for (let operations = 1; operations < 40; operations += 1) {
      const disk = await logWith(57);
      damage(disk, 29);
      let left = operations;
      const crashed = new Promise<boolean>((resolve) => {
        disk.onOperation = () => {
          left -= 1;
          if (left !== 0) return;
          disk.crash('power');
          resolve(false);
        };
      });
      // A dead process waits for ever.
      const ended = await Promise.race([repair(disk).then(() => true), crashed]);
      disk.onOperation = () => {};
      if (!ended) await repair(disk);
      await expectWholeFrom(disk, 31);
    }
  });
});
