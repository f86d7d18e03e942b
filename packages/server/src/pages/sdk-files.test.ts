import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import { sdkRoutes } from './sdk-files.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'housecount-sdk-'));
  for (const [name, sdk] of [
    ['AgoraRTC', 'rtc'],
    ['AgoraRTM', 'rtm'],
  ] as const) {
    await mkdir(join(dir, sdk, 'dist'), { recursive: true });
    await writeFile(join(dir, sdk, 'dist', `${name}.iife.js`), `window.${name} = {};`);
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const get = async (file: string): Promise<Response> => {
  const [route] = sdkRoutes({ dir });
  if (!route) throw new Error('no route');
  const url = new URL(`http://127.0.0.1/sdk/${encodeURIComponent(file)}`);
  return route.handle(new Request(url.href), {
    params: { file },
    url,
    address: '127.0.0.1',
    isProxied: false,
    origin: 'http://127.0.0.1',
    requestId: 'r',
    signal: new AbortController().signal,
  });
};

test('OPS14: the server hands out the SDK as a script for pages of any origin', async () => {
  const response = await get('AgoraRTC_N.js');
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(await response.text()).toBe('window.AgoraRTC = {};');
  expect(await (await get('agora-rtm.js')).text()).toBe('window.AgoraRTM = {};');
});

test('OPS14: what is not the SDK, or not built, is not found; nothing outside the folder is looked at', async () => {
  for (const file of ['housecount-rtc.js', '../package.json', 'constructor', 'AgoraRTC.iife.js', '']) {
    const failure = await get(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HousecountError);
    expect((failure as HousecountError).code).toBe('not_found');
  }
});
