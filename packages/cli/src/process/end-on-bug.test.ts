import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bugStatus } from './end-on-bug.ts';

const module = fileURLToPath(new URL('./end-on-bug.ts', import.meta.url));

/** Runs a program that awaits at its top level, as `serve` does, while `bug` happens. */
function run(bug: string) {
  const program = `
    const { endOnBug } = await import(${JSON.stringify(module)});
    endOnBug();
    setTimeout(() => { ${bug} }, 1);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    console.log('it went on');`;
  return spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 60_000 });
}

const bugs = {
  'an exception in a timer': "throw new Error('boom')",
  'a rejection that nobody handles': "void (async () => { throw new Error('boom'); })()",
  'something thrown that is no error': "throw 'boom'",
};
for (const [what, bug] of Object.entries(bugs))
  test(`OPS18: ${what} ends the process, with one line and a status of its own`, () => {
    const { status, stdout, stderr } = run(bug);
    expect({ status, stdout }).toEqual({ status: bugStatus, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ level: 'error', cause: expect.stringContaining('boom') });
  });
