import { spawn } from 'node:child_process';

const setup = new URL('../../../../scripts/setup/setup.mjs', import.meta.url);

/** Builds packages/console/dist as `npm test` does (a few seconds), if a source is newer than it, so that a test sees the pages as they are now. */
export async function buildConsole(): Promise<void> {
  const build = `import { setUpBuilds } from ${JSON.stringify(setup.href)}; setUpBuilds(['console']);`;
  const child = spawn('node', ['--input-type=module', '--eval', build], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // As it is handed out, not as under a test.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`the console did not build (${status}):\n${said}`)),
    );
  });
}
