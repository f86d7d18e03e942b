import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page as BrowserPage } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import {
  eventIn,
  inRoom,
  joined,
  type RoomEntry,
  type RoomPages,
  seesPictures,
  serveRoomPages,
} from '../room-page.ts';

/** Behaviour that apps of the original rely on and that only a real browser can show. */

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    startTestServer({ leases: { rtcMs: 30_000 } }),
    serveRoomPages(),
  ]);
}, 180_000);
afterAll(async () => {
  await Promise.all([browser?.close(), server?.close(), pages?.close()]);
}, 180_000);

const entry = (channel: string, uid: number, role: RoomEntry['role']): RoomEntry => ({
  server: server.url,
  app: testApp.id,
  channel,
  uid,
  role,
  token: tokenFor(channel, { uid }),
});
async function enter(channel: string, uid: number, role: RoomEntry['role']): Promise<BrowserPage> {
  const page = await browser.newPage(pages.urlFor(entry(channel, uid, role)));
  await joined(page);
  return page;
}

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

test('SDK106: play() in a <video> of the page shows the picture in it, as the page has laid it out', async () => {
  const host = await enter('video element', 1, 'host');
  const viewer = await enter('video element', 2, 'audience');
  await seesPictures(viewer);
  await viewer.evaluate(() => {
    document.body.insertAdjacentHTML(
      'beforeend',
      '<style>#own { width: 320px; height: 180px; object-fit: contain }</style><video id="own"></video><div id="box" style="width:160px;height:90px"></div>',
    );
    const [user] = (window as Page).room.client.remoteUsers;
    user.videoTrack.play('own');
  });
  const shown = () =>
    viewer.evaluate(() => {
      const video = document.querySelector('video#own') as HTMLVideoElement;
      const box = video.getBoundingClientRect();
      return {
        hasPicture: video.videoWidth > 2 && video.currentTime > 0,
        size: [box.width, box.height],
        fit: getComputedStyle(video).objectFit,
        inside: video.childElementCount,
        videos: document.querySelectorAll('video').length,
      };
    });
  await until('the picture', async () => (await shown()).hasPicture);
  expect(await shown()).toEqual({
    hasPicture: true,
    size: [320, 180],
    fit: 'contain',
    inside: 0,
    videos: 1,
  });
  expect(
    await viewer.evaluate(() => {
      const track = (window as Page).room.client.remoteUsers[0].videoTrack;
      const own = document.querySelector('#own') as HTMLVideoElement;
      const playing = own.srcObject !== null;
      // Into a box and back, as pages do that swap who is large.
      track.play('box');
      const boxed = [document.querySelectorAll('#box video').length, own.srcObject === null];
      track.play('own', { fit: 'fill', mirror: true });
      const back = [
        document.querySelectorAll('#box video').length,
        own.srcObject !== null,
        own.style.objectFit,
      ];
      track.stop();
      return { playing, boxed, back, after: [own.isConnected, own.srcObject, own.style.objectFit] };
    }),
  ).toEqual({ playing: true, boxed: [1, true], back: [0, true, 'fill'], after: [true, null, ''] });

  // The host's own picture too; another track in the same element takes its place, and the one before leaves it alone.
  expect(
    await host.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<video id="own"></video>');
      const own = document.querySelector('#own') as HTMLVideoElement;
      const { room, AgoraRTC } = window as Page;
      const [, camera] = room.tracks;
      camera.play(own);
      const first = (own.srcObject as MediaStream).getTracks()[0] === camera._mediaStreamTrack;
      const canvas = document.createElement('canvas');
      const other = AgoraRTC.createCustomVideoTrack({
        mediaStreamTrack: canvas.captureStream(5).getVideoTracks()[0],
      });
      other.play(own);
      camera.stop();
      const second = (own.srcObject as MediaStream).getTracks()[0] === other._mediaStreamTrack;
      const names = [own.style.transform !== '', room.client._users === undefined];
      other.close();
      return { first, second, names, after: own.srcObject };
    }),
  ).toEqual({ first: true, second: true, names: [false, false], after: null });
  await host.close();
  await viewer.close();
}, 180_000);

test('SDK107: first-frame-decoded is told with the first picture, and never without one', async () => {
  const host = await enter('first frame', 1, 'host');
  const viewer = await enter('first frame', 2, 'audience');
  await seesPictures(viewer);
  await viewer.evaluate(() => {
    const { client } = (window as Page).room;
    const told: number[] = [];
    const box = document.createElement('div');
    box.id = 'late';
    document.body.append(box);
    Object.assign(window, { told });
    client.on('user-published', async (user: Page, kind: string) => {
      if (kind !== 'video') return;
      const track = await client.subscribe(user, kind);
      track.on('first-frame-decoded', () => told.push(box.querySelector('video')?.videoWidth ?? 0));
      track.play(box);
    });
  });
  const told = () => viewer.evaluate(() => (window as Page).told as number[]);
  // A canvas that nobody draws on gives no pictures at all.
  await host.evaluate(async () => {
    const { room, AgoraRTC } = window as Page;
    await room.client.unpublish();
    const [source] = document.createElement('canvas').captureStream(0).getVideoTracks();
    room.canvas = AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: source });
    await room.client.publish(room.canvas);
  });
  await until('the track is played', () =>
    viewer.evaluate(() => document.querySelector('#late video') !== null),
  );
  // The connection ends before there was a picture, and the browser shows black in its place.
  await viewer.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const video = document.querySelector('#late video') as HTMLVideoElement;
        video.addEventListener('loadeddata', () => resolve(), { once: true });
        (window as Page).room.client.remoteUsers[0].videoTrack.getRTCRtpTransceiver().stop();
      }),
  );
  expect(await told()).toEqual([]);

  await host.evaluate(async () => {
    const { room } = window as Page;
    await room.client.unpublish();
    await room.client.publish(room.tracks);
  });
  await until('a picture', async () => (await told()).length > 0);
  await seesPictures(viewer);
  expect(await told()).toEqual([expect.any(Number)]);
  expect((await told())[0]).toBeGreaterThan(2);
  await viewer.close();
  await host.close();
}, 180_000);

test('SDK108: a leave leaves no error in the console, of a host and of a viewer, whoever goes first', async () => {
  const failed: string[] = [];
  let deletes = 0;
  const watch = (page: BrowserPage): void => {
    page.on('console', (message) => {
      if (message.type() === 'error') failed.push(message.text());
    });
    page.on('response', (response) => {
      if (response.request().method() === 'DELETE') deletes += 1;
      if (response.status() >= 400)
        failed.push(`${response.status()} ${response.request().method()} ${response.url()}`);
    });
  };
  for (const first of ['host', 'viewer']) {
    const host = await enter('quiet', 1, 'host');
    const viewer = await enter('quiet', 2, 'audience');
    await seesPictures(viewer);
    watch(host);
    watch(viewer);
    deletes = 0;
    for (const page of first === 'host' ? [host, viewer] : [viewer, host])
      await inRoom(page, (room) => room.client.leave());
    await until('an answer to both', async () => deletes === 2);
    await host.close();
    await viewer.close();
  }
  expect(failed).toEqual([]);
}, 180_000);

test('SDK102: where no media passes, publish and subscribe say so, and the channel goes on', async () => {
  const host = await enter('blocked', 1, 'host');
  const viewer = await browser.newPage();
  // As behind a firewall: the page has no address that media could come from.
  await viewer.addInitScript(`
    const Connection = RTCPeerConnection;
    RTCPeerConnection = class extends Connection {
      constructor(configuration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };`);
  await viewer.goto(pages.urlFor(entry('blocked', 2, 'audience')));
  await joined(viewer);
  const [, refused] = await Promise.all([
    eventIn(viewer, { name: 'subscribe-failed', uid: 1 }),
    viewer.evaluate(async () => {
      const { client } = (window as Page).room;
      const { AgoraRTC } = window as Page;
      await client.setClientRole('host');
      const track = await AgoraRTC.createCameraVideoTrack();
      const code = await client.publish(track).catch((error: Page) => error.code);
      track.close();
      return [code, client.localTracks.length, client.connectionState];
    }),
  ]);
  const failures = await inRoom(viewer, (room) =>
    room.events.filter(({ name }) => name === 'subscribe-failed').map(({ detail }) => detail),
  );
  expect(failures[0]).toContain('ICE_FAILED');
  expect(refused).toEqual(['ICE_FAILED', 0, 'CONNECTED']);
  // The host was never told of pictures that nobody could see.
  const told = await inRoom(host, (room) => room.events.filter(({ uid }) => uid === 2));
  expect(told.filter(({ name }) => name === 'user-published')).toEqual([]);
  await viewer.close();
  await host.close();
}, 180_000);
