import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { systemClock } from '../../../src/clock.ts';
import type { SessionReport } from '../../../src/media/contract.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../../src/media/embedded/engine.ts';
import type { Logger } from '../../../src/observe/contract.ts';
import { turnPassword } from '../../../src/token/ice-servers.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import { type Coturn, startCoturn } from '../../../testing/media/coturn.ts';
import { type LossyRelay, lossyRelay } from '../../../testing/media/lossy-relay.ts';
import { wantProgram } from '../../../testing/processes/debian-program.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
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
// biome-ignore lint/suspicious/noExplicitAny: the pages of the SDK are written against an API that has no types here.
type Scripts = any;

const secret = 'what-coturn-and-we-know';
/** Undefined where it is not installed: the tests that need it are skipped then, and counted. */
const turnserver = wantProgram('turnserver', 'coturn');
const behindTurn = test.skipIf(turnserver === undefined);

let browser: Chromium;
let media: EmbeddedMedia;
let turn: Coturn;
let pages: Page[] = [];
const reports: SessionReport[] = [];

beforeAll(async () => {
  // The TURN server has a certificate of its own making.
  browser = await launchChromium({ args: ['--ignore-certificate-errors'] });
  if (turnserver !== undefined) turn = await startCoturn(turnserver, secret);
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

/** The answer for a client that has no UDP. */
const withoutUdp = (sdp: string): string => sdp.replace(/^a=candidate:\S+ 1 UDP .*\r\n/gm, '');

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

behindTurn.each(['udp', 'tcp', 'tls'] as const)(
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

behindTurn(
  'MEDIA49: the TURN server takes a password until it ends',
  async () => {
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
  },
  180_000,
);

/** A page of the SDK in a channel where uid 1 publishes and all play; `made` has its connections. */
async function sdkPage(
  server: TestServer,
  uid: number,
  prepare: (argument: string) => void,
  argument = '',
): Promise<Page> {
  const page = await newPage();
  await page.evaluate(() => Object.assign(window, { made: [] }));
  await page.evaluate(prepare, argument);
  await page.addScriptTag({ url: `${server.url}/sdk/AgoraRTC_N.js` });
  await page.evaluate(
    async ({ app, token, uid }) => {
      const { AgoraRTC } = window as Scripts;
      const client = AgoraRTC.createClient({ mode: 'rtc', codec: 'vp8' });
      client.on('user-published', (user: Scripts, kind: string) => client.subscribe(user, kind));
      await client.join(app, 'networks', token, uid);
      if (uid === 1) await client.publish(await AgoraRTC.createCameraVideoTrack());
    },
    { app: testApp.id, token: tokenFor('networks', { uid }), uid },
  );
  return page;
}

const framesDecoded = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    let frames = 0;
    for (const pc of (window as Scripts).made)
      for (const entry of (await pc.getStats()).values())
        if (entry.type === 'inbound-rtp' && entry.kind === 'video') frames += entry.framesDecoded ?? 0;
    return frames;
  });

/** Waits for 20 more pictures. */
async function goesOn(page: Page): Promise<void> {
  const before = await framesDecoded(page);
  await until('pictures', async () => (await framesDecoded(page)) >= before + 20);
}

behindTurn(
  'MEDIA49, MEDIA51: pages of the SDK reach a TURN server alone, with passwords that the server made for them',
  async () => {
    const urls = `turn:127.0.0.1:${turn.port}?transport=tcp`;
    const server = await startTestServer({
      media: { udpPort: 0, iceServers: [{ urls, secret, lifetimeMs: 60_000 }] },
    });
    try {
      const relayOnly = () => {
        // No way but over a relay, as a network would have it.
        const { RTCPeerConnection: Plain } = window;
        class Relayed extends Plain {
          constructor(given: RTCConfiguration) {
            super({ ...given, iceTransportPolicy: 'relay' });
            (window as Scripts).made.push(this);
          }
        }
        Object.assign(window, { RTCPeerConnection: Relayed });
      };
      await sdkPage(server, 1, relayOnly);
      await goesOn(await sdkPage(server, 2, relayOnly));
      expect(turn.log.some((line) => line.includes(`${testApp.id}/networks/2`))).toBe(true);
    } finally {
      await server.close();
    }
  },
  180_000,
);

test.each([
  ['are told of it', true],
  ['find it out', false],
])(
  'MEDIA53: pages of the SDK whose network goes away, and that %s, go on over another in the same sessions',
  async (_, isTold) => {
    const server = await startTestServer();
    let isCut = false;
    let relay: LossyRelay | undefined;
    await browser.context.exposeFunction(`relayed${isTold}`, async (answerSdp: string) => {
      // The library's port is the one before the front's.
      const ports = [...answerSdp.matchAll(/ UDP \d+ \S+ (\d+) typ host/g)].map(([, port]) => Number(port));
      relay ??= await lossyRelay(Math.min(...ports), () => isCut);
      return relay.through(answerSdp);
    });
    const moving = (name: string) => {
      const { RTCPeerConnection: Plain } = window;
      class Moving extends Plain {
        constructor(given: RTCConfiguration) {
          super(given);
          (window as Scripts).made.push(this);
        }
        // The first answer leads over the network that goes away.
        override async setRemoteDescription(answer: RTCSessionDescriptionInit) {
          const sdp = this.remoteDescription ? answer.sdp : await (window as Scripts)[name](answer.sdp);
          return super.setRemoteDescription({ ...answer, sdp });
        }
      }
      Object.assign(window, { RTCPeerConnection: Moving });
    };
    try {
      const pages: Page[] = [];
      for (const uid of [1, 2]) pages.push(await sdkPage(server, uid, moving, `relayed${isTold}`));
      const [, viewer] = pages;
      if (viewer === undefined) throw new Error('no viewer');
      await goesOn(viewer);
      isCut = true;
      if (isTold) for (const page of pages) await page.evaluate(() => dispatchEvent(new Event('online')));
      await goesOn(viewer);
      for (const page of pages) expect(await page.evaluate(() => (window as Scripts).made.length)).toBe(1);
    } finally {
      await server.close();
      relay?.close();
    }
  },
  180_000,
);

test('MEDIA45: a viewer and a host without UDP are in the picture over TCP', async () => {
  const [host, viewer] = [await newPage(), await newPage()];
  const through = withoutUdp;
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
  const through = withoutUdp;
  await play(media, viewer, { room: 'ended', session: 'ended/viewer', through });
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
