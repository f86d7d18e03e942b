import { afterAll, beforeAll, expect, test } from 'bun:test';
import { logoutAll, rtmToken, rtmUser } from '../../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** The built SDK in a page that somebody leaves for another one, and comes back to. */

let browser: Chromium;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchChromium({ keepsPages: true }),
    startTestServer({
      apps: [{ ...testApp, signaling: { debounceMs: 0 } }],
      leases: { signalingMs: 15_000 },
    }),
  ]);
}, 180_000);
afterAll(async () => {
  await logoutAll();
  await Promise.all([browser?.close(), server?.close()]);
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

test('RTM140: whoever goes to another page is gone for the others, and is there again when they come back', async () => {
  const bob = rtmUser(server.url, 'bob');
  await bob.client.login({ token: rtmToken('bob') });
  await bob.client.subscribe('lobby');
  const page = await browser.newPage();
  const address = page.url();
  await page.addScriptTag({ url: `${server.url}/sdk/agora-rtm.js` });
  await page.evaluate(
    async ({ app, token }) => {
      const own = window as Page;
      own.links = [];
      const client = new own.AgoraRTM.RTM(app, 'ann', { logLevel: 'none' });
      client.addEventListener('linkState', (event: Page) => own.links.push(event.currentState));
      await client.login({ token });
      await client.subscribe('lobby');
      await client.presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
    },
    { app: testApp.id, token: rtmToken('ann') },
  );
  await page.goto(`${address}other`);
  await bob.until('that ann is gone', () => bob.told().includes('REMOTE_TIMEOUT ann'), 60_000);

  await page.evaluate(() => history.back());
  await bob.until('that ann is back', () => bob.told().at(-1) === 'REMOTE_STATE_CHANGED ann');
  expect(bob.told().slice(-3)).toEqual(['REMOTE_TIMEOUT ann', 'REMOTE_JOIN ann', 'REMOTE_STATE_CHANGED ann']);
  await until('the connection', () => page.evaluate(() => (window as Page).links?.at(-1) === 'CONNECTED'));
  expect(await page.evaluate(() => (window as Page).links)).toEqual([
    'CONNECTING',
    'CONNECTED',
    'DISCONNECTED',
    'CONNECTING',
    'CONNECTED',
  ]);
}, 180_000);
