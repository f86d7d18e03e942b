import { afterAll, beforeAll, expect, test } from 'bun:test';
import { development } from '../../../src/config/development.ts';
import { Client } from '../../../testing/clients/client.ts';
import { answerToLink, proofFor } from '../../../testing/clients/page-link.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;
const clients: (Client | SignalingClient)[] = [];
const channel = 'premiere';
const long = `user-${'x'.repeat(59)}`;

beforeAll(async () => {
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
  ]);
  const { url } = server;
  /** A member, linked to the user if there is one. */
  const joins = async (identity: { uid?: number; account?: string }, userId?: string) => {
    const page = await Client.join({ url, channel, ...identity });
    clients.push(page);
    if (userId === undefined) return;
    const user = await SignalingClient.login(url, userId, { app: development.appId, token: '' });
    clients.push(user);
    expect(await answerToLink(page, await proofFor(user, page.welcome.link?.nonce ?? ''))).toBe('ok');
  };
  await joins({ uid: 42 }, 'ann');
  await joins({ account: 'bob' });
  await joins({ uid: 43 }, long);
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.drop();
  await browser?.close();
  await server?.close();
});

test('REST167: the members of a channel are listed with the user that each is linked to, and found by that', async () => {
  const page = await browser.newPage(`${server.url}/channels/${development.appId}/${channel}`);
  const rows = page.locator('section[aria-label^="Members"] tbody tr');
  const names = async () =>
    (await rows.locator('td:first-child').allInnerTexts()).map((text) => text.split(/\n+/));
  await page.getByText('user ann').waitFor();
  expect(await names()).toEqual([['uid 42', 'user ann'], ['bob'], ['uid 43', `user ${long}`]]);
  expect(await rows.first().locator('td').first().getAttribute('title')).toBe('uid 42, user ann');
  const search = page.getByLabel('Search by name, uid or user id');
  for (const [text, found] of [
    ['ANN', ['uid 42']],
    ['user-x', ['uid 43']],
    ['bo', ['bob']],
    ['42', ['uid 42']],
  ] as const) {
    await search.fill(text);
    await page.waitForFunction(
      (count) => document.querySelectorAll('section[aria-label^="Members"] tbody tr').length === count,
      found.length,
    );
    expect((await names()).map(([name]) => name)).toEqual([...found]);
  }
  await search.fill('nobody of this name');
  await page.getByText('Nobody matches.').waitFor();
  // The longest user id there can be fits a phone.
  await search.fill('');
  await page.setViewportSize({ width: 320, height: 640 });
  await page.getByText(`user ${long}`).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
}, 180_000);
