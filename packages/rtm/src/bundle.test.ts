import { afterAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'housecount-rtm-'));
afterAll(() => rmSync(folder, { recursive: true }));

for (const [entry, look] of [
  ['index.ts', 'const { default: rtm } = await import(file); made(rtm)'],
  ['global.ts', 'await import(file); made(globalThis.AgoraRTM)'],
] as const)
  test(`RTM9: the bundle of ${entry} loads in plain Node, where there is no window`, async () => {
    const file = join(folder, `${entry}.mjs`);
    await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      bundle: true,
      minify: true,
      format: entry === 'global.ts' ? 'iife' : 'esm',
      target: 'es2022',
      platform: 'browser',
      outfile: file,
    });
    const made =
      "const made = (rtm) => { new rtm.RTM('a'.repeat(32), 'ann').publish('x', 'x').catch((error) => console.log(rtm.VERSION, error.name)); };";
    const script = `const file = ${JSON.stringify(file)}; ${made} ${look}`;
    const node = process.env.NODE ?? 'node';
    const said = execFileSync(node, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(said).toBe('2.3.0 RtmInvalidStatusError\n');
  }, 30_000);
