import { afterAll, beforeAll, expect, test } from 'bun:test';
import { development } from '../../src/config-load.ts';
import { startReceiver } from '../receiver.ts';
import { until } from '../server-process.ts';
import { startTestServer, type TestServer } from '../test-server.ts';
import { buildConsole } from './built-console.ts';
import { type Chromium, launchChromium } from './chromium.ts';

let browser: Chromium;
let server: TestServer;

beforeAll(async () => {
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 60_000);

test('DEMO11: an endpoint is made, tested and enabled on the page, and a join arrives there; then it is paused and deleted', async () => {
  const receiver = await startReceiver();
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  try {
    await page.goto(`${server.url}/endpoints`);
    await page.getByRole('button', { name: 'Add an endpoint' }).click();
    await page.getByLabel('URL').fill(receiver.url);
    await page.getByLabel('Description').fill('My backend');
    await page.getByRole('button', { name: 'Create' }).click();
    // Plain http needs the private network: the form says why, and keeps what was typed.
    await page.getByRole('alert').filter({ hasText: 'body_invalid' }).waitFor();
    await page.getByLabel('In my private network').check();
    await page.getByRole('button', { name: 'Create' }).click();
    const secret = (await page.getByLabel('Secret', { exact: true }).textContent()) ?? '';
    expect(secret).toMatch(/^whsec_.{44}$/);
    await page.getByRole('button', { name: 'I have it' }).click();

    const card = page.getByRole('region', { name: 'My backend' });
    await card.getByRole('button', { name: 'Test and enable' }).click();
    await card.getByRole('status').filter({ hasText: 'enabled' }).waitFor();
    await card.getByRole('status').filter({ hasNotText: 'not enabled' }).waitFor();
    expect(await card.getByRole('table').getByText('passed').count()).toBe(10);
    expect(await page.content()).not.toContain(secret);

    const viewer = await browser.newPage();
    await viewer.goto(`${server.url}/demo?channel=wired&watch=1`);
    await viewer.getByLabel('Your name').fill('Ann');
    await viewer.getByRole('button', { name: 'Watch', exact: true }).click();
    await receiver.until((notices) =>
      notices.some(({ notice }) => notice.eventType === 105 && notice.payload.channelName === 'wired'),
    );
    await viewer.close();

    await card.getByRole('button', { name: 'Pause' }).click();
    await card.getByRole('status').filter({ hasText: 'paused' }).waitFor();
    await card.getByRole('button', { name: 'Delete' }).click();
    await card.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('No endpoint yet').waitFor();
    const rest = await fetch(`${server.url}/v1/apps/${development.appId}/endpoints`);
    expect(await rest.json()).toEqual({ endpoints: [] });

    await page.setViewportSize({ width: 360, height: 740 });
    await until('the page fits a phone', () =>
      page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    );
  } finally {
    await page.close();
    await receiver.close();
  }
}, 90_000);
