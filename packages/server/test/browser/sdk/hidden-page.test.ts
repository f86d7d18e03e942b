import { afterAll, beforeAll, expect, test } from 'bun:test';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** The built SDKs where a page's waits are not what they are elsewhere: its own timers are late, or its policy forbids the worker that helps. */

let browser: Chromium;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: [{ id: testApp.id }], leases: { rtcMs: 5_000, signalingMs: 5_000 } }),
  ]);
}, 180_000);
afterAll(async () => {
  await Promise.all([browser?.close(), server?.close()]);
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the APIs it had before, which have no types here.
type Page = any;

// Those of a hidden page may be a minute late, longer than any lease.
test('LINK9: a page whose timers are late pings in time and stays connected, by either SDK', async () => {
  const page = await browser.newPage();
  const pings = new Map<string, number>();
  page.on('websocket', (socket) => {
    const { pathname } = new URL(socket.url());
    socket.on('framesent', ({ payload }) => {
      if (String(payload).includes('"type":"ping"')) pings.set(pathname, (pings.get(pathname) ?? 0) + 1);
    });
  });
  await page.evaluate(() => {
    const ownTimeout = window.setTimeout;
    const late = (act: () => void, ms = 0): number => (ms < 1_000 ? ownTimeout(act, ms) : 0);
    Object.assign(window, { setTimeout: late });
  });
  await page.addScriptTag({ url: `${server.url}/sdk/AgoraRTC_N.js` });
  await page.addScriptTag({ url: `${server.url}/sdk/agora-rtm.js` });
  await page.evaluate(async (app) => {
    const own = window as Page;
    own.lost = [];
    const ann = new own.AgoraRTM.RTM(app, 'ann', { logLevel: 'none' });
    await ann.login();
    ann.addEventListener('linkState', (event: Page) => own.lost.push(event.reason));
    const viewer = own.AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    viewer.setClientRole('audience');
    await viewer.join(app, 'lobby', null, 7);
    viewer.on('connection-state-change', (state: string) => own.lost.push(state));
  }, testApp.id);
  await until(
    'three pings of each',
    () => ['/v1/connect', '/v1/signaling'].every((path) => (pings.get(path) ?? 0) >= 3),
    60_000,
  );
  expect(await page.evaluate(() => (window as Page).lost)).toEqual([]);
  await page.close();
});

test('LINK9: a page whose policy forbids workers is told so once, and its waits end', async () => {
  const page = await browser.newPage();
  let pings = 0;
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      if (String(payload).includes('"type":"ping"')) pings += 1;
    });
  });
  await page.setContent('<meta http-equiv="Content-Security-Policy" content="worker-src \'none\'">');
  await page.evaluate(() => {
    const own = window as Page;
    own.violations = [];
    own.sources = new Set();
    document.addEventListener('securitypolicyviolation', (event) =>
      own.violations.push(event.effectiveDirective),
    );
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const source = createObjectURL(blob);
      own.sources.add(source);
      return source;
    };
    URL.revokeObjectURL = (source) => {
      own.sources.delete(source);
      revokeObjectURL(source);
    };
  });
  await page.addScriptTag({ url: `${server.url}/sdk/agora-rtm.js` });
  await page.evaluate(async (app) => {
    const own = window as Page;
    own.ann = new own.AgoraRTM.RTM(app, 'ann', { logLevel: 'none' });
  }, testApp.id);
  // Between the two nothing waits, until what was made in vain is gone.
  for (const pingsMin of [2, 4]) {
    await page.evaluate(() => (window as Page).ann.login());
    await until('two pings', () => pings >= pingsMin, 60_000);
    await page.evaluate(() => (window as Page).ann.logout());
    await until('the end of the worker', () => page.evaluate(() => (window as Page).sources.size === 0));
  }
  expect(await page.evaluate(() => (window as Page).violations)).toEqual(['worker-src']);
  await page.close();
});
