import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { development } from '../../../src/config/development.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { wantProgram } from '../../../testing/processes/debian-program.ts';
import {
  documentedConfigurations,
  type ReverseProxy,
  startReverseProxy,
} from '../../../testing/processes/reverse-proxy.ts';
import { testApp, testCustomer, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

const nginx = wantProgram('nginx', 'nginx');

let browser: Chromium;
let server: TestServer;
let proxy: ReverseProxy;

beforeAll(async () => {
  if (nginx === undefined) return;
  const { nginx: configuration } = await documentedConfigurations();
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium({ args: ['--ignore-certificate-errors'] }),
    startTestServer({
      listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'], basePath: '/live' },
    }),
  ]);
  const underPath = configuration.replace('location / {', 'location /live/ {');
  proxy = await startReverseProxy('nginx', nginx, underPath, server.url);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await proxy?.close();
  await server?.close();
}, 180_000);

async function open(path: string): Promise<{ page: Page; astray: string[] }> {
  const page = await browser.newPage('about:blank');
  const astray: string[] = [];
  page.on('request', (request) => {
    // A blob of the page itself has the page's origin, and asks nobody.
    const { protocol, origin, pathname } = new URL(request.url());
    if (protocol !== 'blob:' && origin === proxy.url && !pathname.startsWith('/live/')) astray.push(pathname);
  });
  page.on('response', (response) => {
    if (response.status() === 404) astray.push(response.url());
  });
  await page.goto(`${proxy.url}/live${path}`);
  return { page, astray };
}

test.skipIf(nginx === undefined)(
  'PROXY9: under a path the console finds its files, its pages and the server',
  async () => {
    const { page, astray } = await open('/inspector');
    await page.getByLabel('Customer id').fill(testCustomer.id);
    await page.getByRole('textbox', { name: 'Secret' }).fill(testCustomer.secret);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('status').filter({ hasText: 'live' }).waitFor();
    await page.getByRole('link', { name: 'Deliveries' }).first().click();
    await until('the page of deliveries', () => new URL(page.url()).pathname === '/live/deliveries');
    await page.getByRole('link', { name: 'Housecount, home' }).click();
    await page.getByText('Nobody is live').waitFor();
    expect(new URL(page.url()).pathname).toBe('/live/');
    await page.getByText(`${proxy.url}/live`).first().waitFor();
    await page.goto(`${proxy.url}/live/channels/${testApp.id}/a%20b`);
    await page.getByText('a b').first().waitFor();
    expect(astray.filter((address) => !address.includes('/v1/apps/'))).toEqual([]);
    await page.close();
  },
  180_000,
);

test.skipIf(nginx === undefined)(
  'PROXY10: a page that loads the SDK from under the path joins there',
  async () => {
    const { page, astray } = await open('/demo');
    await page.goto(`${proxy.url}/live/healthz`);
    await page.addScriptTag({ url: `${proxy.url}/live/sdk/AgoraRTC_N.js` });
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.evaluate(() => {
      const { AgoraRTC } = window as unknown as { AgoraRTC: typeof import('@housecount/rtc').default };
      // Without a token it is refused, but by the server.
      return AgoraRTC.createClient({ mode: 'live', codec: 'vp8' })
        .join('0123456789abcdef0123456789abcdef', 'c', null, 1)
        .catch(() => undefined);
    });
    expect(sockets[0]).toBe(`${proxy.url.replace('https', 'wss')}/live/v1/connect`);
    expect(astray).toEqual([]);
    await page.close();
  },
  180_000,
);

test.skipIf(nginx === undefined)(
  'PROXY9, OPS63: under a path a viewer sees the host of the demo room, and the metrics tell of it',
  async () => {
    const { nginx: configuration } = await documentedConfigurations();
    const listen = { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'], basePath: '/live' };
    const demo = await startTestServer({ apps: undefined, customers: undefined, listen });
    const underPath = configuration.replace('location / {', 'location /live/ {');
    const front = await startReverseProxy('nginx', nginx ?? '', underPath, demo.url);
    const enter = async (query: string, name: string, button: string) => {
      const page = await browser.newPage('about:blank');
      await page.goto(`${front.url}/live/demo?channel=stage${query}`);
      await page.getByLabel('Your name').fill(name);
      await page.getByRole('button', { name: button, exact: true }).click();
      return page;
    };
    try {
      const host = await enter('', 'Zoe', 'Go live');
      await host.getByRole('button', { name: 'Go live now' }).click();
      await host.getByRole('region', { name: 'Who is here' }).waitFor();
      const viewer = await enter('&watch=1', 'Ann', 'Watch');
      await until('a moving picture', () =>
        viewer
          .locator('video')
          .evaluateAll((videos) => videos.some((video) => (video as HTMLVideoElement).currentTime > 0.5)),
      );
      // Past the proxy; whoever asks from where a trusted one is has to log in all the same.
      const { customerId, customerSecret } = development;
      const authorization = `Basic ${btoa(`${customerId}:${customerSecret}`)}`;
      const shows = async (figure: RegExp) =>
        figure.test(await (await fetch(`${demo.url}/metrics`, { headers: { authorization } })).text());
      for (const figure of [
        /^housecount_media_sessions\{kind="publish"\} 1$/m,
        /^housecount_media_sessions\{kind="play"\} 1$/m,
        /^housecount_media_bytes_total\{direction="in"\} \d{5}/m,
        /^housecount_media_bytes_total\{direction="out"\} \d{5}/m,
        /^housecount_audience\{app="\w+"\} 1$/m,
      ])
        await until(String(figure), () => shows(figure));
      await Promise.all([host.close(), viewer.close()]);
    } finally {
      await front.close();
      await demo.close();
    }
  },
  180_000,
);
