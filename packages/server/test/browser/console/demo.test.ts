import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { testCustomer, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };

let browser: Chromium;
let server: TestServer;
let channels = 0;
const open: Page[] = [];

beforeAll(async () => {
  await buildConsole();
  // Without apps it is the development configuration: demo tokens, and no login from this machine.
  [browser, server] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
  ]);
}, 180_000);

afterEach(async () => {
  for (const page of open.splice(0)) if (!page.isClosed()) await page.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

async function openPage(path: string, size = desktop): Promise<Page> {
  const page = await browser.newPage();
  open.push(page);
  await page.setViewportSize(size);
  await page.goto(server.url + path);
  return page;
}

/** Goes through the start page as a person does. */
async function enter(page: Page, { name, live = false }: { name: string; live?: boolean }): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: live ? 'Go live' : 'Watch', exact: true }).click();
  if (live) await goOnStage(page);
  await who(page).waitFor();
}

async function goOnStage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go live now' }).click();
}

const who = (page: Page): Locator => page.getByRole('region', { name: 'Who is here' });
const people = async (page: Page): Promise<string[]> =>
  (await who(page).getByRole('listitem').allInnerTexts()).map((text) =>
    text.replace(/\s+/g, ' ').toLowerCase(),
  );
const activity = (page: Page, line: string): Locator =>
  page.getByRole('region', { name: 'Activity' }).getByRole('listitem').filter({ hasText: line });
const watching = (page: Page, count: number): Promise<void> =>
  page.getByRole('status', { name: `${count} watching`, exact: true }).waitFor();

/** Waits until each of `count` pictures of the stage has moved on. */
async function seesPictures(page: Page, count: number): Promise<void> {
  const positions = () =>
    page
      .locator('video')
      .evaluateAll((videos) => videos.map((video) => (video as HTMLVideoElement).currentTime));
  const before = await positions();
  await until(`${count} moving pictures`, async () => {
    const now = await positions();
    return now.length === count && now.every((position, index) => position > 0 && position !== before[index]);
  });
}

async function fitsItsWidth(page: Page): Promise<void> {
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
  ).toBeLessThanOrEqual(0);
}

function newChannel(): string {
  channels += 1;
  return `demo-${channels}`;
}

/** A host on stage in a channel of its own, and the address for those who watch. */
async function hostedRoom(): Promise<{ host: Page; channel: string; invitation: string }> {
  const channel = newChannel();
  const host = await openPage(`/demo?channel=${channel}`);
  await enter(host, { name: 'Zoë', live: true });
  return { host, channel, invitation: `/demo?channel=${channel}&watch=1` };
}

test('DEMO5: host and viewer see each other by name, the count, the picture, and the leave with its reason', async () => {
  const { host, invitation } = await hostedRoom();
  await watching(host, 0);
  const viewer = await openPage(invitation);
  await enter(viewer, { name: 'Ann' });

  await activity(host, 'Ann joined').waitFor();
  await watching(host, 1);
  await until('both on both lists', async () => {
    const [seenByHost, seenByViewer] = [await people(host), await people(viewer)];
    return (
      seenByHost.join() === 'zo zoe (you) on stage,an ann' &&
      seenByViewer.join() === 'zo zoe on stage,an ann (you)'
    );
  });
  await seesPictures(viewer, 1);

  await viewer.close();
  await activity(host, 'Ann left (said goodbye)').waitFor();
  await watching(host, 0);
  await until('gone from the list', async () => !(await people(host)).some((line) => line.includes('ann')));
}, 180_000);

test('DEMO22: who goes live and who watches from the first page meet without naming a channel', async () => {
  const host = await openPage('/');
  await host.getByRole('link', { name: 'Go live' }).click();
  await enter(host, { name: 'Zoe', live: true });
  const viewer = await openPage('/');
  await viewer.getByRole('link', { name: 'Watch' }).click();
  await enter(viewer, { name: 'Ann' });
  await activity(host, 'Ann joined').waitFor();
  await seesPictures(viewer, 1);
  expect(new URL(viewer.url()).searchParams.get('channel')).toBe('demo');
}, 180_000);

test('DEMO5: a viewer comes on stage, is seen by everyone, and steps back', async () => {
  const { host, invitation } = await hostedRoom();
  const [ann, bob] = [await openPage(invitation), await openPage(invitation)];
  await enter(ann, { name: 'Ann' });
  await enter(bob, { name: 'Bob' });
  await watching(host, 2);

  await bob.getByRole('button', { name: 'Come on stage' }).click();
  await goOnStage(bob);
  await activity(host, 'Bob came on stage').waitFor();
  await watching(ann, 1);
  await seesPictures(host, 2);
  await seesPictures(ann, 2);

  await bob.getByRole('button', { name: 'Step back' }).click();
  await activity(host, 'Bob stepped back').waitFor();
  await watching(ann, 2);
  await seesPictures(ann, 1);
  // Stepping back is no arrival.
  expect(await activity(host, 'Bob joined').count()).toBe(1);
}, 180_000);

test('DEMO5: on a phone the room fits the screen, and a reload comes back to it', async () => {
  const { host, invitation } = await hostedRoom();
  const viewer = await openPage(invitation, phone);
  await fitsItsWidth(viewer);
  await enter(viewer, { name: 'Ann' });
  await watching(viewer, 1);
  await seesPictures(viewer, 1);
  await fitsItsWidth(viewer);

  await viewer.reload();
  await watching(viewer, 1);
  await seesPictures(viewer, 1);
  expect((await people(host)).filter((line) => line.includes('ann'))).toHaveLength(1);

  await viewer.getByRole('button', { name: 'Share' }).click();
  const link = await viewer.getByLabel('Link to watch').inputValue();
  expect(link).toBe(server.url.replace(/\/$/, '') + invitation);
  await fitsItsWidth(viewer);
}, 180_000);

test('DEMO5: without a camera the host is told so, and goes live with a test pattern', async () => {
  const channel = newChannel();
  const host = await openPage(`/demo?channel=${channel}`);
  await host.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  await host.getByLabel('Your name').fill('Zoe');
  await host.getByRole('button', { name: 'Go live', exact: true }).click();
  const told = host.getByRole('alert');
  await told.waitFor();
  expect(await told.textContent()).toContain('DEVICE_NOT_FOUND');
  await told.getByRole('button', { name: 'Use a test pattern' }).click();
  await host.getByRole('button', { name: 'Go live now' }).click();
  await who(host).waitFor();

  const viewer = await openPage(`/demo?channel=${channel}&watch=1`);
  await enter(viewer, { name: 'Ann' });
  await seesPictures(viewer, 1);
}, 180_000);

test('DEMO5: the same name in another tab takes the room over, and the first tab says so', async () => {
  const { invitation } = await hostedRoom();
  const first = await openPage(invitation);
  await enter(first, { name: 'Ann' });
  const kept = await first.evaluate(() => JSON.stringify({ ...sessionStorage }));
  const second = await openPage('/');
  await second.evaluate((entries) => {
    for (const [key, value] of Object.entries(JSON.parse(entries) as Record<string, string>))
      if (key.startsWith('housecount.demo')) sessionStorage.setItem(key, value);
  }, kept);
  await second.goto(server.url + invitation);
  await who(second).waitFor();
  await first.getByText('You are in this room somewhere else').waitFor();
  await first.getByRole('button', { name: 'Use the room here' }).click();
  await who(first).waitFor();
  await second.getByText('You are in this room somewhere else').waitFor();
}, 180_000);

test('DEMO7: the inspector shows the notices of a life as they are made, with no hole, and their bytes', async () => {
  const inspector = await openPage('/inspector');
  const { host, channel, invitation } = await hostedRoom();
  await inspector.getByRole('textbox', { name: 'Channel' }).fill(channel);
  const viewer = await openPage(invitation);
  await enter(viewer, { name: 'Ann' });
  await activity(host, 'Ann joined').waitFor();
  await viewer.close();
  await activity(host, 'Ann left').waitFor();

  const rows = inspector.locator('tbody tr');
  const types = () =>
    rows
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map((button) => /\d+/.exec(button.textContent ?? '')?.[0]));
  await until('all four notices', async () => (await types()).join() === '106,105,103,101');
  await inspector.getByText(`${channel}: seq 1…4, no hole`).waitFor();

  await rows.filter({ hasText: 'audience joined' }).click();
  const details = inspector.getByRole('dialog');
  const body = JSON.parse(
    (await details.getByRole('region', { name: 'Body, indented' }).textContent()) ?? '',
  ) as {
    eventType: number;
    payload: { channelName: string; account: string; seq: number; count: number };
  };
  expect(body.eventType).toBe(105);
  expect(body.payload).toMatchObject({ channelName: channel, seq: 3, count: 2 });
  expect(body.payload.account).toMatch(/^Ann~/);
  expect(await details.getByRole('region', { name: 'Headers' }).textContent()).toMatch(
    /Agora-Signature-V2: [0-9a-f]{64}/,
  );
  await inspector.keyboard.press('Escape');
  await details.waitFor({ state: 'hidden' });
  await inspector.setViewportSize(phone);
  await fitsItsWidth(inspector);
}, 180_000);

test('DEMO9: the home page lists the channel, and its page shows who is there and what happened', async () => {
  const { channel } = await hostedRoom();
  const page = await openPage('/', phone);
  await fitsItsWidth(page);
  await page.getByRole('link', { name: new RegExp(`^${channel}`) }).click();
  await page.getByRole('img', { name: 'Members over time, now 1' }).waitFor();
  await page.getByRole('cell', { name: 'Zoe' }).waitFor();
  await page.getByText('Zoe joined on stage').waitFor();
  await fitsItsWidth(page);
}, 180_000);

test('DEMO10: with customers configured, the console shows nothing before a right login, and forgets it on request', async () => {
  const closed = await startTestServer();
  const page = await browser.newPage();
  open.push(page);
  try {
    await page.goto(`${closed.url}/inspector`);
    const secret = page.getByRole('textbox', { name: 'Secret' });
    await page.getByLabel('Customer id').fill(testCustomer.id);
    await secret.fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('do not match').waitFor();
    expect(await page.getByText('Notice inspector').count()).toBe(0);

    await secret.fill(testCustomer.secret);
    await page.getByRole('button', { name: 'Log in' }).click();
    // The stream of notices carries the login too.
    await page.getByRole('status').filter({ hasText: 'live' }).waitFor();

    await page.goto(closed.url);
    await page.getByText('Nobody is live').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Customer id').waitFor();
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(
      'Basic',
    );
    await page.goto(`${closed.url}/demo`);
    await page.getByText('This server has no demo room').waitFor();
  } finally {
    await page.close();
    await closed.close();
  }
}, 180_000);
