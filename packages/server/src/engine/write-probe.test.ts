import { expect, test } from 'bun:test';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { canWrite } from './write-probe.ts';

test('OPS15: whether the disk can be written is found by writing, and leaves nothing behind', async () => {
  const disk = new SimDisk(new SimRandom(3));
  const mounted = disk.mount();
  expect(await canWrite(mounted)).toBe(true);
  expect(await mounted.read('write-probe')).toBeUndefined();
  disk.faults.spaceBytesLeft = 10_000;
  expect(await canWrite(mounted)).toBe(false);
  disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  disk.faults.syncFailures = 1;
  expect(await canWrite(mounted)).toBe(false);
  expect(await canWrite(mounted)).toBe(true);
});
