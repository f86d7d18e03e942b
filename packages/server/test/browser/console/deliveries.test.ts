import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { Client } from '../../../testing/clients/client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import {
  type Behaviour,
  type ReceivedNotice,
  type Receiver,
  startReceiver,
} from '../../../testing/processes/receiver.ts';
import { testApp, testCustomer, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;
let receiver: Receiver;
let behaviour: (received: ReceivedNotice) => Behaviour = () => ({ status: 200 });
const broken: Behaviour = { status: 503, body: '{"error":"database is away"}' };
const clients: Client[] = [];
const otherApp = { id: 'f'.repeat(32), certificate: 'e'.repeat(32) };

beforeAll(async () => {
  await buildConsole();
  receiver = await startReceiver({ behaviour: (received) => behaviour(received) });
  const endpoint = {
    app: testApp.id,
    url: receiver.url,
    secret: 'only-for-this-test',
    description: 'Billing',
    retry: [0.1],
    redeliverGivenUp: false,
    allowPrivateNetwork: true,
  };
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: [testApp, otherApp], endpoints: [endpoint] }),
  ]);
}, 180_000);

afterAll(async () => {
  for (const client of clients) client.drop();
  await browser?.close();
  await server?.close();
  await receiver?.close();
}, 180_000);

/** Opens an address of the console as someone who has not logged in, and logs in there. */
async function openLoggedIn(path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url + path);
  await page.getByLabel('Customer id').fill(testCustomer.id);
  await page.getByRole('textbox', { name: 'Secret' }).fill(testCustomer.secret);
  await page.getByRole('button', { name: 'Log in' }).click();
  return page;
}

async function join(channel: string, member: { uid?: number; account?: string }): Promise<void> {
  clients.push(await Client.join({ url: server.url, channel, role: 'audience', ...member }));
}

const rows = (page: Page) => page.getByRole('table', { name: 'Deliveries' }).locator('tbody tr');
const shows = (page: Page, count: number) =>
  until(`${count} rows`, async () => (await rows(page).count()) === count);
const notices = (channel: string) =>
  receiver.notices.filter(({ notice }) => notice.payload.channelName === channel);

test('DEMO12, DEMO13: a delivery that was given up is found, opened and delivered again, and its new attempt is seen', async () => {
  behaviour = ({ notice }) => (notice.payload.uid === 7 ? broken : { status: 200 });
  for (const member of [{ uid: 7 }, { uid: 8 }, { account: 'Ann~k3v9x' }]) await join('stage', member);
  await join('other', { uid: 7 });
  await receiver.until((all) => all.filter(({ notice }) => notice.payload.uid === 7).length === 4);
  const page = await openLoggedIn('/deliveries?channel=stage&status=given-up');
  try {
    // The address says what is searched for, before and after the login.
    await shows(page, 1);
    await page.getByRole('region', { name: 'Given up' }).getByText('2 notices for Billing').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await shows(page, 6);
    await page.getByLabel('Member').fill('Ann~k3v9x');
    await shows(page, 1);
    expect(new URL(page.url()).searchParams.get('account')).toBe('Ann~k3v9x');
    await page.getByLabel('Member').fill('7');
    await shows(page, 2);
    await page.getByLabel('Channel').fill('stage');
    await shows(page, 1);
    await page.getByLabel('Channel').fill('nowhere');
    await page.getByText('No delivery fits this filter').waitFor();
    await page.getByLabel('Channel').fill('stage');

    await page.getByRole('button', { name: '105 audience joined uid 7, attempts' }).click();
    const drawer = page.getByRole('dialog', { name: 'Delivery' });
    await drawer.getByText('Attempt 2: answered 503').waitFor();
    await drawer.getByLabel('Beginning of the answer').getByText('database is away').waitFor();
    await drawer.getByText('As sent').click();
    const second = notices('stage').filter(({ notice }) => notice.payload.uid === 7)[1];
    expect(await drawer.getByLabel('Body as sent', { exact: true }).textContent()).toBe(second?.body ?? '');

    behaviour = () => ({ status: 200 });
    await drawer.getByRole('button', { name: 'Deliver again' }).click();
    await drawer.getByText('Sent again on request: answered 200').waitFor();
    await drawer.getByText('3 attempts').waitFor();
    await drawer.getByText('delivered', { exact: true }).waitFor();
    const copies = notices('stage').filter(({ notice }) => notice.noticeId === second?.notice.noticeId);
    expect(copies.map(({ copy }) => copy)).toEqual([1, 2, 3]);

    // A link to it opens it.
    const link = page.url();
    await page.reload();
    await drawer.getByText('3 attempts').waitFor();
    expect(page.url()).toBe(link);
    await drawer.getByRole('button', { name: 'Close the delivery' }).click();
    await page.getByRole('region', { name: 'Given up' }).getByText('1 notice for Billing').waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    await until('the page fits a phone', () =>
      page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    );
  } finally {
    await page.close();
  }
}, 180_000);

test('DEMO12: older ones come when they are asked for; then the list stands still and says how many are newer', async () => {
  behaviour = () => ({ status: 200 });
  await Promise.all(Array.from({ length: 60 }, (_, index) => join('full', { uid: index + 1 })));
  await receiver.until(() => notices('full').length === 61);
  const page = await openLoggedIn('/deliveries?channel=full');
  try {
    await shows(page, 50);
    await page.getByRole('button', { name: 'More' }).click();
    await shows(page, 61);
    await page.getByRole('button', { name: 'Back to the newest' }).waitFor();
    expect(await page.getByRole('button', { name: 'More' }).count()).toBe(0);
    const names = await rows(page)
      .locator('button')
      .evaluateAll((all) => all.map((one) => one.textContent));
    expect(new Set(names).size).toBe(61);
    await join('full', { uid: 100 });
    await page.getByRole('button', { name: 'Show 1 newer' }).click();
    await shows(page, 50);
    await rows(page).first().getByText('uid 100', { exact: true }).last().waitFor();
  } finally {
    await page.close();
  }
}, 180_000);

test('DEMO14: what was given up and what a search finds is counted first, and sent only then; it can be cancelled', async () => {
  behaviour = ({ notice }) => (notice.payload.channelName === 'matinee' ? broken : { status: 200 });
  for (const uid of [1, 2, 3]) await join('matinee', { uid });
  await receiver.until(() => notices('matinee').length === 8);
  const page = await openLoggedIn('/deliveries?channel=matinee');
  try {
    await shows(page, 4);
    await until('all are given up', async () => (await rows(page).getByText('given up').count()) === 4);
    // The receiver takes the requests and never answers.
    behaviour = () => ({ does: 'hang' });
    await page.getByRole('button', { name: 'Deliver again…' }).last().click();
    const dialog = page.getByRole('dialog', { name: 'Deliver again' });
    await dialog.getByText('Deliveries to the endpoint: of channel matinee.').waitFor();
    await dialog.getByRole('button', { name: 'Count them' }).click();
    await dialog.getByText('4 notices would be sent to Billing').waitFor();
    expect(notices('matinee').length).toBe(8);
    await dialog.getByRole('button', { name: 'Send 4 notices' }).click();
    const stand = page.getByRole('region', { name: 'Delivering again' });
    await stand.getByRole('status').getByText('Being sent again: 0 of 4 notices').waitFor();
    await stand.getByRole('button', { name: 'Cancel' }).click();
    await stand.getByRole('status').getByText('Cancelled: 0 of 4 notices taken, 4 not sent').waitFor();

    behaviour = () => ({ status: 200 });
    const before = notices('matinee').length;
    const givenUp = page.getByRole('region', { name: 'Given up' });
    await givenUp.getByRole('button', { name: 'Deliver again…' }).click();
    expect(await dialog.getByRole('radio', { name: 'What was given up' }).isChecked()).toBe(true);
    await dialog.getByRole('button', { name: 'Count them' }).click();
    await dialog.getByRole('button', { name: /^Send \d notices$/ }).click();
    await stand
      .getByRole('status')
      .getByText(/^Done: all \d notices taken$/)
      .waitFor();
    expect(notices('matinee').length).toBe(before + 4);
    await givenUp.waitFor({ state: 'detached' });
    await until('all are delivered', async () => (await rows(page).getByText('delivered').count()) === 4);
  } finally {
    await page.close();
  }
}, 180_000);

test('DEMO17: the app that was chosen stands in the address, and on the way to the other pages about it', async () => {
  behaviour = () => ({ status: 200 });
  await join('gala', { uid: 1 });
  await receiver.until(() => notices('gala').length === 2);
  const page = await openLoggedIn('/deliveries?channel=gala');
  try {
    await shows(page, 2);
    await page.getByRole('combobox', { name: 'App' }).click();
    await page.getByRole('option', { name: otherApp.id }).click();
    // The search was about the app before, and is not kept.
    await page.getByText('this app has none').waitFor();
    expect(new URL(page.url()).search).toBe(`?app=${otherApp.id}`);
    await page.getByRole('link', { name: 'Endpoints', exact: true }).click();
    await page.getByText('No endpoint yet').waitFor();
    await page.goBack();
    await page.getByText('this app has none').waitFor();
    await page.goBack();
    await shows(page, 2);
    await page.goto(`${server.url}/endpoints?app=${'0'.repeat(32)}`);
    await page.getByText(`This server has no app ${'0'.repeat(32)}.`).waitFor();
    await page.getByRole('combobox', { name: 'App' }).click();
    await page.getByRole('option', { name: testApp.id }).click();
    await page.getByRole('region', { name: 'Billing' }).waitFor();
  } finally {
    await page.close();
  }
}, 180_000);
