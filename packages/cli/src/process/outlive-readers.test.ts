import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const at = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));

/** Runs a program that writes to both outputs until a write has failed, after their reader has gone. */
async function run(call: string): Promise<number | null> {
  const program = `
    const { endOnBug } = await import(${at('./end-on-bug.ts')});
    const { outliveReaders } = await import(${at('./outlive-readers.ts')});
    endOnBug();
    ${call}
    let failed = 0;
    const count = () => { failed += 1; };
    process.stdout.write('ready\\n');
    for (let round = 0; failed < 4 && round < 1_000; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.stdout.write('x', (error) => error && count());
      process.stderr.write('x', (error) => error && count());
    }
    process.exit(failed < 4 ? 9 : 0);`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stderr.destroy();
  const [status] = await ended;
  return status;
}

test('OPS19: the process goes on when nobody reads its output any more', async () => {
  expect(await run('outliveReaders();')).toBe(0);
});

test('OPS18: what it stands against is real: without it a closed output ends the process', async () => {
  expect(await run('')).toBe(70);
});
