import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { createLogger } from '../observe/logger.ts';
import type { Tls } from './tls.ts';
import { TlsWatch } from './tls-watch.ts';

test('RELOAD10: files are read when they are others than before, or were not good; what the runtime refuses is not in use', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-watch-'));
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const lines: string[] = [];
  const used: string[] = [];
  let reads = 0;
  let found: Tls | Error = { cert: 'one', key: 'k' };
  let refuses = false;
  const watch = new TlsWatch({
    clock: systemClock(),
    logger: createLogger({ level: 'info', format: 'json', sink: { write: (line) => lines.push(line) } }),
    files: () => files,
    load: async () => {
      reads += 1;
      if (found instanceof Error) throw found;
      return found;
    },
    use: ({ cert }) => {
      if (refuses) throw new Error('no shared cipher');
      used.push(cert);
    },
    present: found,
  });
  try {
    await writeFile(files.cert, '1');
    await watch.look();
    await watch.look();
    expect([reads, used, lines]).toEqual([1, [], []]);
    found = new Error('it does not fit');
    await writeFile(files.cert, 'half of it');
    for (let looks = 0; looks < 3; looks++) await watch.look();
    expect([reads, lines.length]).toEqual([4, 1]);
    expect(lines[0]).toContain('it does not fit');
    found = { cert: 'two', key: 'k' };
    refuses = true;
    await watch.look();
    expect(lines.at(-1)).toContain('no shared cipher');
    refuses = false;
    await watch.look();
    await watch.look();
    expect([reads, used]).toEqual([6, ['two']]);
    expect(watch.take({ cert: 'two', key: 'k' })).toBe(false);
  } finally {
    await watch.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
