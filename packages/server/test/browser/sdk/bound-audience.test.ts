import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { rtmToken } from '../../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** Two plain pages of another origin: the host's has the signaling SDK, its audience's the rtc SDK alone. */

let browser: Chromium;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchChromium(),
    // Longer than a page that stays can be starved on a busy machine.
    startTestServer({ leases: { rtcMs: 15_000, signalingMs: 15_000, recoveryMs: 15_000 } }),
  ]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

const channel = 'premiere';

// biome-ignore lint/suspicious/noExplicitAny: the pages are written against APIs that have no types here.
type Scripts = any;

async function open(script: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addScriptTag({ url: `${server.url}/sdk/${script}` });
  return page;
}

async function openHost(): Promise<Page> {
  const page = await open('agora-rtm.js');
  await page.evaluate(
    async ({ app, channel, token }) => {
      const scripts = window as Scripts;
      const client = new scripts.AgoraRTM.RTM(app, 'host');
      scripts.told = [];
      client.addEventListener('presence', ({ eventType, publisher, stateChanged }: Scripts) => {
        scripts.told.push([eventType, publisher, stateChanged.role].filter(Boolean).join(' '));
      });
      scripts.online = async () =>
        (await client.presence.getOnlineUsers(channel, 'MESSAGE')).occupants.map(
          ({ userId }: Scripts) => userId,
        );
      await client.login({ token });
      await client.subscribe(channel);
    },
    { app: testApp.id, channel, token: rtmToken('host') },
  );
  return page;
}

async function openViewer(uid: number): Promise<Page> {
  const page = await open('AgoraRTC_N.js');
  await page.evaluate(
    async ({ app, channel, token, uid }) => {
      const scripts = window as Scripts;
      scripts.client = scripts.AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'audience' });
      await scripts.client.join(app, channel, token, uid);
    },
    { app: testApp.id, channel, token: tokenFor(channel, { uid }), uid },
  );
  return page;
}

test("SIG24: a host's page sees the pages of its audience, which have no signaling, come, come on stage, leave, and vanish", async () => {
  const host = await openHost();
  const told = (): Promise<string[]> => host.evaluate(() => (window as Scripts).told);
  const [staying, dying] = [await openViewer(11), await openViewer(12)];
  await staying.evaluate(() => (window as Scripts).client.setClientRole('host'));
  expect(new Set(await host.evaluate(() => (window as Scripts).online()))).toEqual(
    new Set(['host', '11', '12']),
  );
  const devtools = await browser.context.newCDPSession(dying);
  // The answer never comes: the page is no more.
  devtools.send('Page.crash').catch(() => undefined);
  await until('the timeout', async () => (await told()).includes('REMOTE_TIMEOUT 12'));
  await staying.evaluate(() => (window as Scripts).client.leave());
  await until('the leave', async () => (await told()).includes('REMOTE_LEAVE 11'));
  expect(await told()).toEqual([
    'SNAPSHOT',
    'REMOTE_JOIN 11',
    'REMOTE_STATE_CHANGED 11 audience',
    'REMOTE_JOIN 12',
    'REMOTE_STATE_CHANGED 12 audience',
    'REMOTE_STATE_CHANGED 11 broadcaster',
    'REMOTE_TIMEOUT 12',
    'REMOTE_LEAVE 11',
  ]);
  expect(await host.evaluate(() => (window as Scripts).online())).toEqual(['host']);
}, 180_000);
