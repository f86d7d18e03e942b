import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { Client } from '../../../testing/clients/client.ts';
import { type ServerProcess, startServerProcess, until } from '../../../testing/processes/server-process.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { PeopleWatched } from '../people-watched.ts';

/** examples/chat-and-viewers as its reader starts it: the page's own server in Node, beside a Housecount server. */
const script = fileURLToPath(new URL('../../../../../examples/chat-and-viewers/server.mjs', import.meta.url));

let browser: Chromium;
let server: ServerProcess;
type PageServer = { readonly url: string; readonly process: ChildProcess };
let pageServer: PageServer;
/** Its tokens end soon. */
let brief: PageServer;
/** Somebody who is there from the beginning. */
let patient: Page;
let enteredMs: number;
beforeAll(async () => {
  // Longer than a page that stays can be starved on a busy machine.
  const leases = { rtcMs: 30_000, signalingMs: 30_000, recoveryMs: 30_000 };
  [browser, server] = await Promise.all([launchChromium(), startServerProcess({ leases })]);
  [pageServer, brief] = await Promise.all([
    startPageServer({ PORT: '0', HOUSECOUNT_SERVER: server.url, CHANNEL: 'demo' }),
    startPageServer({ PORT: '0', HOUSECOUNT_SERVER: server.url, CHANNEL: 'brief', TOKEN_SECONDS: '33' }),
  ]);
  patient = await enter('pat', 'Watch', await browser.newPage(brief.url));
  enteredMs = Date.now();
}, 180_000);
afterAll(async () => {
  pageServer?.process.kill();
  brief?.process.kill();
  await Promise.all([browser?.close(), server?.close()]);
}, 180_000);

async function startPageServer(env: Record<string, string>) {
  const process_ = spawn('node', [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    process_.once('exit', (status) => reject(new Error(`the page's server ended with ${status}`)));
    process_.once('error', reject);
    process_.stdout?.on('data', (chunk: Buffer) => {
      const found = /http:\S+/.exec(chunk.toString());
      if (found) resolve(found[0]);
    });
  });
  return { url, process: process_ };
}

async function enter(name: string, how: 'Go live' | 'Watch', page?: Page): Promise<Page> {
  const entered = page ?? (await browser.newPage(pageServer.url));
  await entered.getByLabel('Your name').fill(name);
  await entered.getByRole('button', { name: how }).click();
  await entered.getByRole('button', { name: 'Leave' }).waitFor();
  return entered;
}

const membersOf = (page: Page): Promise<string[]> => page.locator('#members li').allInnerTexts();
const linesOf = (page: Page): Promise<string[]> => page.locator('#lines li').allInnerTexts();
const shows = async (what: () => Promise<unknown>, wanted: unknown): Promise<void> => {
  let last: unknown;
  await until('what the page shows', async () => {
    last = await what();
    return Bun.deepEquals(last, wanted);
  }).catch(() => expect(last).toEqual(wanted));
};
const say = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
};

test('DEMO18: the chat-and-viewers example: a host and viewers see each other come, go, talk and raise hands', async () => {
  const ann = await enter('ann', 'Go live');
  await until('her own picture', () =>
    ann.evaluate(() => (document.querySelector('video')?.videoWidth ?? 0) > 0),
  );
  await shows(() => membersOf(ann), ['ann · live']);
  const watched = await PeopleWatched.of(server.url, 'demo');
  const bob = await enter('bob', 'Watch');
  await shows(() => membersOf(ann), ['ann · live', 'bob']);
  await shows(() => membersOf(bob), ['ann · live', 'bob']);
  await shows(() => ann.locator('#watching').innerText(), '1 watching');
  await until('the picture', () =>
    bob.evaluate(() => (document.querySelector('video')?.videoWidth ?? 0) > 0),
  );
  expect(await bob.locator('#placeholder').isHidden()).toBe(true);
  await shows(() => linesOf(ann), ['bob came']);
  // It has the names in both channels, and each is one person everywhere.
  const names = ['ann', 'bob'];
  const { counts: _, ...everywhere } = watched.seen;
  for (const way of Object.keys(everywhere)) await shows(async () => watched.now()[way], names);
  expect(
    Object.values(everywhere)
      .flat()
      .filter((list) => new Set(list).size !== list.length || list.length > 2),
  ).toEqual([]);
  await watched.close();

  await say(bob, 'hello <b>ann</b>');
  await shows(() => linesOf(ann), ['bob came', 'bobhello <b>ann</b>']);
  await bob.getByRole('button', { name: 'Raise hand' }).click();
  await shows(() => membersOf(ann), ['ann · live', '✋ bob']);

  // A viewer who has nothing of this page, nor signaling: told and listed like everybody else.
  const viewer = await Client.join({ url: server.url, channel: 'demo', uid: 77, role: 'audience' });
  await shows(() => membersOf(bob), ['ann · live', '✋ bob', '77']);
  await shows(() => linesOf(ann).then((lines) => lines.at(-1)), '77 came');
  viewer.send({ type: 'bye' });
  await shows(() => membersOf(bob), ['ann · live', '✋ bob']);

  // A user who comes again finds what was said before.
  await bob.getByRole('button', { name: 'Leave' }).click();
  await shows(() => membersOf(ann), ['ann · live']);
  await enter('bob', 'Watch', bob);
  await shows(() => linesOf(bob), ['bobhello <b>ann</b>']);
  await bob.reload();
  await enter('bob', 'Watch', bob);
  await shows(() => linesOf(bob), ['bobhello <b>ann</b>']);
  await shows(() => membersOf(ann), ['ann · live', 'bob']);

  // The same name elsewhere: the first page says why it is out.
  const again = await enter('bob', 'Watch');
  await shows(() => bob.getByRole('alert').innerText(), 'You entered with this name elsewhere.');
  await shows(() => membersOf(again), ['ann · live', 'bob']);

  await server.kill();
  await shows(() => again.locator('#link').innerText(), 'Connecting …');
  expect(await again.getByLabel('Message', { exact: true }).isDisabled()).toBe(true);
  await server.restart();
  await shows(() => again.locator('#link').innerText(), 'You are bob');
  await say(again, 'still here');
  await shows(() => linesOf(ann).then((lines) => lines.at(-1)), 'bobstill here');
  await again.getByRole('button', { name: 'Leave' }).click();
  await shows(() => membersOf(ann), ['ann · live']);
  for (const page of [bob, again]) await page.close();
}, 180_000);

test('DEMO18: it shows the first 50 of many, and how many more there are', async () => {
  const page = await enter('zoe', 'Watch');
  const before = Number((await page.locator('#watching').innerText()).split(' ')[0]);
  const viewers = await Promise.all(
    Array.from({ length: 80 }, (_, each) =>
      Client.join({ url: server.url, channel: 'demo', uid: 1000 + each, role: 'audience' }),
    ),
  );
  await shows(() => page.locator('#watching').innerText(), `${before + 80} watching`);
  await shows(async () => (await membersOf(page)).length, 50);
  const others = async (): Promise<number> =>
    Number(/and (\d+) more/.exec(await page.locator('#more').innerText())?.[1]);
  const hosts = await page.locator('#members li[data-role=host]').count();
  await shows(others, before + 80 + hosts - 50);
  for (const viewer of viewers.slice(0, 40)) viewer.send({ type: 'bye' });
  await shows(() => page.locator('#watching').innerText(), `${before + 40} watching`);
  await shows(() => page.locator('#more').isHidden(), before + 40 + hosts <= 50);
  for (const viewer of viewers.slice(40)) viewer.send({ type: 'bye' });
  await shows(() => page.locator('#watching').innerText(), `${before} watching`);
}, 180_000);

/** Where a part of the page is. The list is drawn anew with each change of who is there: what was found may be of the drawing before. */
const boxOf = (page: Page, part: string) =>
  until(`${part} is shown`, async () => (await page.locator(part).boundingBox()) ?? undefined);

test('DEMO18: on a phone, upright or sideways, with a long name: the names of those who watch are in sight, and nothing is cut off', async () => {
  const page = await enter('A name of many words that is far too long for the head of a page', 'Watch');
  for (const [width, height] of [
    [390, 844],
    [844, 390],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const part of ['#members li >> nth=0', '#hand', '#leave', '#say button', '#picture']) {
      const box = await boxOf(page, part);
      expect([part, box.x >= 0, box.x + box.width <= width]).toEqual([part, true, true]);
      expect([part, box.y >= 0, box.y + box.height <= height]).toEqual([part, true, true]);
    }
    const bottom = ({ y, height }: { readonly y: number; readonly height: number }) => y + height;
    expect(bottom(await boxOf(page, '#members li >> nth=0'))).toBeLessThan(
      bottom(await boxOf(page, '#viewers')),
    );
  }
  await page.getByRole('button', { name: 'Leave' }).click();
}, 180_000);

test('DEMO18: a name that is not legal, a body that is none, and a server that is away are said in words', async () => {
  const page = await browser.newPage(pageServer.url);
  await page.getByLabel('Your name').fill('_who*');
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.getByText('A name has 1 to 64').waitFor();
  for (const [body, status] of [
    ['{', 400],
    ['null', 400],
    ['{"name":7}', 400],
    ['x'.repeat(100_000), 413],
  ] as const)
    expect((await fetch(`${pageServer.url}token`, { method: 'POST', body })).status).toBe(status);
  expect((await fetch(`${pageServer.url}server.mjs`)).status).toBe(404);
  await server.kill();
  try {
    await page.getByLabel('Your name').fill('dan');
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText('You could not enter.').waitFor();
    await page.reload();
    await page.getByText('The Housecount server cannot be reached').waitFor();
  } finally {
    await server.restart();
  }
}, 180_000);

test('DEMO18: who stays longer than a token lasts is still in', async () => {
  await Bun.sleep(Math.max(0, enteredMs + 38_000 - Date.now()));
  await patient.locator('#link', { hasText: 'You are pat' }).waitFor();
  await say(patient, 'still here');
  await shows(() => linesOf(patient).then((lines) => lines.at(-1)), 'patstill here');
}, 180_000);
