/** A real Chromium with a fake camera and microphone, for tests that must see pictures and hear sound. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

export interface Chromium {
  readonly context: BrowserContext;
  /** A new tab at `url` (default: an empty page on a secure origin, so that getUserMedia works). */
  newPage(url?: string): Promise<Page>;
  /** Ends the browser, its page server, and removes its profile. Idempotent. */
  close(): Promise<void>;
}

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of the browser: `HOUSECOUNT_CHROMIUM`, else the system's; undefined if there is none. */
export function chromiumPath(): string | undefined {
  const named = process.env.HOUSECOUNT_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  return executables.find((path) => existsSync(path));
}

/** A page that has not done by then what is waited for does not do it, however busy the machine is, milliseconds. */
const waitMs = 90_000;

/** Starts headless Chromium with fake media devices (a 20 fps test picture and beeps); throws if there is no Chromium. */
export async function launchChromium(
  options: {
    readonly args?: readonly string[];
    /** Keeps a page that is left, to go back to, as browsers of people do. */
    readonly keepsPages?: boolean;
  } = {},
): Promise<Chromium> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium found: set HOUSECOUNT_CHROMIUM to its path');
  const profile = await mkdtemp(join(tmpdir(), 'housecount-chromium-'));
  const blank = await serveBlankPage();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    ...(options.keepsPages && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      // Tabs behind another one must go on decoding, or a second viewer in the same browser would freeze.
      '--disable-renderer-backgrounding',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      // Chromium leaves loopback out of its candidates unless told.
      '--allow-loopback-in-peer-connection',
      ...(options.args ?? []),
    ],
  });
  context.setDefaultTimeout(waitMs);
  let closing: Promise<void> | undefined;
  return {
    context,
    async newPage(url = blank.url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close() {
      closing ??= (async () => {
        await context.close();
        await blank.close();
        await rm(profile, { recursive: true, force: true });
      })();
      return closing;
    },
  };
}

async function serveBlankPage(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>blank</title><body></body>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
