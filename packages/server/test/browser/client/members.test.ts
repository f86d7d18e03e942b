import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page as BrowserPage } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { joined, type RoomEntry, type RoomPages, seesPictures, serveRoomPages } from '../room-page.ts';

/** Members of a client that only a real browser can show to have their effect. */

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([launchChromium(), startTestServer(), serveRoomPages()]);
}, 180_000);
afterAll(async () => {
  await Promise.all([browser?.close(), server?.close(), pages?.close()]);
}, 180_000);

async function enter(channel: string, uid: number, role: RoomEntry['role']): Promise<BrowserPage> {
  const token = tokenFor(channel, { uid });
  const entry = { server: server.url, app: testApp.id, channel, uid, role, token };
  const page = await browser.newPage(pages.urlFor(entry));
  await joined(page);
  return page;
}

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

/** The page notes each event of this name, with what is in it, in `window.told`. */
const notes = (page: BrowserPage, name: string) =>
  page.evaluate((name) => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    (window as Page).room.client.on(name, (...args: Page[]) =>
      told.push(args.map((each) => (each instanceof Uint8Array ? new TextDecoder().decode(each) : each))),
    );
  }, name);
const told = (page: BrowserPage): Promise<Page[]> => page.evaluate(() => (window as Page).told);

test('SDK143, SDK150: messages go from page to page, and the way to a server of another origin is measured', async () => {
  const host = await enter('messages', 1, 'host');
  const viewer = await enter('messages', 2, 'audience');
  await notes(viewer, 'stream-message');
  await host.evaluate(async () => {
    const { client } = (window as Page).room;
    await client.sendStreamMessage('hello');
    await client.sendStreamMessage(new Uint8Array([0xe2, 0x82, 0xac]), true);
  });
  await until('both messages', async () => (await told(viewer)).length === 2);
  expect(await told(viewer)).toEqual([
    [1, 'hello'],
    [1, '€'],
  ]);
  const probe = await viewer.evaluate(() => (window as Page).AgoraRTC.startLastmileProbeTest('a', 'c', null));
  expect(probe).toMatchObject({ state: 'complete', packetLossRate: 0 });
  expect(probe.rtt).toBeGreaterThanOrEqual(0);
  await host.close();
  await viewer.close();
}, 180_000);

test('SDK155: a viewer hears that a picture was disabled, muted, and is back', async () => {
  const host = await enter('info', 1, 'host');
  const viewer = await enter('info', 2, 'audience');
  await seesPictures(viewer);
  await notes(viewer, 'user-info-updated');
  await host.evaluate(async () => {
    const [, camera] = (window as Page).room.tracks;
    for (const enabled of [false, true]) await camera.setEnabled(enabled);
    for (const muted of [true, false]) await camera.setMuted(muted);
  });
  const wanted = ['disable-local-video', 'enable-local-video', 'mute-video', 'unmute-video'];
  await until('all told', async () => (await told(viewer)).length === wanted.length);
  expect(await told(viewer)).toEqual(wanted.map((what) => [1, what]));
  await host.close();
  await viewer.close();
}, 180_000);

test('SDK152: a picture that stands still is an exception, and recovers', async () => {
  const host = await enter('exceptions', 1, 'host');
  await notes(host, 'exception');
  await host.evaluate(async () => {
    const { AgoraRTC, room } = window as Page;
    await room.client.unpublish();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    const draw = () => context?.fillRect(0, 0, Math.random() * 300, Math.random() * 150);
    draw();
    const [track] = canvas.captureStream().getVideoTracks();
    await room.client.publish(AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: track, frameRate: 15 }));
    Object.assign(window, { draws: () => setInterval(draw, 50) });
  });
  const codes = async () => (await told(host)).map(([{ code }]: Page) => code);
  await until('1001', async () => (await codes()).includes(1001), 30_000);
  await host.evaluate(() => void (window as Page).draws());
  await until('3001', async () => (await codes()).includes(3001), 30_000);
  expect((await told(host))[0]).toEqual([{ code: expect.any(Number), msg: expect.any(String), uid: 1 }]);
  await host.close();
}, 180_000);

test('SDK148, SDK149: what is waited for comes when the host sends it, and the sound of hosts is played by itself', async () => {
  const viewer = await browser.newPage(
    pages.urlFor({
      ...{ server: server.url, app: testApp.id, channel: 'elsewhere', uid: 1, role: 'audience' },
      token: tokenFor('elsewhere', { uid: 1 }),
    }),
  );
  await joined(viewer);
  const [app, channel, token] = [testApp.id, 'awaited', tokenFor('awaited', { uid: 2 })];
  await viewer.evaluate(
    async ({ app, channel, token }) => {
      const client = (window as Page).AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
      await client.join(app, channel, token, 2, { autoReceiveAndPlayAudio: true });
      Object.assign(window, { client });
      client.presubscribe(1, 'video').then((track: Page) => {
        Object.assign(window, { track });
        track.play(document.body);
      });
    },
    { app, channel, token },
  );
  const host = await enter('awaited', 1, 'host');
  await until('sound and picture', () =>
    viewer.evaluate(() => {
      const { client, track } = window as Page;
      const [user] = client.remoteUsers;
      return track?.getCurrentFrameData().width > 2 && user?.audioTrack?.isPlaying === true;
    }),
  );
  await host.close();
  await viewer.close();
}, 180_000);

test('SDK144: with forceturn media goes over the TURN server of the app or not at all', async () => {
  const host = await enter('relay', 1, 'host');
  const code = await host.evaluate(async () => {
    const { client, tracks } = (window as Page).room;
    await client.unpublish();
    // Nobody listens there.
    client.setTurnServer({
      ...{ turnServerURL: '127.0.0.1', udpport: 9, username: 'u', password: 'p' },
      forceturn: true,
    });
    return client.publish(tracks).then(
      () => 'published',
      ({ code }: Page) => code,
    );
  });
  expect(code).toBe('ICE_FAILED');
  await host.close();
}, 180_000);

test('SDK156: twice a minute a track that plays says whether people can see it, and no longer once it is stopped', async () => {
  const host = await enter('visible', 1, 'host');
  const seen = await host.evaluate(() => {
    const { AgoraRTC } = window as Page;
    const { setInterval, clearInterval } = window;
    /** The looks of a player, which are 30 s apart. */
    const looks = new Map<unknown, () => void>();
    Object.assign(window, {
      setInterval: (act: () => void, ms: number) => {
        const timer = setInterval(act, ms);
        if (ms === 30_000) looks.set(timer, act);
        return timer;
      },
      clearInterval: (timer: number) => {
        looks.delete(timer);
        clearInterval(timer);
      },
    });
    const canvas = document.createElement('canvas');
    const [mediaStreamTrack] = canvas.captureStream().getVideoTracks();
    const track = AgoraRTC.createCustomVideoTrack({ mediaStreamTrack });
    const told: unknown[] = [];
    track.on('video-element-visible-status', (status: unknown) => told.push(status));
    const box = document.createElement('div');
    box.style.cssText = 'position:fixed;left:0;top:0;width:90px;height:60px';
    document.body.append(box);
    track.play(box);
    const look = () => {
      for (const act of looks.values()) act();
    };
    look();
    box.style.left = '-500px';
    look();
    box.style.display = 'none';
    look();
    // Into another box, which has one timer as well.
    track.play(document.body.appendChild(document.createElement('video')));
    const timers = looks.size;
    box.remove();
    track.stop();
    look();
    return { told, timers, left: looks.size };
  });
  expect(seen).toEqual({
    told: [{ visible: true }, { visible: false, reason: 'POSITION' }, { visible: false, reason: 'SIZE' }],
    timers: 1,
    left: 0,
  });
  await host.close();
}, 180_000);
