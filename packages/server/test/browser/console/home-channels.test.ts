import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;
const clients: Client[] = [];
const small = 45;

beforeAll(async () => {
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
  ]);
  const join = async (channel: string, count: number) => {
    for (let n = 0; n < count; n++) clients.push(await Client.join({ url: server.url, channel }));
  };
  for (let n = 1; n <= small; n++) await join(`a small show ${n}`, 1);
  // This one is the last by name.
  await join('zz the big show', 3);
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.drop();
  await browser?.close();
  await server?.close();
});

test('DEMO21: home has the largest audience first, all channels in pages, and finds one by a part of its name', async () => {
  const page = await browser.newPage(`${server.url}/`);
  const rows = page.locator('a[href*="/channels/"]');
  await page.getByText(`1 to 20 of ${small + 1}, by audience`).waitFor();
  expect(await rows.first().innerText()).toContain('zz the big show');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(`21 to 40 of ${small + 1}`).waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(`41 to ${small + 1} of ${small + 1}`).waitFor();
  expect(await rows.count()).toBe(small + 1 - 40);
  expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText(`21 to 40 of ${small + 1}`).waitFor();
  // A search begins at its first page.
  await page.getByLabel('Find a channel').fill('SHOW 33');
  await page.waitForFunction(() => document.querySelectorAll('a[href*="/channels/"]').length === 1);
  expect(await rows.first().innerText()).toContain('a small show 33');
  await page.getByLabel('Find a channel').fill('no such show');
  await page.getByText('No live channel has this in its name.').waitFor();
  await page.getByLabel('Find a channel').fill('');
  await page.getByText(`1 to 20 of ${small + 1}, by audience`).waitFor();
  // It stays fresh: somebody else's audience grows, and comes first.
  for (let n = 0; n < 4; n++) clients.push(await Client.join({ url: server.url, channel: 'a small show 7' }));
  await page.waitForFunction(
    () => document.querySelector('a[href*="/channels/"]')?.textContent?.includes('a small show 7') ?? false,
  );
}, 180_000);
