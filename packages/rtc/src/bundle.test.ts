import { afterAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { oldestBrowsers } from '../../../scripts/build/browsers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'housecount-rtc-'));
afterAll(() => rmSync(folder, { recursive: true }));

for (const [entry, look] of [
  ['index.ts', 'const { default: rtc } = await import(file); made(rtc); console.log(rtc.VERSION)'],
  ['esm.ts', 'const rtc = await import(file); made(rtc); console.log(rtc.VERSION)'],
  ['global.ts', 'await import(file); made(globalThis.AgoraRTC); console.log(globalThis.AgoraRTC.VERSION)'],
] as const)
  test(`SDK34: the bundle of ${entry} loads in plain Node, where there is no window`, async () => {
    const file = join(folder, `${entry}.mjs`);
    await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      bundle: true,
      minify: true,
      format: entry === 'global.ts' ? 'iife' : 'esm',
      target: oldestBrowsers,
      platform: 'browser',
      outfile: file,
    });
    const made =
      "const made = (rtc) => { if (rtc.createClient({ mode: 'live', codec: 'vp8' }).connectionState !== 'DISCONNECTED') throw new Error('no client'); };";
    const script = `const file = ${JSON.stringify(file)}; ${made} ${look}`;
    const node = process.env.NODE ?? 'node';
    const said = execFileSync(node, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(said).toMatch(/^4\.\d+\.\d+\n$/);
  }, 30_000);
