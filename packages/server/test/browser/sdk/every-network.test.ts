import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { systemClock } from '../../../src/clock.ts';
import type { SessionReport } from '../../../src/media/contract.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../../src/media/embedded/engine.ts';
import type { Logger } from '../../../src/observe/contract.ts';
import { turnPassword } from '../../../src/token/ice-servers.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import { type Coturn, startCoturn } from '../../../testing/media/coturn.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { connectionState, play, publish, seesMore, selectedPair } from '../engine-pages.ts';

/** Prints what goes wrong, so that a failing test says why. */
const logger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => console.warn(message, fields),
  error: (message, fields) => console.error(message, fields),
  with: () => logger,
};
const secret = 'what-coturn-and-we-know';

let browser: Chromium;
let media: EmbeddedMedia;
let turn: Coturn;
let pages: Page[] = [];
const reports: SessionReport[] = [];

beforeAll(async () => {
  // The TURN server has a certificate of its own making.
  browser = await launchChromium({ args: ['--ignore-certificate-errors'] });
  turn = await startCoturn(secret);
  media = await startEmbeddedMedia({
    udpPort: 0,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport: (report) => reports.push(report),
    logger,
    clock: systemClock(),
  });
}, 180_000);
afterEach(async () => {
  for (const page of pages) await page.close();
  pages = [];
});
afterAll(async () => {
  await media?.stop();
  await turn?.close();
  await browser?.close();
}, 180_000);

async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  pages.push(page);
  return page;
}

/** Only through the TURN server, over this transport. */
function relayed(transport: 'udp' | 'tcp' | 'tls', endsMs = Date.now() + 600_000): RTCConfiguration {
  const urls =
    transport === 'tls'
      ? `turns:127.0.0.1:${turn.tlsPort}?transport=tcp`
      : `turn:127.0.0.1:${turn.port}?transport=${transport}`;
  const password = turnPassword(secret, 'app/the%20stage/7', endsMs);
  return { iceTransportPolicy: 'relay', iceServers: [{ urls, ...password }] };
}

/** Sessions by the way that their client came. */
async function ways() {
  const { sessionsDirect, sessionsFront } = await media.stats();
  return { direct: sessionsDirect, front: sessionsFront };
}

test('MEDIA40, MEDIA41, MEDIA44: with nothing in between a viewer goes straight to the library’s port, and a host to the front', async () => {
  const [host, viewer] = [await newPage(), await newPage()];
  await publish(media, host, { room: 'plain', session: 'plain/host' });
  await play(media, viewer, { room: 'plain', session: 'plain/viewer' });
  await seesMore(viewer);
  const [hosts, viewers] = [await selectedPair(host), await selectedPair(viewer)];
  expect([hosts.remote?.port, viewers.remote?.port]).toEqual([media.udpPort + 1, media.udpPort]);
  expect(await ways()).toEqual({ direct: 1, front: 1 });
  for (const name of ['plain/host', 'plain/viewer']) media.close(name);
}, 180_000);

test.each(['udp', 'tcp', 'tls'] as const)(
  'MEDIA40, MEDIA51: a viewer and a host behind TURN over %s are in the picture',
  async (transport) => {
    const room = `turn-${transport}`;
    const [host, viewer] = [await newPage(), await newPage()];
    const configuration = relayed(transport);
    await publish(media, host, { room, session: `${room}/host`, configuration });
    await play(media, viewer, { room, session: `${room}/viewer`, configuration });
    await seesMore(viewer);
    const { local } = await selectedPair(viewer);
    expect(local).toMatchObject({ candidateType: 'relay', relayProtocol: transport });
    for (const name of ['host', 'viewer']) media.close(`${room}/${name}`);
  },
  180_000,
);

/** What the page's connection has been, from now on. */
const statesOf = (page: Page): Promise<() => Promise<readonly string[]>> =>
  page
    .evaluate(() => {
      const { pc } = window as unknown as { pc: RTCPeerConnection };
      const states: string[] = [];
      Object.assign(window, { states });
      pc.addEventListener('connectionstatechange', () => states.push(pc.connectionState));
    })
    .then(() => () => page.evaluate(() => (window as unknown as { states: string[] }).states));

test('MEDIA49: the TURN server takes a password until it ends', async () => {
  const page = await newPage();
  const gathered = (configuration: RTCConfiguration) =>
    page.evaluate(async (given) => {
      const pc = new RTCPeerConnection(given);
      pc.createDataChannel('');
      const found: string[] = [];
      const errors: number[] = [];
      pc.addEventListener('icecandidate', ({ candidate }) => candidate && found.push(candidate.type ?? ''));
      pc.addEventListener('icecandidateerror', ({ errorCode }) => errors.push(errorCode));
      const ended = new Promise<void>((resolve) =>
        pc.addEventListener('icegatheringstatechange', () => {
          if (pc.iceGatheringState === 'complete') resolve();
        }),
      );
      await pc.setLocalDescription();
      await ended;
      pc.close();
      return { found: [...new Set(found)].filter(Boolean), errors: [...new Set(errors)] };
    }, configuration);
  expect(await gathered(relayed('udp'))).toEqual({ found: ['relay'], errors: [] });
  expect(await gathered(relayed('udp', Date.now() - 1_000))).toEqual({ found: [], errors: [401] });
}, 180_000);

test('MEDIA49, MEDIA51: pages of the SDK reach a TURN server alone, with passwords that the server made for them', async () => {
  const urls = `turn:127.0.0.1:${turn.port}?transport=tcp`;
  const server = await startTestServer({
    media: { udpPort: 0, iceServers: [{ urls, secret, lifetimeMs: 60_000 }] },
  });
  try {
    // biome-ignore lint/suspicious/noExplicitAny: the pages are written against an API that has no types here.
    type Scripts = any;
    const joined = async (uid: number) => {
      const page = await newPage();
      await page.evaluate(() => {
        // No way but over a relay, as a network would have it.
        const { RTCPeerConnection: Plain } = window;
        const made: RTCPeerConnection[] = [];
        class Relayed extends Plain {
          constructor(given: RTCConfiguration) {
            super({ ...given, iceTransportPolicy: 'relay' });
            made.push(this);
          }
        }
        Object.assign(window, { RTCPeerConnection: Relayed, made });
      });
      await page.addScriptTag({ url: `${server.url}/sdk/AgoraRTC_N.js` });
      await page.evaluate(
        async ({ app, token, uid }) => {
          const { AgoraRTC } = window as Scripts;
          const client = AgoraRTC.createClient({ mode: 'rtc', codec: 'vp8' });
          client.on('user-published', (user: Scripts, kind: string) => client.subscribe(user, kind));
          await client.join(app, 'relayed', token, uid);
          if (uid === 1) await client.publish(await AgoraRTC.createCameraVideoTrack());
        },
        { app: testApp.id, token: tokenFor('relayed', { uid }), uid },
      );
      return page;
    };
    await joined(1);
    const viewer = await joined(2);
    await until('pictures', () =>
      viewer.evaluate(async () => {
        for (const pc of (window as Scripts).made)
          for (const entry of (await pc.getStats()).values())
            if (entry.type === 'inbound-rtp' && entry.framesDecoded > 20) return true;
        return false;
      }),
    );
    expect(turn.log.some((line) => line.includes(`${testApp.id}/relayed/2`))).toBe(true);
  } finally {
    await server.close();
  }
}, 180_000);

test('MEDIA45: a viewer and a host without UDP are in the picture over TCP', async () => {
  const [host, viewer] = [await newPage(), await newPage()];
  const through = (sdp: string) => sdp.replace(/^a=candidate:\S+ 1 UDP .*\r\n/gm, '');
  await publish(media, host, { room: 'tcp', session: 'tcp/host', through });
  await play(media, viewer, { room: 'tcp', session: 'tcp/viewer', through });
  await seesMore(viewer);
  for (const page of [host, viewer])
    expect((await selectedPair(page)).remote).toMatchObject({ protocol: 'tcp', port: media.tcpPort });
  expect((await media.stats()).sessionsTcp).toBe(2);
  const states = await statesOf(viewer);
  media.close('tcp/viewer');
  await until('failed', async () => (await connectionState(viewer)) === 'failed');
  expect(await states()).toEqual(['failed']);
  media.close('tcp/host');
}, 180_000);

test('MEDIA42: whose session the server ends is told so by ICE, and waits for no silence: a host, and a viewer behind the front', async () => {
  const [host, viewer] = [await newPage(), await newPage()];
  await publish(media, host, { room: 'ended', session: 'ended/host' });
  const configuration = relayed('tcp');
  await play(media, viewer, { room: 'ended', session: 'ended/viewer', configuration });
  // By then Chromium has dropped the way that it does not need: it would try that first.
  for (let round = 0; round < 3; round++) await seesMore(viewer);
  for (const [page, session] of [
    [host, 'ended/host'],
    [viewer, 'ended/viewer'],
  ] as const) {
    const states = await statesOf(page);
    media.close(session);
    await until('failed', async () => (await connectionState(page)) === 'failed');
    // Disconnected comes first where nothing is answered.
    expect(await states()).toEqual(['failed']);
  }
}, 180_000);
