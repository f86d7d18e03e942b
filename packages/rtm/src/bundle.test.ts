import { afterAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { oldestBrowsers } from '../../../scripts/build/browsers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'housecount-rtm-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Removes the functions that browsers of 2022 do not have. */
const newer = [
  'delete URL.canParse; delete AbortSignal.any; delete Object.groupBy; delete Promise.withResolvers;',
  "for (const name of ['toSpliced', 'toSorted', 'toReversed', 'with', 'findLast', 'findLastIndex'])",
  '  delete Array.prototype[name];',
].join('\n');

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
      target: oldestBrowsers,
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

test('RTM9: the bundle does with what browsers of 2022 have, also where a script tag has it from a server', async () => {
  const file = join(folder, 'global-2022.js');
  await build({
    entryPoints: [fileURLToPath(new URL('global.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    target: oldestBrowsers,
    platform: 'browser',
    outfile: file,
  });
  const page = `
    ${newer}
    let connected;
    globalThis.WebSocket = class {
      constructor(url) {
        connected = url;
      }
      close() {}
    };
    globalThis.document = { currentScript: { src: 'http://127.0.0.1:7080/sdk/agora-rtm.js' }, querySelector: () => null };
    globalThis.location = { origin: 'http://127.0.0.1:1' };
    await import(${JSON.stringify(file)});
    const client = new AgoraRTM.RTM('a'.repeat(32), 'ann', { logLevel: 'none' });
    const listener = () => undefined;
    client.addEventListener('message', listener);
    client.removeEventListener('message', listener);
    const login = client.login().catch((error) => console.log(error.errorCode, connected));
    await client.logout();
    await login;
  `;
  const node = process.env.NODE ?? 'node';
  const said = execFileSync(node, ['--input-type=module', '--eval', page], { encoding: 'utf8' });
  expect(said).toBe('-10023 ws://127.0.0.1:7080/v1/signaling\n');
}, 30_000);

test('RTM9: tools that know nothing of "exports" find the same bundle and types', async () => {
  const about = (await Bun.file(new URL('../package.json', import.meta.url)).json()) as {
    readonly main?: string;
    readonly module?: string;
    readonly types?: string;
    readonly exports: {
      readonly '.': {
        readonly require: { readonly default: string };
        readonly types: string;
        readonly default: string;
      };
    };
  };
  const { require: required, types, default: bundle } = about.exports['.'];
  expect([about.main, about.module, about.types]).toEqual([required.default, bundle, types]);
});
