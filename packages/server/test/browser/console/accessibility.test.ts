import { afterAll, beforeAll, expect, test } from 'bun:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { development } from '../../../src/config/development.ts';
import { Client } from '../../../testing/clients/client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { testApp, testCustomer } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

const desktop = { width: 1440, height: 900 };
const phone = { width: 360, height: 740 };

const extras = 30;

let browser: Chromium;
let server: TestServer;
const clients: Client[] = [];
let receiver: Awaited<ReturnType<typeof startReceiver>>;

/** A show with a host and viewers, and an endpoint, so that no page is empty. */
beforeAll(async () => {
  await buildConsole();
  [browser, server, receiver] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: undefined, customers: undefined }),
    startReceiver(),
  ]);
  const endpoints = `${server.url}/v1/apps/${development.appId}/endpoints`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ url: receiver.url, description: 'My backend', allowPrivateNetwork: true });
  const made = (await (await fetch(endpoints, { method: 'POST', headers, body })).json()) as {
    endpoint: { endpointId: string };
  };
  await fetch(`${endpoints}/${made.endpoint.endpointId}/enable`, { method: 'POST' });
  const host = await browser.newPage(`${server.url}/demo?channel=show`);
  await host.getByLabel('Your name').fill('Hanna');
  await host.getByRole('button', { name: 'Go live', exact: true }).click();
  await host.getByRole('button', { name: 'Go live now' }).click();
  await host.getByRole('region', { name: 'Who is here' }).waitFor();
  // More people than fit, so that every list scrolls. They watch nothing: pictures that nobody looks at would cost a core.
  for (const account of ['Ann', 'Ben', ...Array.from({ length: extras }, (_, at) => `Viewer ${at + 1}`)])
    clients.push(await Client.join({ url: server.url, channel: 'show', account }));
  await receiver.until((notices) => notices.length >= 4 + extras);
}, 180_000);

afterAll(async () => {
  for (const client of clients) client.drop();
  await browser?.close();
  await server?.close();
  await receiver?.close();
}, 180_000);

/** The faults that axe finds on the page, as lines that say where and what to do. */
async function violations(page: Page): Promise<string[]> {
  // Runs outside of the page's content security policy, which allows no script of ours.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, any, all, none }) => {
        const [why] = [...any, ...all, ...none];
        return `${id}: ${target.join(' ')}: ${why?.message ?? ''}`;
      }),
    );
  });
}

interface Stop {
  readonly name: string;
  readonly path: string;
  /** Waits until the page has something to show, after the steps that lead there. */
  readonly ready: (page: Page) => Promise<unknown>;
}
const row = (page: Page) => page.getByRole('row').nth(1);
const stops: readonly Stop[] = [
  { name: 'home', path: '/', ready: (page) => page.getByText('show', { exact: true }).first().waitFor() },
  { name: 'demo start', path: '/demo', ready: (page) => page.getByLabel('Your name').waitFor() },
  {
    name: 'green room',
    path: '/demo?channel=other',
    ready: async (page) => {
      await page.getByLabel('Your name').fill('Gus');
      await page.getByRole('button', { name: 'Go live', exact: true }).click();
      // The button is disabled, and grey, until there is a camera.
      await page.getByRole('button', { name: 'Go live now' }).click({ trial: true });
    },
  },
  {
    name: 'room',
    path: '/demo?channel=show&watch=1',
    ready: async (page) => {
      await page.getByLabel('Your name').fill('Cleo');
      await page.getByRole('button', { name: 'Watch', exact: true }).click();
      await page.getByRole('region', { name: 'Who is here' }).getByText('Hanna').waitFor();
    },
  },
  { name: 'inspector', path: '/inspector', ready: (page) => row(page).waitFor() },
  {
    name: 'inspector, a notice',
    path: '/inspector',
    ready: async (page) => {
      await row(page).getByRole('button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'endpoints',
    path: '/endpoints',
    ready: (page) => page.getByRole('region', { name: 'My backend' }).waitFor(),
  },
  {
    name: 'endpoints, the form',
    path: '/endpoints',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Add an endpoint' }).click();
      await page.getByLabel('URL').waitFor();
    },
  },
  { name: 'deliveries', path: '/deliveries', ready: (page) => row(page).waitFor() },
  {
    name: 'deliveries, one',
    path: '/deliveries',
    ready: async (page) => {
      await row(page).getByRole('button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'channel',
    path: `/channels/${development.appId}/show`,
    ready: (page) => page.getByText('Hanna').first().waitFor(),
  },
];

/** One look at the page for each colour scheme and size: what axe finds, and what is wider than the screen. */
async function check(url: string, stop: Stop): Promise<string[]> {
  const found: string[] = [];
  const page = await browser.newPage();
  try {
    await page.setViewportSize(desktop);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.goto(url + stop.path);
    await stop.ready(page);
    // No tooltip and no row under the pointer.
    await page.mouse.move(0, 0);
    for (const size of [desktop, phone]) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        // Elements that fade in are judged when they are there.
        await page.evaluate(async () => {
          const running = document.getAnimations().filter((each) => each.playState === 'running');
          await Promise.all(running.map(({ finished }) => finished.catch(() => undefined)));
        });
        const look = `${colorScheme}, ${size.width} px`;
        const folder = process.env.HOUSECOUNT_SCREENSHOTS;
        const name = `${stop.name.replace(/\W+/g, '-')}-${colorScheme}-${size.width}`;
        if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
        const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (excess > 0) found.push(`${look}: the page is ${excess} px too wide`);
        found.push(...(await violations(page)).map((line) => `${look}: ${line}`));
      }
    }
    return found;
  } finally {
    await page.close();
  }
}

for (const stop of stops) {
  test(`DEMO20: axe finds nothing, light and dark, wide and narrow: ${stop.name}`, async () => {
    expect(await check(server.url, stop)).toEqual([]);
  }, 180_000);
}

test('DEMO20: axe finds nothing, light and dark, wide and narrow: the login', async () => {
  const guarded = await startTestServer({ apps: [testApp], customers: [testCustomer] });
  try {
    const ready = (page: Page) => page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await check(guarded.url, { name: 'login', path: '/', ready })).toEqual([]);
  } finally {
    await guarded.close();
  }
}, 180_000);
