import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Route } from '../net/http/route.ts';
import { staticRoutes } from './static-files.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'housecount-static-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function build(): Promise<void> {
  await mkdir(join(dir, 'dist', 'assets'), { recursive: true });
  await writeFile(join(dir, 'dist', 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(dir, 'dist', 'favicon.svg'), '<svg/>');
  await writeFile(join(dir, 'dist', 'color-scheme.js'), 'void 0;');
  await writeFile(
    join(dir, 'dist', 'assets', 'index-abc123.js'),
    `export const text = '${'a'.repeat(500)}';`,
  );
  await writeFile(join(dir, 'dist', 'assets', 'unknown.exe'), 'MZ');
  await writeFile(join(dir, 'secret.txt'), 'secret');
}

function routes(): Route[] {
  return staticRoutes({ dir: join(dir, 'dist') });
}

async function ask(
  from: Route[],
  path: string,
  {
    method = 'GET',
    headers = {},
    params = {},
    at,
  }: {
    method?: 'GET' | 'HEAD';
    headers?: Record<string, string>;
    params?: Record<string, string>;
    at?: string;
  } = {},
): Promise<Response> {
  const route = from.find((one) => one.path === path && one.method === method);
  if (route === undefined) throw new Error(`no route ${method} ${path}`);
  const url = new URL(at ?? '/', 'http://127.0.0.1/');
  return route.handle(new Request(url.href, { method, headers }), {
    params,
    url,
    address: '127.0.0.1',
    isProxied: false,
    origin: 'http://127.0.0.1',
    requestId: 'test',
    signal: new AbortController().signal,
  });
}

test('DEMO1: every page of the console is the same document, and is asked for anew each time', async () => {
  await build();
  const from = routes();
  for (const path of ['/', '/demo', '/inspector', '/endpoints', '/deliveries', '/channels/{app}/{channel}']) {
    const response = await ask(from, path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('<title>console</title>');
  }
  expect(from.some((route) => route.path === '/{rest*}')).toBe(false);
});

test('DEMO1: a file with a hash in its name may be kept for a year', async () => {
  await build();
  const response = await ask(routes(), '/assets/{rest*}', { params: { rest: 'index-abc123.js' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
});

test('DEMO1: an unchanged file is answered 304, in either encoding', async () => {
  await build();
  const from = routes();
  const first = await ask(from, '/', { headers: { 'accept-encoding': 'gzip' } });
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]+"$/);
  for (const given of [etag, `W/${etag}`, `"other", ${etag}`, etag.replace('-gz', ''), '*']) {
    const again = await ask(from, '/', { headers: { 'if-none-match': given } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  }
  const changed = await ask(from, '/', { headers: { 'if-none-match': '"other"' } });
  expect(changed.status).toBe(200);
});

test('DEMO1: text is sent compressed only to whoever takes it', async () => {
  await build();
  const from = routes();
  const params = { rest: 'index-abc123.js' };
  const gzipped = await ask(from, '/assets/{rest*}', {
    params,
    headers: { 'accept-encoding': 'br, gzip;q=0.8' },
  });
  expect(gzipped.headers.get('content-encoding')).toBe('gzip');
  const bytes = new Uint8Array(await gzipped.arrayBuffer());
  expect(gunzipSync(bytes).toString()).toContain('export const text');
  for (const accepted of ['', 'br', 'gzip;q=0', 'gzip; q=0.0', 'notgzip']) {
    const plain = await ask(from, '/assets/{rest*}', { params, headers: { 'accept-encoding': accepted } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toContain('export const text');
  }
});

test.each([
  ['/', './'],
  ['/demo', './'],
  ['/demo/', '../'],
  ['/channels/{app}/{channel}', '../../'],
])(
  'PROXY9: the document of %s names its files from there, whatever path the console has',
  async (path, root) => {
    await build();
    const page = '<link href="./favicon.svg" /><script src="./a.js"></script><a href="https://x/./y">./</a>';
    await writeFile(join(dir, 'dist', 'index.html'), page);
    const template = path.replace(/(?<=.)\/$/, '');
    const answer = await ask(routes(), template, { at: path.replaceAll(/[{}]/g, '') });
    expect(await answer.text()).toBe(page.replace('="./f', `="${root}f`).replace('="./a', `="${root}a`));
  },
);

test('DEMO2: nothing outside the folder is served, whatever the path says', async () => {
  await build();
  await symlink(join(dir, 'secret.txt'), join(dir, 'dist', 'assets', 'link.txt'));
  const from = routes();
  for (const rest of [
    '../../secret.txt',
    '..\\..\\secret.txt',
    '%2e%2e/%2e%2e/secret.txt',
    './../../secret.txt',
    '/etc/passwd',
    '',
    '.',
    'index-abc123.js/',
    'index-abc123.js\0',
    'link.txt',
    'unknown.exe',
    '../index.html',
  ]) {
    const response = await ask(from, '/assets/{rest*}', { params: { rest } });
    expect([rest, response.status]).toEqual([rest, 404]);
    expect(await response.text()).not.toContain('secret');
  }
});

test('DEMO2: every answer forbids framing, sniffing and foreign scripts', async () => {
  await build();
  const from = routes();
  const answers = [
    await ask(from, '/'),
    await ask(from, '/favicon.svg'),
    await ask(from, '/assets/{rest*}', { params: { rest: 'none.js' } }),
    await ask(staticRoutes({ dir: join(dir, 'nowhere') }), '/'),
  ];
  for (const response of answers) {
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('DEMO3: without a build each page says how to make one; after a build the same server shows it', async () => {
  const from = routes();
  const before = await ask(from, '/');
  expect(before.status).toBe(503);
  expect(await before.text()).toContain('npm run build');
  expect((await ask(from, '/favicon.svg')).status).toBe(404);
  await build();
  expect(await (await ask(from, '/')).text()).toContain('<title>console</title>');
  await writeFile(join(dir, 'dist', 'index.html'), '<!doctype html><title>console, newer</title>');
  expect(await (await ask(from, '/')).text()).toContain('newer');
});
