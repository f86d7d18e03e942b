import { afterAll, beforeAll, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { rtmToken } from '../../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;
let script: string;
beforeAll(async () => {
  const built = await build({
    entryPoints: [fileURLToPath(new URL('../react-page.tsx', import.meta.url))],
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    target: 'es2022',
    conditions: ['@housecount/source'],
    // React's own checks, StrictMode's double mounting among them, are in its development build alone.
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  });
  script = built.outputFiles[0]?.text ?? '';
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: [{ ...testApp, signaling: { announceMax: 8, debounceMs: 0 } }] }),
  ]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

async function open(channel: string, userId: string): Promise<Page> {
  const page = await browser.newPage();
  const entry = {
    server: server.url,
    app: testApp.id,
    channel,
    userId,
    rtmToken: rtmToken(userId),
    rtcToken: tokenFor(channel, { account: userId }, 'audience'),
  };
  await page.evaluate((value) => Object.assign(window, { entry: value }), entry);
  await page.addScriptTag({ content: script });
  return page;
}
const textsOf = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();
async function shows(page: Page, selector: string, wanted: readonly string[]): Promise<void> {
  let texts: string[] = [];
  const isShown = async (): Promise<boolean> => {
    texts = await textsOf(page, selector);
    return texts.length === wanted.length && wanted.every((each) => texts.includes(each));
  };
  await until('what the page shows', isShown).catch(() => expect(texts.sort()).toEqual([...wanted].sort()));
}
const first = (list: string): string => `section:first-of-type ${list}`;

test('REACT5, REACT8: components under StrictMode show who is there and what is said, and a viewer without any code of it', async () => {
  const channel = 'hooks';
  const ann = await open(channel, 'ann');
  await shows(ann, first('#users li'), ['ann audience']);
  const viewer = await Client.join({ url: server.url, channel, uid: 77, role: 'audience' });
  await shows(ann, first('#users li'), ['ann audience', '77 audience']);
  const bob = await open(channel, 'bob');
  await shows(ann, first('#users li'), ['ann audience', 'bob audience', '77 audience']);
  await shows(bob, first('#users li'), ['ann audience', 'bob audience', '77 audience']);
  await shows(ann, first('#occupancy'), ['3']);
  // The first two by arrival are shown, all three are counted.
  await shows(ann, '#viewers', ['0/3/2']);

  // The roster of signaling shows the same, at once; nobody has to be in the channel for that.
  await shows(ann, '#roster', ['3/3: ann 77']);

  await bob.evaluate((name) => window.rtm.publish(name, 'hello'), channel);
  for (const page of [ann, bob]) await shows(page, first('#messages li'), ['bob: hello']);

  viewer.send({ type: 'bye' });
  await shows(bob, first('#users li'), ['ann audience', 'bob audience']);
  await shows(bob, '#viewers', ['0/2/2']);
  await shows(bob, '#roster', ['2/2: ann bob']);

  // A logout forgets it, and the next login has it again.
  await bob.evaluate(() => window.rtm.logout());
  await shows(bob, '#roster', ['unknown']);
  await bob.evaluate(() => window.rtm.login({ token: window.entry.rtmToken }));
  await shows(bob, '#roster', ['2/2: ann bob']);
}, 180_000);

test('REACT5: what is taken off the page is unsubscribed, and subscribed again when it is back', async () => {
  const channel = 'shown or not';
  const ann = await open(channel, 'cid');
  const bob = await open(channel, 'dan');
  await shows(ann, first('#users li'), ['cid audience', 'dan audience']);
  const channelsOf = (page: Page): Promise<number> =>
    page.evaluate(async () => {
      const { totalChannel } = await window.rtm.presence.getUserChannels('');
      return totalChannel;
    });
  await ann.evaluate(() => window.rtc.leave());
  await until('one channel', async () => (await channelsOf(ann)) === 1);
  await ann.click('button');
  await until('no channel', async () => (await channelsOf(ann)) === 0);
  await shows(bob, first('#users li'), ['dan audience']);
  await ann.click('button');
  await shows(ann, first('#users li'), ['cid', 'dan audience']);
  await shows(bob, first('#users li'), ['cid', 'dan audience']);
  expect(await textsOf(ann, '#status')).toEqual(['subscribed', 'subscribed']);
}, 180_000);
