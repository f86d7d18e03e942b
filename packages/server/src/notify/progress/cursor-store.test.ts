import { describe, expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import { keptFiles } from '../../kept/files/kept-files.ts';
import { CursorStore, cursorFileBytesMax, cursorPath, cursorSyncMs, cursorWriteMs } from './cursor-store.ts';
import type { Cursor } from './delivery-window.ts';

class Store {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(1));
  readonly complaints: string[] = [];
  #process = this.clock.process();

  open(ids: readonly string[] = ['a'], newcomer: Cursor = { through: 0, open: [] }): Promise<CursorStore> {
    this.#process = this.clock.process();
    const parts = {
      kept: keptFiles(this.disk.mount(this.#process)),
      clock: this.#process,
      logger: quietLogger((message) => this.complaints.push(message)),
    };
    return CursorStore.open(parts, ids, newcomer);
  }

  crash(kind: 'process' | 'power'): void {
    this.#process.kill();
    this.disk.crash(kind);
  }
}

const at = (through: number): Cursor => ({ through, open: [] });

describe('CursorStore', () => {
  test('HOOK11: a newcomer gets its beginning, one that is known keeps its cursor', async () => {
    const world = new Store();
    const first = await world.open(['a'], at(5));
    expect(first.get('a')).toEqual(at(5));
    await first.stop();
    const second = await world.open(['a', 'b'], at(9));
    expect([second.get('a'), second.get('b')]).toEqual([at(5), at(9)]);
    expect(() => second.get('c')).toThrow();
  });

  test('HOOK13: a moved cursor survives a killed process once it was written, with what is open', async () => {
    const world = new Store();
    const store = await world.open();
    store.track('a', () => ({ through: 7, open: [3, 5] }));
    store.moved('a');
    await world.clock.advance(cursorWriteMs);
    world.crash('process');
    expect((await world.open()).get('a')).toEqual({ through: 7, open: [3, 5] });
  });

  test('HOOK13: a power cut may take the cursor back, never forward, and not beyond the last sync', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const world = new Store();
      const store = await world.open();
      let through = 0;
      store.track('a', () => at(through));
      for (; through < 30; through++) {
        store.moved('a');
        await world.clock.advance(cursorWriteMs);
      }
      world.crash('power');
      const kept = (await world.open()).get('a').through;
      expect(kept).toBeGreaterThanOrEqual(30 - cursorSyncMs / cursorWriteMs - 2);
      expect(kept).toBeLessThan(30);
    }
  });

  test('HOOK13: cursors that move all the time are written at most once per interval, and synced rarely', async () => {
    const world = new Store();
    const store = await world.open();
    let reads = 0;
    store.track('a', () => {
      reads += 1;
      return at(reads);
    });
    const syncs = world.disk.syncs;
    for (let ms = 0; ms < 2_000; ms += 10) {
      store.moved('a');
      await world.clock.advance(10);
    }
    expect(reads).toBeWithin(10, 2_000 / cursorWriteMs + 1);
    expect(world.disk.syncs - syncs).toBeWithin(1, 2_000 / cursorSyncMs + 1);
  });

  test('HOOK13: one endpoint at rest keeps its cursor while another moves', async () => {
    const world = new Store();
    const store = await world.open(['a', 'b'], at(1));
    store.track('a', () => at(2));
    store.track('b', () => at(2));
    store.moved('a');
    await world.clock.advance(cursorWriteMs);
    world.crash('process');
    const again = await world.open(['a', 'b']);
    expect([again.get('a'), again.get('b')]).toEqual([at(2), at(1)]);
  });

  test('HOOK13: the file is rewritten when it has grown, and nothing is lost by it', async () => {
    const world = new Store();
    const store = await world.open();
    let through = 100;
    store.track('a', () => ({ through, open: Array.from({ length: 1_024 }, (_, index) => index) }));
    let largest = 0;
    for (; through < 600; through++) {
      store.moved('a');
      await world.clock.advance(cursorWriteMs);
      largest = Math.max(largest, world.disk.bytes(cursorPath)?.length ?? 0);
    }
    expect(largest).toBeWithin(cursorFileBytesMax, cursorFileBytesMax + 20_000);
    expect(world.disk.bytes(cursorPath)?.length).toBeLessThan(cursorFileBytesMax);
    world.crash('process');
    expect((await world.open()).get('a').through).toBe(599);
  });

  test('HOOK174: where many endpoints have much open, the file is not rewritten for every cursor that moves', async () => {
    const world = new Store();
    const open = Array.from({ length: 1_024 }, (_, index) => 100_000_000 + index);
    const ids = Array.from({ length: 200 }, (_, index) => `endpoint ${index}`);
    const store = await world.open(['a', ...ids], { through: 100_001_024, open });
    expect(world.disk.bytes(cursorPath)?.length).toBeGreaterThan(cursorFileBytesMax);
    let through = 0;
    store.track('a', () => at(++through));
    let shrunk = 0;
    let before = 0;
    for (let write = 0; write < 300; write++) {
      store.moved('a');
      await world.clock.advance(cursorWriteMs);
      const bytes = world.disk.bytes(cursorPath)?.length ?? 0;
      if (bytes <= before) shrunk += 1;
      before = bytes;
    }
    expect(shrunk).toBe(0);
    world.crash('process');
    expect((await world.open(['a'])).get('a').through).toBe(300);
  });

  test('HOOK185: a file that is not there is told, unless the log is empty', async () => {
    const first = new Store();
    await first.open(['a']);
    expect(first.complaints).toEqual([]);
    await first.open(['a', 'b'], { through: 7, open: [] });
    expect(first.complaints).toEqual([]);
    const bereft = new Store();
    expect((await bereft.open(['a'], { through: 7, open: [] })).get('a').through).toBe(7);
    expect(bereft.complaints).toEqual([expect.stringContaining(`There is no ${cursorPath}`)]);
  });

  test('HOOK12: a full disk is complained of once, and the cursor is written when there is room', async () => {
    const world = new Store();
    const store = await world.open();
    store.track('a', () => at(50));
    world.disk.faults.spaceBytesLeft = 3;
    store.moved('a');
    await world.clock.advance(cursorWriteMs * 5);
    expect(world.complaints).toHaveLength(1);
    world.disk.faults.spaceBytesLeft = 1e9;
    await world.clock.advance(cursorWriteMs * 2);
    world.crash('process');
    expect((await world.open()).get('a')).toEqual(at(50));
  });

  test('HOOK12: a torn tail is told and ignored', async () => {
    const world = new Store();
    await (await world.open(['a'], at(4))).stop();
    const bytes = world.disk.bytes(cursorPath) ?? new Uint8Array();
    world.disk.put(cursorPath, Buffer.concat([bytes, Buffer.from('1234abcd {"a":{"thr')]));
    world.complaints.length = 0;
    expect((await world.open()).get('a')).toEqual(at(4));
    expect(world.complaints).toEqual([expect.stringContaining('were torn')]);
  });
});
