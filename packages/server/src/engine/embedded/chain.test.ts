import { beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { appendTo, shown, transaction } from '../../../testing/suites/engine-contract.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import type { LogStore } from '../contract.ts';
import { aliveMarkOf, knownPlaceOf } from './alive-file.ts';
import { type BatchHeader, batchHeaderBytes, batchHeaderOf, chainBegin } from './batch.ts';
import { openEmbeddedLog } from './embedded-log.ts';
import { encodeFrames, frameHeaderBytes, frames } from './frame.ts';
import { inspectLog, repairLog } from './log-repair.ts';
import { encodeHead, headBytesMax } from './segment-head.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(300_000);

const clock = new SimClock().process();
const logger = quietLogger(() => {});
const open = (disk: SimDisk, segmentBytesMax = 1_000_000) =>
  openEmbeddedLog({ disk: disk.mount(), logger, clock, segmentBytesMax });
const path = 'log/main/0000000000000001.log';
const bytesOf = (disk: SimDisk, of = path) => disk.bytes(of) ?? new Uint8Array();
const segments = (disk: SimDisk) => disk.paths().filter((each) => each.startsWith('log/main/'));

interface Written {
  readonly disk: SimDisk;
  /** Its one file in pieces: the header, then each batch. */
  readonly head: Uint8Array;
  readonly batches: readonly Uint8Array[];
}

/** A closed log of batches of two records, all of one length, in one file. */
async function written(batches: number, name = 'one'): Promise<Written> {
  const disk = new SimDisk(new SimRandom(1));
  const store = await open(disk);
  const ends: number[] = [headBytesMax];
  for (let last = 0; last < 2 * batches; last += 2) {
    await appendTo(store, 'main', [transaction(`${name} ${last + 1}`, `${name} ${last + 2}`)], last);
    ends.push(bytesOf(disk).length);
  }
  await store.close();
  const bytes = bytesOf(disk);
  return {
    disk,
    head: bytes.slice(0, headBytesMax),
    batches: ends.slice(1).map((end, at) => bytes.slice(ends[at], end)),
  };
}

/** The log with these in place of its file; its mark of life says nothing, so that only the file can tell. */
function rewritten({ disk, head }: Written, batches: readonly (Uint8Array | undefined)[]): SimDisk {
  const other = disk.copy(new SimRandom(2));
  other.put(path, new Uint8Array([...head, ...batches.flatMap((batch) => [...(batch ?? [])])]));
  other.put('alive', new Uint8Array(8192));
  return other;
}

const failureOf = (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    () => ({ code: 'none', message: '' }),
    (error) => ({ code: error.code ?? String(error), message: error.message }),
  );

/** Expects that a start is refused with the file, the place and the remedy, and changes nothing. */
async function expectRefused(disk: SimDisk, at: number, words: string): Promise<void> {
  const before = bytesOf(disk);
  const { code, message } = await failureOf(open(disk));
  expect({ code, message }).toEqual({
    code: 'log_corrupt',
    message: expect.stringContaining(`${path} at byte ${at}: `),
  });
  expect(message).toContain(words);
  expect(message).toContain('housecount repair --dry-run');
  expect(bytesOf(disk)).toEqual(before);
}

/** A frame with this in its payload, and a checksum that is right. */
function withPayload(batch: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = batch.slice();
  const view = new DataView(changed.buffer, at);
  changed[at + 24] = change(changed[at + 24] ?? 0);
  view.setUint32(0, crc32(changed.subarray(at + 4, at + 24 + view.getUint32(4, true))), true);
  return changed;
}

describe('what is not as it was appended is found at the start, and named', () => {
  let log: Written;
  let offsets: number[];
  beforeEach(async () => {
    log = await written(5);
    offsets = log.batches.map((_, at) =>
      log.batches.slice(0, at).reduce((sum, { length }) => sum + length, headBytesMax),
    );
  });
  const at = (batch: number) => offsets[batch] ?? -1;

  test('LOG15: any one damaged byte of a batch that another follows', async () => {
    for (const [index, batch] of log.batches.slice(0, -1).entries())
      for (let byte = 0; byte < batch.length; byte += 1) {
        const damaged = batch.slice();
        damaged[byte] = (damaged[byte] ?? 0) ^ 0x11;
        const disk = rewritten(log, log.batches.with(index, damaged));
        const { code, message } = await failureOf(open(disk));
        expect(code).toBe('log_corrupt');
        expect(message).toContain(`${path} at byte `);
      }
  });

  test('LOG15: a record that was changed together with its checksum', async () => {
    for (const index of [0, 2, 4]) {
      const changed = withPayload(
        log.batches[index] ?? new Uint8Array(),
        batchHeaderBytes,
        (byte) => byte ^ 1,
      );
      const first = 2 * index + 1;
      await expectRefused(
        rewritten(log, log.batches.with(index, changed)),
        at(index),
        `the batch of records ${first} to ${first + 1} is not what was written`,
      );
    }
  });

  test('LOG15: a doubled batch, also at the end', async () => {
    for (const index of [0, 2, 4]) {
      const doubled = log.batches.toSpliced(index, 0, log.batches[index] ?? new Uint8Array());
      const first = 2 * index + 1;
      await expectRefused(
        rewritten(log, doubled),
        at(index) + (log.batches[index]?.length ?? 0),
        `the batch of records ${first} to ${first + 1} stands there again`,
      );
    }
  });

  test('LOG15: a missing batch, also the last but one', async () => {
    for (const index of [0, 2, 3]) {
      const first = 2 * index + 3;
      await expectRefused(
        rewritten(log, log.batches.toSpliced(index, 1)),
        at(index),
        `the batch of records ${first} to ${first + 1} stands where record ${first - 2} was to be`,
      );
    }
  });

  test('LOG15: two batches that have changed places, also the last two', async () => {
    for (const index of [0, 2, 3]) {
      const [one, other] = [log.batches[index], log.batches[index + 1]];
      await expectRefused(
        rewritten(log, log.batches.toSpliced(index, 2, ...(one && other ? [other, one] : []))),
        at(index),
        `record ${2 * index + 1} was to be`,
      );
    }
  });

  test('LOG15: a batch of another log in its place, whole and with the same positions, also the last', async () => {
    const other = await written(5, 'two');
    for (const index of [1, 2, 4]) {
      const first = 2 * index + 1;
      await expectRefused(
        rewritten(log, log.batches.with(index, other.batches[index] ?? new Uint8Array())),
        at(index),
        `the batch of records ${first} to ${first + 1} is of another log`,
      );
    }
  });

  test('LOG15: the end of another log that holds the very same records', async () => {
    // What differs is who wrote it.
    const twin = await written(5);
    const spliced = [...log.batches.slice(0, 2), ...twin.batches.slice(2)];
    await expectRefused(rewritten(log, spliced), at(2), 'is of another log');
  });
});

test('LOG14: the header of an append names who wrote it, what is in it, and the chains; each chain is the hash of what came before', async () => {
  const disk = new SimDisk(new SimRandom(1));
  const store = await openEmbeddedLog({ disk: disk.mount(), logger, clock, incarnation: '0123456789abcdef' });
  const begin = await store.end('main');
  await store.append(
    'main',
    { atMs: 1_234_567_890_123, transactions: [transaction('a', 'b'), transaction('c')] },
    begin,
  );
  const end = await store.end('main');
  await store.append('main', { atMs: 1_234_567_890_124, transactions: [transaction('d')] }, end);
  const found: BatchHeader[] = [];
  const file = await disk.mount().open(path);
  for await (const { frame } of frames(file, headBytesMax)) {
    const header = frame && batchHeaderOf(frame);
    if (header) found.push(header);
  }
  expect(found).toEqual([
    {
      id: '0123456789abcdef/1',
      first: 1,
      count: 3,
      atMs: 1_234_567_890_123,
      prev: begin.chain,
      chain: end.chain,
    },
    {
      id: '0123456789abcdef/2',
      first: 4,
      count: 1,
      atMs: 1_234_567_890_124,
      prev: end.chain,
      chain: (await store.end('main')).chain,
    },
  ]);
  const first = await file.read(headBytesMax, batchHeaderBytes + 3 * (frameHeaderBytes + 1));
  const hash = createHash('sha256')
    .update(first.subarray(frameHeaderBytes + 16))
    .digest('hex');
  expect(end.chain).toBe(hash.slice(0, 32));
  // Another writer of the same records has other chains.
  const other = await open(new SimDisk(new SimRandom(1)));
  await appendTo(other, 'main', [transaction('a', 'b'), transaction('c')], 0);
  expect((await other.end('main')).chain).not.toBe(end.chain);
});

describe('over files', () => {
  const shownAll = async (store: LogStore, after = 0) => shown(await store.read('main', after, 1_000));

  /** A closed log of 40 batches of one record in several files. */
  async function overFiles(name: string): Promise<SimDisk> {
    const disk = new SimDisk(new SimRandom(1));
    const store = await open(disk, 700);
    for (let last = 0; last < 40; last += 1)
      await appendTo(store, 'main', [transaction(`${name} ${last + 1}`)], last);
    await store.close();
    expect(segments(disk).length).toBeGreaterThan(4);
    return disk;
  }

  test('LOG16: a file of another log, whole and with the same positions, is found when it, or the one before it, is read', async () => {
    const other = await overFiles('two');
    for (const index of [1, 2]) {
      const disk = await overFiles('one');
      const swapped = segments(disk)[index] ?? '';
      disk.put(swapped, bytesOf(other, swapped));
      const store = await open(disk, 700);
      const { code, message } = await failureOf(store.read('main', 0, 1_000));
      expect(code).toBe('log_corrupt');
      expect(message).toContain(`${swapped} at byte 0: it does not follow`);
      expect(message).toContain('housecount repair --dry-run');
      await store.close();
    }
  });

  test('LOG16: a batch that was changed in a file that is not the last is found before any record behind it is read', async () => {
    const disk = await overFiles('one');
    const [, second = ''] = segments(disk);
    const first = Number(second.slice(-20, -4));
    disk.put(
      second,
      withPayload(bytesOf(disk, second), headBytesMax + batchHeaderBytes, (byte) => byte ^ 1),
    );
    const store = await open(disk, 700);
    for (const after of [first - 1, first])
      expect(await failureOf(store.read('main', after, 1))).toMatchObject({
        code: 'log_corrupt',
        message: expect.stringContaining(`${second} at byte ${headBytesMax}: the batch of record ${first}`),
      });
    expect((await store.read('main', 0, first - 1)).length).toBe(first - 1);
    expect((await store.read('main', 35, 10)).length).toBe(5);
  });

  test('LOG16: the chain goes on over files, restarts, a trim and a snapshot; readers get everything', async () => {
    const disk = new SimDisk(new SimRandom(1));
    let store = await open(disk, 700);
    const chains = new Set<string>();
    for (let last = 0; last < 60; last += 1) {
      chains.add((await store.end('main')).chain);
      await appendTo(store, 'main', [transaction(`r ${last + 1}`)], last);
      if (last === 30) {
        await store.writeSnapshot('main', 25, ['all of it']);
        await store.trim('main', 25, Number.MAX_SAFE_INTEGER);
      }
      if (last % 7 > 0) continue;
      const end = await store.end('main');
      if (last % 2) await store.close();
      else disk.crash('power');
      store = await open(disk, 700);
      expect(await store.end('main')).toEqual(end);
    }
    expect(chains.size).toBe(60);
    const after = (await store.first('main')) - 1;
    expect(after).toBeGreaterThan(0);
    expect(await shownAll(store, after)).toEqual(
      Array.from({ length: 60 - after }, (_, at) => `${after + at + 1}:r ${after + at + 1}`),
    );
  });

  test('LOG16: a file that does not follow the one before it is told by the repair as well', async () => {
    const [disk, other] = [await overFiles('one'), await overFiles('two')];
    const swapped = segments(disk)[2] ?? '';
    disk.put(swapped, bytesOf(other, swapped));
    const { damages } = await inspectLog({ disk: disk.mount(), logger }, 'main', { position: 40 });
    expect(damages.map((damage) => damage.path)).toEqual([swapped, segments(disk)[3] ?? '']);
    expect(damages[0]?.what).toContain('of another log');
  });
});

describe('a log of before there were batches', () => {
  /** As servers of before wrote it: appends of one transaction of two records. */
  function old(appends: number): SimDisk {
    const disk = new SimDisk(new SimRandom(3));
    const frames = Array.from(
      { length: appends },
      (_, at) => encodeFrames([transaction(`old ${2 * at + 1}`, `old ${2 * at + 2}`)], 2 * at + 1).bytes,
    );
    disk.put(
      path,
      new Uint8Array([...encodeHead({ first: 1, createdMs: 1 }), ...frames.flatMap((each) => [...each])]),
    );
    return disk;
  }
  const expected = ['1:old 1', '2:old 2', '3:old 3', '4:old 4', '5:old 5', '6:old 6'];

  test('LOG17: it opens and goes on, in a new file whose chain names the newest append of before', async () => {
    for (const restarts of [0, 1, 2]) {
      const disk = old(3);
      for (let each = 0; each < restarts; each += 1) await (await open(disk)).close();
      let store = await open(disk);
      expect(shown(await store.read('main', 0, 10))).toEqual(expected);
      expect(await store.end('main')).toEqual({
        position: 6,
        chain: chainBegin(6, encodeFrames([transaction('old 5', 'old 6')], 5).bytes),
      });
      await appendTo(store, 'main', [transaction('new')], 6);
      await store.close();
      store = await open(disk);
      expect(shown(await store.read('main', 0, 10))).toEqual([...expected, '7:new']);
      await store.close();
      expect(await inspectLog({ disk: disk.mount(), logger }, 'main', { position: 7 })).toMatchObject({
        damages: [],
        headers: [],
        last: 7,
      });
      const newest = segments(disk).at(-1) ?? '';
      expect(new TextDecoder().decode(bytesOf(disk, newest).subarray(0, 8))).toBe('HCSEG002');
    }
  });

  test('LOG17: its newest append is held against what the chain names', async () => {
    const disk = old(3);
    const store = await open(disk);
    await appendTo(store, 'main', [transaction('new')], 6);
    await store.close();
    // The newest append of before was moved to a file of its own when it was recovered.
    const of = segments(disk).at(-2) ?? '';
    expect(of).toContain('5.log');
    const changed = withPayload(bytesOf(disk, of), 28, (byte) => byte ^ 1);
    disk.put(of, changed);
    expect(await failureOf((await open(disk)).read('main', 4, 10))).toMatchObject({ code: 'log_corrupt' });
  });

  test('LOG17: a torn end of before is cut as it was', async () => {
    const disk = old(3);
    disk.put(path, bytesOf(disk).slice(0, -3));
    const store = await open(disk);
    expect(shown(await store.read('main', 0, 10))).toEqual(expected.slice(0, 4));
    await appendTo(store, 'main', [transaction('new')], 4);
    await store.close();
    expect(shown(await (await open(disk)).read('main', 0, 10))).toEqual([...expected.slice(0, 4), '5:new']);
  });

  test('LOG17: killed at any moment of the first start and the first append, the next start goes on', async () => {
    for (let operations = 1; operations < 30; operations += 1) {
      const disk = old(3);
      let left = operations;
      const crashed = new Promise<boolean>((resolve) => {
        disk.onOperation = () => {
          left -= 1;
          if (left !== 0) return;
          disk.crash('power');
          resolve(false);
        };
      });
      const first = open(disk).then((store) => appendTo(store, 'main', [transaction('new')], 6));
      await Promise.race([first, crashed]);
      disk.onOperation = () => {};
      const store = await open(disk);
      const found = shown(await store.read('main', 0, 10));
      expect([6, 7]).toContain(found.length);
      expect(found.slice(0, 6)).toEqual(expected);
      expect((await appendTo(store, 'main', [transaction('next')], found.length)).ok).toBe(true);
    }
  });
});

test('LOG18: killed at any byte of an append, the log holds all of it or nothing, and goes on with the same chain', async () => {
  const { disk, head, batches } = await written(3);
  const newest = batches[2] ?? new Uint8Array();
  for (let bytes = 0; bytes <= newest.length; bytes += 1) {
    const torn = rewritten({ disk, head, batches }, [...batches.slice(0, 2), newest.slice(0, bytes)]);
    let store = await open(torn);
    const kept = bytes === newest.length ? 6 : 4;
    expect(store.recovery('main').lastPosition).toBe(kept);
    const outcome = await appendTo(store, 'main', [transaction('next')], kept);
    expect(outcome.ok).toBe(true);
    const end = await store.end('main');
    await store.close();
    store = await open(torn);
    expect(await store.end('main')).toEqual(end);
    expect((await store.read('main', 0, 10)).length).toBe(kept + 1);
  }
});

describe('the mark of life', () => {
  test('LOG19: a log that holds another batch at the place it had reached stops the start, with the remedy', async () => {
    const [one, two] = [await written(3, 'one'), await written(4, 'two')];
    const disk = one.disk.copy(new SimRandom(1));
    disk.put(path, bytesOf(two.disk));
    const { code, message } = await failureOf(open(disk));
    expect(code).toBe('log_corrupt');
    expect(message).toContain('holds another record 6 than it did');
    expect(message).toContain('delete the file "alive"');
    const known = knownPlaceOf(aliveMarkOf(bytesOf(disk, 'alive')), 'main');
    expect(await inspectLog({ disk: disk.mount(), logger }, 'main', known)).toMatchObject({
      damages: [{ from: 5, to: 6, what: expect.stringContaining('record 6 is another') }],
      last: 8,
    });
    await disk.mount().remove('alive');
    expect((await open(disk)).recovery('main').lastPosition).toBe(8);
  });

  test('LOG19: a mark that is older than the log, and a whole folder that was put back, are none of this', async () => {
    const { disk } = await written(3);
    const backup = disk.copy(new SimRandom(1));
    const mark = bytesOf(disk, 'alive');
    let store = await open(disk);
    await appendTo(store, 'main', [transaction('more')], 6);
    await store.close();
    disk.put('alive', mark);
    store = await open(disk);
    expect(store.recovery('main').lastPosition).toBe(7);
    expect((await open(backup)).recovery('main').lastPosition).toBe(6);
    expect(aliveMarkOf(mark)?.chains?.main).toMatch(/^[0-9a-f]{32}$/);
  });

  test('LOG19: a log that a repair made to begin anew goes on, killed or not before the next mark', async () => {
    const { disk, batches } = await written(3);
    const store = await open(disk);
    await store.writeSnapshot('main', 6, ['all of it']);
    await store.close();
    disk.put(path, bytesOf(disk).slice(0, -(batches[2]?.length ?? 0)));
    const mounted = disk.mount();
    await repairLog(mounted, await inspectLog({ disk: mounted, logger }, 'main', { position: 6 }), {
      nowMs: 1,
      setAside: (each) => mounted.remove(each),
    });
    let again = await open(disk);
    expect(again.recovery('main').lastPosition).toBe(6);
    await appendTo(again, 'main', [transaction('seventh')], 6);
    disk.crash('power');
    again = await open(disk);
    expect(shown(await again.read('main', 6, 10))).toEqual(['7:seventh']);
  });
});

describe('versions', () => {
  test('DATA3: a file of the log that a newer server wrote stops the start and the repair with data_newer, both versions named', async () => {
    const { disk } = await written(2);
    const bytes = bytesOf(disk);
    bytes.set(new TextEncoder().encode('HCSEG007'));
    new DataView(bytes.buffer).setUint32(24, crc32(bytes.subarray(0, 24)), true);
    disk.put(path, bytes);
    for (const failure of [
      await failureOf(open(disk)),
      await failureOf(inspectLog({ disk: disk.mount(), logger }, 'main', { position: 4 })),
    ]) {
      expect(failure.code).toBe('data_newer');
      expect(failure.message).toContain(`${path} has version 7, and this server knows none after 2`);
    }
    expect(bytesOf(disk)).toEqual(bytes);
  });
});

describe('what the repair says and does', () => {
  const inspect = (disk: SimDisk, durable = 0) =>
    inspectLog({ disk: disk.mount(), logger }, 'main', { position: durable });

  test('DATA10: a doubled, a missing, a changed and a foreign batch are found, each with its place; the rest is whole', async () => {
    const log = await written(6);
    const other = await written(6, 'two');
    const { batches } = log;
    const none = new Uint8Array();
    const changed = withPayload(batches[2] ?? none, batchHeaderBytes, (byte) => byte ^ 1);
    const cases = {
      'stands there again': { batches: batches.toSpliced(2, 0, batches[1] ?? none), from: 5, to: 4 },
      'a batch is missing': { batches: batches.toSpliced(2, 1), from: 5, to: 6 },
      'is not what was written': { batches: batches.with(2, changed), from: 5, to: 6 },
      'is of another log': { batches: batches.with(2, other.batches[2] ?? none), from: 5, to: 6 },
    };
    for (const [what, { batches: found, from, to }] of Object.entries(cases)) {
      const disk = rewritten(log, found);
      const { damages, last } = await inspect(disk);
      expect(damages.map((damage) => [damage.what?.includes(what), damage.from, damage.to])).toEqual([
        [true, from, to],
      ]);
      expect(last).toBe(12);
    }
  });

  test('DATA10: with a snapshot past it, the log begins behind it, and its chain goes on', async () => {
    const log = await written(6);
    const { batches } = log;
    const doubled = batches.toSpliced(2, 0, batches[1] ?? new Uint8Array());
    const disk = rewritten(log, doubled);
    disk.put('snapshots/main/none', new Uint8Array());
    const whole = await open(log.disk);
    await whole.writeSnapshot('main', 8, ['all of it']);
    const end = await whole.end('main');
    await whole.close();
    const snapshot = 'snapshots/main/0000000000000008.snap';
    disk.put(snapshot, bytesOf(log.disk, snapshot));
    const mounted = disk.mount();
    await repairLog(mounted, await inspect(disk), { nowMs: 1, setAside: (each) => mounted.remove(each) });
    expect(await inspect(disk)).toMatchObject({ damages: [], headers: [] });
    const store = await open(disk);
    expect(await store.first('main')).toBe(5);
    expect(await store.end('main')).toEqual(end);
    expect((await store.read('main', 4, 20)).length).toBe(8);
  });
});
