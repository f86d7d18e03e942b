import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { keptSuite } from '../../../testing/suites/kept-contract.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import type { DiskFile } from '../../engine/disk.ts';
import { openNodeDisk } from '../../engine/embedded/node-disk.ts';
import { keptFiles } from './kept-files.ts';

/** Flips a bit in the middle. */
function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 0x01;
  return copy;
}

keptSuite('a disk that loses what is not synced', async () => {
  const disk = new SimDisk(new SimRandom(1));
  return {
    kept: keptFiles(disk.mount()),
    async crash() {
      disk.crash('process');
      return keptFiles(disk.mount());
    },
    bytes: (name) => disk.bytes(name)?.length ?? 0,
    async damage(name) {
      disk.put(name, damaged(disk.bytes(name) ?? new Uint8Array()));
    },
    async remove() {},
  };
});

/** The disk of one process, whose end closes what it had open: the kernel does that for one that is killed. */
async function openProcess(folder: string) {
  const disk = await openNodeDisk(
    folder,
    quietLogger(() => {}),
  );
  const open = new Set<DiskFile>();
  return {
    kept: keptFiles({
      ...disk,
      async open(path) {
        const file = await disk.open(path);
        open.add(file);
        return {
          ...file,
          close() {
            open.delete(file);
            return file.close();
          },
        };
      },
    }),
    async end() {
      await Promise.all(Array.from(open, (file) => file.close()));
      disk.close();
    },
  };
}

keptSuite('the file system', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-kept-'));
  let process = await openProcess(folder);
  return {
    kept: process.kept,
    async crash() {
      await process.end();
      process = await openProcess(folder);
      return process.kept;
    },
    bytes: (name) => statSync(join(folder, name)).size,
    async damage(name) {
      writeFileSync(join(folder, name), damaged(readFileSync(join(folder, name))));
    },
    async remove() {
      await process.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
