import { afterAll, beforeAll, expect, test } from 'bun:test';
import { development } from '../../../src/config/development.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;

beforeAll(async () => {
  await buildConsole();
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
  ]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

test('DEMO11: an endpoint is made, tested and enabled on the page, and a join arrives there; then it is paused and deleted', async () => {
  const receiver = await startReceiver();
  const page = await browser.newPage();
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
}, 180_000);

test('DEMO15: an endpoint is changed in place, and the next notice goes out by its new settings', async () => {
  const [first, second] = await Promise.all([startReceiver(), startReceiver()]);
  const path = `${server.url}/v1/apps/${development.appId}/endpoints`;
  const call = async (method: string, url: string, body?: unknown) => {
    const send = body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(url, { method, ...send });
    expect(response.status).toBe(200);
    return (await response.json()) as { endpoint: { endpointId: string } };
  };
  const headers = { 'X-Key': 'only-the-server-knows' };
  const made = await call('POST', path, {
    url: first.url,
    description: 'Before',
    allowPrivateNetwork: true,
    headers,
  });
  const own = `${path}/${made.endpoint.endpointId}`;
  await call('POST', `${own}/enable`);
  const page = await browser.newPage();
  try {
    await page.goto(`${server.url}/endpoints`);
    const before = page.getByRole('region', { name: 'Before' });
    await before.getByRole('button', { name: 'Change' }).click();
    const form = before.getByRole('form', { name: 'Settings' });
    await form.getByLabel('URL').fill(second.url);
    await form.getByLabel('Description').fill('After');
    await form.getByLabel('Channels').fill('edited-*');
    await page.keyboard.press('Enter');
    await form.getByRole('combobox', { name: 'When it fails' }).click();
    await page.getByRole('option', { name: 'Gaps of my own' }).click();
    await form.getByLabel('Gaps').fill('5 s, soon');
    await form.getByText('“soon” is no time').waitFor();
    expect(await form.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await form.getByLabel('Gaps').fill('5 s, 2 min');
    // Another person changes something else meanwhile: it stays.
    await call('PATCH', own, { events: [101, 105] });
    await form.getByRole('button', { name: 'Save' }).click();
    const after = page.getByRole('region', { name: 'After' });
    await after.getByText('Notices 101, 105 of edited-*').waitFor();
    expect(await (await fetch(own)).json()).toMatchObject({
      url: second.url,
      retry: [5, 120],
      channels: ['edited-*'],
      events: [101, 105],
      headerNames: ['X-Key'],
    });

    const viewer = await browser.newPage(`${server.url}/demo?channel=edited-1&watch=1`);
    await viewer.getByLabel('Your name').fill('Bea');
    await viewer.getByRole('button', { name: 'Watch', exact: true }).click();
    await second.until((notices) => notices.some(({ notice }) => notice.eventType === 105));
    expect(second.notices.every((received) => received.headers['x-key'] === headers['X-Key'])).toBe(true);
    await viewer.close();

    await after.getByRole('button', { name: 'Change' }).click();
    const again = after.getByRole('form', { name: 'Settings' });
    await again.getByRole('button', { name: 'Set them anew' }).click();
    await again.getByText('X-Key needs a value').waitFor();
    await again.getByLabel('Name of header 1').fill('X-Other');
    await again.getByLabel('Value of header 1').fill('new');
    await again.getByRole('button', { name: 'Save' }).click();
    await after.getByText('with X-Other').waitFor();
  } finally {
    await page.close();
    await call('DELETE', own);
    await Promise.all([first.close(), second.close()]);
  }
}, 180_000);

test('DEMO16: an endpoint that is gone says since when and why, leads to its deliveries, and is resumed', async () => {
  let status = 200;
  const receiver = await startReceiver({ behaviour: () => ({ status }) });
  const page = await browser.newPage();
  try {
    await page.goto(`${server.url}/endpoints`);
    await page.getByRole('button', { name: 'Add an endpoint' }).click();
    const form = page.getByRole('form', { name: 'New endpoint' });
    await form.getByLabel('URL').fill(receiver.url);
    await form.getByLabel('Description').fill('Fickle');
    await form.getByRole('combobox', { name: 'Format' }).click();
    await page.getByRole('option', { name: 'Standard Webhooks', exact: true }).click();
    await form.getByLabel('In my private network').check();
    await form.getByRole('button', { name: 'Add a header' }).click();
    await form.getByLabel('Name of header 1').fill('X-Key');
    await form.getByLabel('Value of header 1').fill('abc');
    await form.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'I have it' }).click();
    const card = page.getByRole('region', { name: 'Fickle' });
    await card.getByText('with X-Key').waitFor();
    await card.getByRole('button', { name: 'Test and enable' }).click();
    await card.getByRole('status').getByText('enabled', { exact: true }).waitFor();

    status = 410;
    const viewer = await browser.newPage(`${server.url}/demo?channel=fickle&watch=1`);
    await viewer.getByLabel('Your name').fill('Cleo');
    await viewer.getByRole('button', { name: 'Watch', exact: true }).click();
    const trouble = card.getByRole('group', { name: /^Gone since / });
    await trouble.getByText('it answered 410').waitFor();
    await card.getByRole('link', { name: 'Deliveries' }).click();
    // Whichever notice came first: someone of another test may leave just now.
    await page
      .getByRole('button', { name: /, attempts$/ })
      .first()
      .waitFor();
    expect(new URL(page.url()).searchParams.get('endpoint')).toMatch(/./);
    await page.goBack();

    const refused = receiver.notices.length;
    status = 200;
    await trouble.getByRole('button', { name: 'Resume' }).click();
    await trouble.waitFor({ state: 'detached' });
    // The notices that waited come, Cleo's join with them.
    await receiver.until((all) =>
      all
        .slice(refused)
        .some(({ body }) => body.includes('"channel":"fickle"') && body.includes('member.joined')),
    );
    await card.getByText('Nothing waits').waitFor();
    await viewer.close();
    await card.getByRole('button', { name: 'Delete' }).click();
    await card.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('No endpoint yet').waitFor();
  } finally {
    await page.close();
    await receiver.close();
  }
}, 180_000);
