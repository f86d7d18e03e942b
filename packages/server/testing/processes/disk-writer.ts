import { systemClock } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../src/engine/embedded/node-disk.ts';

/** Appends to the log in the folder given until it is killed; prints every acknowledged position. Used by node-disk.test.ts. */
const disk = await openNodeDisk(process.argv[2] ?? '');
const clock = systemClock();
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => logger,
};
const store = await openEmbeddedLog({ disk, logger, clock, segmentBytesMax: 20_000 });
const encoder = new TextEncoder();
let end = await store.end('main');
for (;;) {
  const last = end.position;
  const records = [1, 2, 3].map((n) => encoder.encode(`${last + n} ${'x'.repeat((last * 37) % 500)}`));
  const outcome = await store.append('main', { atMs: clock.nowMs(), transactions: [records] }, end);
  if (!outcome.ok) process.exit(3);
  end = outcome.end;
  if (end.position % 30 === 0) await store.markAlive('main', clock.nowMs());
  process.stdout.write(`${end.position}\n`);
}
