import { describe, expect, test } from 'bun:test';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import type { Disk } from '../../engine/disk.ts';
import { keptFiles } from '../../kept/files/kept-files.ts';
import { type GivenUp, GivenUpJournal, givenUpFolder, givenUpPageMax } from './given-up-journal.ts';

const life = new LifeForTests();
const entry = (position: number): GivenUp => ({
  position,
  noticeId: `S:${position}:105`,
  eventType: 105,
  event: life.join(position),
  attempts: 4,
  error: 'status 500',
  atMs: position,
});
const positions = (entries: readonly GivenUp[]) => entries.map(({ position }) => position);

function world(seed = 1) {
  const disk = new SimDisk(new SimRandom(seed));
  const read = { bytes: 0 };
  /** The disk, and how much is read of it. */
  const counted = (): Disk => {
    const mounted = disk.mount();
    return {
      ...mounted,
      async open(path) {
        const file = await mounted.open(path);
        return {
          ...file,
          async read(offset, length) {
            const bytes = await file.read(offset, length);
            read.bytes += bytes.length;
            return bytes;
          },
        };
      },
    };
  };
  return { disk, read, open: (id = 'a') => GivenUpJournal.open(keptFiles(counted()), id, 0) };
}

describe('GivenUpJournal', () => {
  test('HOOK195: what is taken out is gone durably, and what is kept or given up meanwhile is kept over a power cut', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { disk, open } = world(seed);
      const journal = await open();
      await journal.append([1, 2, 3, 4].map(entry));
      const ends: number[] = [];
      for await (const {
        entry: { position },
        end,
      } of journal.placed())
        if (position % 2 === 1) ends.push(end);
      await Promise.all([
        journal.append([entry(5)]),
        journal.remove(new Set(ends)),
        journal.append([entry(6)]),
      ]);
      expect(positions((await journal.read(0, 10)).entries)).toEqual([2, 4, 5, 6]);
      expect(journal.count).toBe(4);
      disk.crash('power');
      const again = await open();
      expect(positions((await again.read(0, 10)).entries)).toEqual([2, 4, 5, 6]);
      expect(again.count).toBe(4);
      await again.append([entry(7)]);
      expect(positions((await again.read(0, 10)).entries)).toEqual([2, 4, 5, 6, 7]);
      await again.close();
    }
  });

  test('HOOK6: entries come back in order, page by page, and endpoints do not share them', async () => {
    const { open } = world();
    const journal = await open();
    for (let position = 1; position <= 5; position++) await journal.append([entry(position)]);
    const first = await journal.read(0, 2);
    const second = await journal.read(first.next, 2);
    const third = await journal.read(second.next, 2);
    expect([first, second, third].map(({ entries }) => positions(entries))).toEqual([[1, 2], [3, 4], [5]]);
    expect(await journal.read(third.next, 2)).toEqual({ entries: [], next: third.next });
    expect(first.entries[0]?.event).toMatchObject({ type: 'member-joined', uid: 1 });
    expect((await (await open('b')).read(0, 10)).entries).toEqual([]);
  });

  test('HOOK6: what was appended survives a power cut, whole', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { disk, open } = world(seed);
      const journal = await open();
      await journal.append([entry(1)]);
      await journal.append([entry(2)]);
      journal.append([entry(3)]).catch(() => undefined);
      disk.crash('power');
      const again = await open();
      const { entries } = await again.read(0, 10);
      expect(positions(entries).slice(0, 2)).toEqual([1, 2]);
      expect(again.count).toBe(entries.length);
      await again.append([entry(9)]);
      expect(positions((await again.read(0, 10)).entries)).toEqual([...positions(entries), 9]);
    }
  });

  test('HOOK6: those that wait share a sync', async () => {
    const { disk, open } = world();
    const journal = await open();
    await Promise.all(Array.from({ length: 100 }, (_, index) => journal.append([entry(index + 1)])));
    expect(disk.syncs).toBeLessThanOrEqual(3);
    expect(journal.count).toBe(100);
  });

  test('HOOK6: a full disk refuses the append and damages nothing', async () => {
    const { disk, open } = world();
    const journal = await open();
    await journal.append([entry(1)]);
    disk.faults.spaceBytesLeft = 20;
    await expect(journal.append([entry(2)])).rejects.toMatchObject({ code: 'log_unavailable' });
    disk.faults.spaceBytesLeft = 1e9;
    disk.faults.syncFailures = 1;
    await expect(journal.append([entry(3)])).rejects.toMatchObject({ code: 'log_unavailable' });
    await journal.append([entry(4)]);
    disk.crash('power');
    expect(positions((await (await open()).read(0, 10)).entries)).toEqual([1, 4]);
  });

  test('HOOK6: lines whose sync failed before a crash take no later ones with them', async () => {
    const { disk, open } = world();
    const journal = await open();
    disk.faults.syncFailures = 1;
    await expect(journal.append([entry(1)])).rejects.toMatchObject({ code: 'log_unavailable' });
    disk.crash('process');
    await (await open()).append([entry(2)]);
    disk.crash('power');
    expect(positions((await (await open()).read(0, 10)).entries)).toContain(2);
  });

  test('HOOK6: pages are bounded, and lines longer than a chunk are read', async () => {
    const { open } = world();
    const journal = await open();
    const long = { ...entry(1), error: 'x'.repeat(3 * 1024 * 1024) };
    await journal.append([long]);
    await Promise.all(
      Array.from({ length: givenUpPageMax }, (_, index) => journal.append([entry(index + 2)])),
    );
    const { entries } = await journal.read(0, 1e9);
    expect(entries).toHaveLength(givenUpPageMax);
    expect(entries[0]?.error).toBe(long.error);
  });

  test('HOOK172: a damaged line costs its own notice and no other, and is told', async () => {
    const { disk, open } = world();
    const journal = await open();
    for (let position = 1; position <= 5; position++) await journal.append([entry(position)]);
    await journal.close();
    const [path = ''] = disk.paths();
    const whole = Buffer.from(disk.bytes(path) ?? []);
    const lineBytes = whole.indexOf(0x0a) + 1;
    for (let at = 0; at < 3 * lineBytes; at += 7) {
      // Without the line's end the next one is damaged with it.
      if (whole[at] === 0x0a) continue;
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      await disk.mount().replace(path, damaged);
      const again = await open();
      const line = Math.floor(at / lineBytes) + 1;
      expect(positions((await again.read(0, 10)).entries)).toEqual([1, 2, 3, 4, 5].filter((n) => n !== line));
      expect(again.damagedBytes).toBe(lineBytes);
      expect(again.count).toBe(4);
      await again.append([entry(6)]);
      expect(positions((await again.read(0, 10)).entries).slice(-2)).toEqual([5, 6]);
      expect((await open()).count).toBe(5);
    }
  });

  test('HOOK172: a place in the middle of a line is read on from the next line, and not the whole file for it', async () => {
    const { open, read } = world();
    const journal = await open();
    await journal.append(Array.from({ length: 8_000 }, (_, index) => entry(index + 1)));
    const before = read.bytes;
    const { entries, next } = await journal.read(5, 2);
    expect(positions(entries)).toEqual([2, 3]);
    expect(positions((await journal.read(next, 1)).entries)).toEqual([4]);
    expect(read.bytes - before).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  test('HOOK6: the name of the file is safe, whatever the id, and stays the same for good', async () => {
    const { disk, open } = world();
    await open('../../etc/passwd');
    expect(disk.paths()).toEqual([`${givenUpFolder}/3754d6cb3a38e1185e5b382d5f3ef3f1`]);
  });
});
