import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/**
 * A WHIP and a WHEP client that are not ours (by an editor of the RFC), in a page of another origin, against the whole
 * server: what OBS and any player do.
 */
const clientSource = (file: string) =>
  readFile(fileURLToPath(import.meta.resolve(`@binbat/whip-whep/${file}`)), 'utf8');
const secret = 'a-secret-for-whip';

let browser: Chromium;
let server: TestServer;
let receiver: Receiver;
let pages: Page[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  receiver = await startReceiver({ secret });
  server = await startTestServer({
    endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
    leases: { rtcMs: 8_000, signalingMs: 8_000, recoveryMs: 15_000 },
  });
}, 180_000);
afterEach(async () => {
  for (const page of pages) await page.close();
  pages = [];
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await receiver?.close();
}, 180_000);

const endpoint = (kind: 'whip' | 'whep', channel: string) =>
  `${server.url}/v1/${kind}/${testApp.id}/${channel}`;
const typesIn = (channel: string) =>
  receiver.notices.flatMap(({ notice }) =>
    notice.payload.channelName === channel ? [notice.eventType] : [],
  );
const noticeOf = (channel: string, eventType: number) =>
  receiver.notices.find(
    ({ notice }) => notice.payload.channelName === channel && notice.eventType === eventType,
  )?.notice;

async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  pages.push(page);
  return page;
}

async function publish(channel: string, uid: number): Promise<Page> {
  const page = await newPage();
  await page.evaluate(
    async ({ source, url, token }) => {
      const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const pc = new RTCPeerConnection();
      for (const track of stream.getTracks())
        pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      const client = new module.WHIPClient();
      await client.publish(pc, url, token);
      Object.assign(window, { pc, client });
    },
    {
      source: await clientSource('whip.js'),
      url: endpoint('whip', channel),
      token: tokenFor(channel, { uid }),
    },
  );
  return page;
}

async function view(channel: string, uid: number): Promise<Page> {
  const page = await newPage();
  await page.evaluate(
    async ({ source, url, token }) => {
      const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
      const pc = new RTCPeerConnection();
      pc.addTransceiver('audio', { direction: 'recvonly' });
      pc.addTransceiver('video', { direction: 'recvonly' });
      const video = document.createElement('video');
      video.muted = true;
      video.srcObject = new MediaStream();
      pc.ontrack = ({ track }) => (video.srcObject as MediaStream).addTrack(track);
      document.body.append(video);
      const client = new module.WHEPClient();
      await client.view(pc, url, token);
      void video.play();
      Object.assign(window, { pc, client, video });
    },
    {
      source: await clientSource('whep.js'),
      url: endpoint('whep', channel),
      token: tokenFor(channel, { uid }, 'audience'),
    },
  );
  return page;
}

const stop = (page: Page) =>
  page.evaluate(() => (window as unknown as { client: { stop(): Promise<void> } }).client.stop());

const framesDecoded = (page: Page) =>
  page.evaluate(async () => {
    const { pc } = window as unknown as { pc: RTCPeerConnection };
    let frames = 0;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') frames += report.framesDecoded ?? 0;
    }
    return frames;
  });

interface SelectedPair {
  readonly id: string;
  readonly ufrag: string;
  readonly port: number;
  /** Bytes of this candidate pair and of all others, in the direction that media flows here. */
  readonly bytes: number;
  readonly otherBytes: number;
}

/** The page's selected candidate pair, and what went over it and over others. */
const selectedPair = (page: Page, counter: 'bytesSent' | 'bytesReceived'): Promise<SelectedPair> =>
  page.evaluate(async (counter) => {
    const { pc } = window as unknown as { pc: RTCPeerConnection };
    const stats = await pc.getStats();
    let selected = '';
    for (const report of stats.values())
      if (report.type === 'transport') selected = report.selectedCandidatePairId;
    let [bytes, otherBytes] = [0, 0];
    for (const report of stats.values()) {
      if (report.type !== 'candidate-pair') continue;
      if (report.id === selected) bytes += report[counter];
      else otherBytes += report[counter];
    }
    const remote = stats.get(stats.get(selected)?.remoteCandidateId);
    return { id: selected, ufrag: remote?.usernameFragment, port: remote?.port, bytes, otherBytes };
  }, counter);

/** Restarts ICE, waits until the new pair is in use, and for media over it alone. */
async function restartIce(page: Page, counter: 'bytesSent' | 'bytesReceived'): Promise<void> {
  const old = await selectedPair(page, counter);
  await page.evaluate(async () => {
    const { client } = window as unknown as { client: { restart(): Promise<void> } };
    await client.restart();
  });
  const ufrags = await page.evaluate(() => {
    const { pc } = window as unknown as { pc: RTCPeerConnection };
    return pc.remoteDescription?.sdp.match(/(?<=a=ice-ufrag:).*/g);
  });
  expect(ufrags).not.toContain(old.ufrag);
  await until('another pair is selected', async () => {
    const now = await selectedPair(page, counter);
    return now.id !== old.id && now.ufrag !== old.ufrag && ufrags?.includes(now.ufrag);
  });
  // Two looks with much on the new pair between them, and nothing but checks on others.
  await until('media goes the new way alone', async () => {
    const before = await selectedPair(page, counter);
    await until('media goes', async () => {
      const now = await selectedPair(page, counter);
      return now.id !== before.id || now.bytes > before.bytes + 100_000;
    });
    const after = await selectedPair(page, counter);
    return after.id === before.id && after.otherBytes - before.otherBytes < 2_000;
  });
}

async function expectPicture(page: Page): Promise<void> {
  const before = await framesDecoded(page);
  await until('the picture moves', async () => (await framesDecoded(page)) > before + 10);
}

describe('a plain WHIP client and a plain WHEP player', () => {
  test('WHIP3, WHIP4: they are members from the moment their media flows until they say goodbye', async () => {
    const channel = 'plain';
    const host = await publish(channel, 1);
    await until('the broadcaster is told', () => noticeOf(channel, 103));
    const viewer = await view(channel, 2);
    await expectPicture(viewer);
    await until('the viewer is told', () => noticeOf(channel, 105));
    await stop(viewer);
    const left = await until('the viewer left', () => noticeOf(channel, 106));
    expect(left.payload).toMatchObject({ uid: 2, reason: 1 });
    await stop(host);
    await until('the end', () => noticeOf(channel, 102));
    expect(typesIn(channel)).toEqual([101, 103, 105, 106, 104, 102]);
  }, 180_000);

  test('WHIP4: a tab that is closed without a word leaves too', async () => {
    const channel = 'closed';
    await publish(channel, 1);
    await until('the broadcaster is told', () => noticeOf(channel, 103));
    const viewer = await view(channel, 2);
    await expectPicture(viewer);
    await viewer.close();
    await until('the viewer left', () => noticeOf(channel, 106), 60_000);
    expect(typesIn(channel).filter((type) => type === 106)).toHaveLength(1);
  }, 180_000);

  test('WHIP6: ICE is restarted by PATCH, twice, by a player and by a publisher, and nobody left', async () => {
    const channel = 'restarted';
    const host = await publish(channel, 1);
    await until('the broadcaster is told', () => noticeOf(channel, 103));
    const viewer = await view(channel, 2);
    await expectPicture(viewer);
    for (let round = 0; round < 2; round++) {
      await restartIce(viewer, 'bytesReceived');
      await expectPicture(viewer);
      await restartIce(host, 'bytesSent');
      await expectPicture(viewer);
    }
    expect(typesIn(channel)).toEqual([101, 103, 105]);
    // DTLS is the same still: its goodbye is heard.
    await viewer.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
    const left = await until('the viewer left', () => noticeOf(channel, 106));
    expect(left.payload).toMatchObject({ uid: 2, reason: 1 });
  }, 180_000);

  test('WHIP9: a kicked player loses its media at once', async () => {
    const channel = 'kicked';
    await publish(channel, 1);
    await until('the broadcaster is told', () => noticeOf(channel, 103));
    const viewer = await view(channel, 2);
    await expectPicture(viewer);
    const kicked = await fetch(`${server.url}/dev/v1/kicking-rule`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa('tester:only-for-the-tests')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        appid: testApp.id,
        cname: channel,
        uid: 2,
        time: 0,
        privileges: ['join_channel'],
      }),
    });
    expect(kicked.status).toBe(200);
    expect((await until('the notice', () => noticeOf(channel, 106))).payload.reason).toBe(3);
    let frames = await framesDecoded(viewer);
    await until('the picture stands', async () => {
      const now = await framesDecoded(viewer);
      const stands = now === frames;
      frames = now;
      return stands;
    });
  }, 180_000);

  test('WHIP5: a member over WebSocket plays with its resume key, and is counted once', async () => {
    const channel = 'bound';
    await publish(channel, 1);
    await until('the broadcaster is told', () => noticeOf(channel, 103));
    const member = await Client.join({ url: server.url, channel, uid: 2 });
    await until(
      'the host sends',
      () => member.welcome.hosts.length > 0 || member.all('host-streams').length > 0,
    );
    const page = await newPage();
    await page.evaluate(
      async ({ source, url, token }) => {
        const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
        const pc = new RTCPeerConnection();
        pc.addTransceiver('video', { direction: 'recvonly' });
        const client = new module.WHEPClient();
        await client.view(pc, url, token);
        Object.assign(window, { pc, client });
      },
      {
        source: await clientSource('whep.js'),
        url: `${endpoint('whep', channel)}?host=1`,
        token: member.welcome.resume,
      },
    );
    await expectPicture(page);
    await member.leave();
    await until('the member left', () => noticeOf(channel, 106));
    expect(typesIn(channel)).toEqual([101, 103, 105, 106]);
  }, 180_000);
});
