import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import {
  eventIn,
  eventsOf,
  inRoom,
  joined,
  type RoomEntry,
  type RoomPages,
  seesPictures,
  serveRoomPages,
} from '../room-page.ts';

const hostUid = 1;
/** Longer than a client that stays can be starved on a busy machine; those who lose their path are waited for. */
const leases = { rtcMs: 15_000, signalingMs: 15_000, recoveryMs: 15_000 };

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;
let channels = 0;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    startTestServer({ leases }),
    serveRoomPages(),
  ]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
}, 180_000);

interface LiveRoom {
  readonly channel: string;
  readonly host: Page;
  enter(who: Partial<RoomEntry>): Promise<Page>;
  close(): Promise<void>;
}

/** A channel of its own with a host that sends; `close` closes every page of it. */
async function openRoom(): Promise<LiveRoom> {
  channels += 1;
  const channel = `room ${channels}`;
  const open: Page[] = [];
  const enter = async (who: Partial<RoomEntry>): Promise<Page> => {
    const identity = who.account === undefined ? { uid: who.uid ?? 0 } : { account: who.account };
    const page = await browser.newPage(
      pages.urlFor({
        server: server.url,
        app: testApp.id,
        channel,
        role: 'audience',
        token: tokenFor(channel, identity),
        ...who,
      }),
    );
    open.push(page);
    await joined(page);
    return page;
  };
  const host = await enter({ uid: hostUid, role: 'host' });
  return {
    channel,
    host,
    enter,
    close: async () => {
      for (const page of open) if (!page.isClosed()) await page.close();
    },
  };
}

/** Opens a room, runs `act`, and closes its pages whatever happened. */
async function inNewRoom(act: (room: LiveRoom) => Promise<void>): Promise<void> {
  const room = await openRoom();
  try {
    await act(room);
  } finally {
    await room.close();
  }
}

test(
  'SDK1: two viewers see the host, and all three name the same members',
  () =>
    inNewRoom(async ({ host, enter }) => {
      const viewers = [await enter({ uid: 11 }), await enter({ account: 'ann' })];
      for (const viewer of viewers) await seesPictures(viewer);
      await eventIn(host, { name: 'audience-joined', uid: 11 });
      await eventIn(host, { name: 'audience-joined', uid: 'ann' });
      for (const page of [host, ...viewers]) {
        const names = await inRoom(page, (room) => room.names());
        expect(new Set(names.uids)).toEqual(new Set<number | string>([hostUid, 11, 'ann']));
        expect(names).toMatchObject({ count: 3, audience: 2 });
      }
      // The compatible events speak of hosts only.
      expect((await eventsOf(host)).filter((event) => event.name === 'user-joined')).toEqual([]);
      expect(await inRoom(host, (room) => room.client.remoteUsers.length)).toBe(0);
      expect(
        await inRoom(viewers[0] as Page, (room) => room.client.remoteUsers.map((user) => user.uid)),
      ).toEqual([hostUid]);
    }),
  180_000,
);

test(
  'SDK2: a closed tab is told as quit, a killed one as interrupted and then as timeout',
  () =>
    inNewRoom(async ({ host, enter }) => {
      // A busy browser ends a page that it closes without asking it: then it could not say goodbye, and another is closed.
      const isAskedWhenClosed = async (uid: number): Promise<boolean> => {
        const closing = await enter({ uid });
        await eventIn(host, { name: 'audience-joined', uid });
        await closing.evaluate((uid) => {
          addEventListener('pagehide', () => localStorage.setItem(`asked ${uid}`, 'yes'));
        }, uid);
        await closing.close({ runBeforeUnload: true });
        await eventIn(host, { name: 'audience-left', uid });
        return host.evaluate((uid) => localStorage.getItem(`asked ${uid}`) === 'yes', uid);
      };
      let uid = 210;
      while (!(await isAskedWhenClosed(uid))) {
        uid += 1;
        expect(uid).toBeLessThan(213);
      }
      await eventIn(host, { name: 'audience-left', uid, detail: 'quit' });
      const dying = await enter({ uid: 22 });
      await eventIn(host, { name: 'audience-joined', uid: 22 });
      const devtools = await browser.context.newCDPSession(dying);
      // The answer never comes: the page is no more.
      devtools.send('Page.crash').catch(() => undefined);
      await eventIn(host, { name: 'member-interrupted', uid: 22 });
      await eventIn(host, { name: 'audience-left', uid: 22, detail: 'timeout' });
      expect(await inRoom(host, (room) => room.names())).toMatchObject({ uids: [hostUid], audience: 0 });
    }),
  180_000,
);

test(
  'SDK3: mute, unmute, disable and unpublish are seen by a viewer as unpublished and published',
  () =>
    inNewRoom(async ({ host, enter }) => {
      const viewer = await enter({ uid: 31 });
      await seesPictures(viewer);
      let at = (await eventsOf(viewer)).length;
      await inRoom(host, (room) => room.tracks[1]?.setMuted(true));
      at = await eventIn(viewer, { name: 'user-unpublished', uid: hostUid, detail: 'video' }, at);
      await inRoom(host, (room) => room.tracks[1]?.setMuted(false));
      at = await eventIn(viewer, { name: 'user-published', uid: hostUid, detail: 'video' }, at);
      await seesPictures(viewer);
      await inRoom(host, (room) => room.tracks[1]?.setEnabled(false));
      at = await eventIn(viewer, { name: 'user-unpublished', uid: hostUid, detail: 'video' }, at);
      await inRoom(host, (room) => room.tracks[1]?.setEnabled(true));
      at = await eventIn(viewer, { name: 'user-published', uid: hostUid, detail: 'video' }, at);
      await seesPictures(viewer);
      await inRoom(host, (room) => room.client.unpublish());
      await eventIn(viewer, { name: 'user-unpublished', uid: hostUid, detail: 'audio' }, at);
      await eventIn(viewer, { name: 'user-unpublished', uid: hostUid, detail: 'video' }, at);
      await inRoom(host, (room) => room.publish());
      await seesPictures(viewer);
    }),
  180_000,
);

test('SDK4: a viewer comes on stage and steps back, seen by a receiver, the roster and the other viewer', async () => {
  const receiver = await startReceiver();
  const withHooks = await startTestServer({
    leases,
    endpoints: [{ app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true }],
  });
  const before = server;
  server = withHooks;
  try {
    await inNewRoom(async ({ host, enter }) => {
      const guest = await enter({ uid: 41 });
      const viewer = await enter({ uid: 42 });
      await seesPictures(viewer);
      let at = (await eventsOf(host)).length;
      await inRoom(guest, async (room) => {
        await room.client.setClientRole('host');
        await room.publish();
      });
      at = await eventIn(host, { name: 'audience-left', uid: 41, detail: 'became-host' }, at);
      await eventIn(viewer, { name: 'user-published', uid: 41, detail: 'video' });
      expect(await inRoom(viewer, (room) => room.client.remoteUsers.length)).toBe(2);
      await inRoom(guest, async (room) => {
        await room.client.unpublish();
        await room.client.setClientRole('audience');
      });
      await eventIn(host, { name: 'audience-joined', uid: 41 }, at);
      await eventIn(viewer, { name: 'user-left', uid: 41, detail: 'BecomeAudience' });
      await receiver.until((notices) =>
        [111, 112].every((type) =>
          notices.some(({ notice }) => notice.eventType === type && notice.payload.uid === 41),
        ),
      );
    });
  } finally {
    server = before;
    await withHooks.close();
    await receiver.close();
  }
}, 180_000);

for (const how of ['script', 'browser'] as const)
  test(
    `SDK5: a reload by the ${how} within the lease makes no leave and no join`,
    () =>
      inNewRoom(async ({ host, enter }) => {
        // The browser's reload has to be back within the grace of a goodbye by default, which a slow machine may miss.
        const viewer = await enter(how === 'browser' ? { parameters: { RESUME_ON_RELOAD: true } } : {});
        await seesPictures(viewer);
        const uid = await inRoom(viewer, (room) => room.uid);
        const seq = (await inRoom(host, (room) => room.names())).seq;
        if (how === 'browser') await viewer.reload();
        else {
          const loaded = viewer.waitForEvent('load');
          await viewer.evaluate('void location.reload()');
          await loaded;
        }
        await joined(viewer);
        await seesPictures(viewer);
        expect(await inRoom(viewer, (room) => room.uid)).toBe(uid);
        // Somebody else's join is the next event there is.
        await enter({ uid: 52 });
        await eventIn(host, { name: 'audience-joined', uid: 52 });
        const after = await inRoom(host, (room) => room.names());
        expect(after.seq).toBe(seq + 1);
        expect(
          (await eventsOf(host)).filter((event) => event.uid === uid && event.name === 'audience-left'),
        ).toEqual([]);
      }),
    90_000,
  );

test.if(platform() === 'linux')(
  'SDK6: pictures come back after the media process was killed',
  () =>
    inNewRoom(async ({ host, enter }) => {
      const viewer = await enter({ uid: 61 });
      await seesPictures(viewer);
      const { seq } = await inRoom(host, (room) => room.names());
      const at = (await eventsOf(host)).length;
      for (const pid of mediaProcesses()) process.kill(pid, 'SIGKILL');
      await eventIn(host, { name: 'media-reconnect-end', uid: hostUid }, at);
      await seesPictures(viewer);
      expect((await inRoom(host, (room) => room.names())).seq).toBe(seq);
    }),
  180_000,
);

test(
  'SDK7: a viewer whose sockets are cut resumes without an event',
  () =>
    inNewRoom(async ({ host, enter }) => {
      const viewer = await enter({ uid: 71 });
      await seesPictures(viewer);
      const { seq } = await inRoom(host, (room) => room.names());
      const devtools = await browser.context.newCDPSession(viewer);
      await devtools.send('Network.enable');
      await devtools.send('Network.emulateNetworkConditions', {
        offline: true,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
      await eventIn(viewer, { name: 'state', detail: 'RECONNECTING' });
      await devtools.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
      await until('connected again', async () =>
        inRoom(viewer, (room) => room.events.filter((event) => event.detail === 'CONNECTED').length === 2),
      );
      await seesPictures(viewer);
      expect((await inRoom(host, (room) => room.names())).seq).toBe(seq);
    }),
  180_000,
);

test('SDK8: over a restart of the server everybody stays, and the pictures come back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'housecount-live-room-'));
  const before = server;
  const restartable = (port: number) =>
    startTestServer({ leases, dataDir, listen: { host: '127.0.0.1', port } });
  let running = await restartable(0);
  server = running;
  try {
    await inNewRoom(async ({ host, enter }) => {
      const viewer = await enter({ uid: 81 });
      await seesPictures(viewer);
      const { seq, sid } = await inRoom(host, (room) => room.names());
      await running.close();
      await eventIn(viewer, { name: 'state', detail: 'RECONNECTING' });
      running = await restartable(Number(new URL(running.url).port));
      for (const page of [host, viewer])
        await until('connected again', async () =>
          inRoom(page, (room) => room.events.filter((event) => event.detail === 'CONNECTED').length === 2),
        );
      // It depends on who was back first whether the viewer is told of a new publication.
      await seesPictures(viewer);
      expect(await inRoom(host, (room) => room.names())).toMatchObject({ seq, sid, count: 2 });
    });
  } finally {
    server = before;
    await running.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}, 180_000);

/** The media processes that this test's process started. */
function mediaProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
        return (
          Number(parent) === process.pid &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('media/embedded/child')
        );
      } catch {
        return false;
      }
    });
}
