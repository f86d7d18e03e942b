import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { buildRtcToken } from '../../../src/token/build.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { eventIn, inRoom, joined, type RoomPages, seesPictures, serveRoomPages } from '../room-page.ts';

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    startTestServer({ apps: [{ ...testApp, coHostAuthentication: true }] }),
    serveRoomPages(),
  ]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
}, 180_000);

const channel = 'rights';
const allows = (uid: number, ...kinds: ('publishAudio' | 'publishVideo')[]) =>
  buildRtcToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    channel,
    identity: { uid },
    role: 'broadcaster',
    expireSeconds: 3600,
    issuedSeconds: Math.floor(Date.now() / 1000),
    salt: 1 + uid,
    privileges: { join: 0, ...Object.fromEntries(kinds.map((kind) => [kind, 0])) },
  });

async function enter(uid: number, token: string): Promise<Page> {
  const entry = { server: server.url, app: testApp.id, channel, token, uid, role: 'audience' } as const;
  const page = await browser.newPage(pages.urlFor(entry));
  await joined(page);
  return page;
}

/** The part of the page's room that this test touches. */
interface Room {
  readonly client: {
    setClientRole(role: string): Promise<void>;
    renewToken(token: string): Promise<void>;
    publish(track: object): Promise<void>;
  };
}

/** Publishes one kind; undefined if the server lets it, else the error's code. */
const publish = (page: Page, kind: 'audio' | 'video') =>
  page.evaluate(async (kind) => {
    const { AgoraRTC, room } = window as unknown as {
      room: Room;
      AgoraRTC: Record<string, () => Promise<object>>;
    };
    const make = kind === 'audio' ? 'createMicrophoneAudioTrack' : 'createCameraVideoTrack';
    const track = await AgoraRTC[make]?.();
    try {
      await room.client.publish(track ?? {});
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }, kind);
const renew = (page: Page, token: string) =>
  page.evaluate((token) => (window as unknown as { room: Room }).room.client.renewToken(token), token);

test('RIGHT3, RIGHT5, RIGHT8: a host of the SDK sends what its token allows, from one renewal to the next', async () => {
  const host = await enter(1, allows(1, 'publishAudio'));
  const viewer = await enter(2, allows(2));
  await inRoom(host, (room) => room.client.setClientRole('host'));
  expect(await publish(host, 'audio')).toBeUndefined();
  await eventIn(viewer, { name: 'user-published', uid: 1, detail: 'audio' });
  expect(await publish(host, 'video')).toBeString();
  await renew(host, allows(1, 'publishAudio', 'publishVideo'));
  expect(await publish(host, 'video')).toBeUndefined();
  await eventIn(viewer, { name: 'user-published', uid: 1, detail: 'video' });
  await seesPictures(viewer);
  await renew(host, allows(1, 'publishAudio'));
  await eventIn(viewer, { name: 'user-unpublished', uid: 1, detail: 'video' });
  // The track is published still, so it is seen again as soon as it may be.
  await renew(host, allows(1, 'publishAudio', 'publishVideo'));
  await seesPictures(viewer);
}, 180_000);
