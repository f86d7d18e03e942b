import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { appendTo } from '../../../testing/suites/engine-contract.ts';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import { openEmbeddedLog } from '../../engine/embedded/embedded-log.ts';
import { Snapshots } from './snapshots.ts';

/** A log of 200 records in many small files, and a snapshot to be written of it. */
async function logWith(retention: { retentionMs: number; retentionBytes: number }) {
  const clock = new SimClock().process();
  const logger = quietLogger((message) => {
    throw new Error(message);
  });
  const disk = new SimDisk(new SimRandom(1)).mount(clock);
  const store = await openEmbeddedLog({ disk, logger, clock, segmentBytesMax: 1_000 });
  for (let last = 0; last < 200; last += 1) await appendTo(store, 'main', [[new Uint8Array(200)]], last);
  const options = { store, partition: 'main', state: emptyState(), clock, logger, lastPosition: 0 };
  return { store, snapshots: new Snapshots({ ...options, ...retention }) };
}
const never = Number.MAX_SAFE_INTEGER;

test('LOG13: what lies further back than the bytes to keep is deleted, however young', async () => {
  const { store, snapshots } = await logWith({ retentionMs: never, retentionBytes: 10_000 });
  await snapshots.stop(200, 0);
  expect(await store.first('main')).toBeGreaterThan(100);
  expect(await store.first('main')).toBeLessThan(200);
});

test('LOG13: but not what somebody still reads', async () => {
  const { store, snapshots } = await logWith({ retentionMs: never, retentionBytes: 10_000 });
  const release = snapshots.hold(() => 50);
  await snapshots.stop(200, 0);
  expect(await store.first('main')).toBeGreaterThan(40);
  expect(await store.first('main')).toBeLessThanOrEqual(51);
  release();
});

test('LOG13: and what is neither old nor too much stays', async () => {
  const { store, snapshots } = await logWith({ retentionMs: 1, retentionBytes: never });
  await snapshots.stop(200, 0);
  expect(await store.first('main')).toBe(1);
});
