import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { buildRtcToken } from '../../../src/token/build.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import { testApp, testCustomer } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import {
  eventIn,
  eventsOf,
  inRoom,
  joined,
  type RoomEntry,
  type RoomPages,
  serveRoomPages,
} from '../room-page.ts';

let browser: Chromium;
let server: TestServer;
let receiver: Receiver;
let pages: RoomPages;

beforeAll(async () => {
  receiver = await startReceiver();
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    startTestServer({
      endpoints: [{ app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true }],
    }),
    serveRoomPages(),
  ]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await receiver?.close();
  await pages?.close();
}, 180_000);

async function enter(channel: string, uid: number, more: Partial<RoomEntry> = {}): Promise<Page> {
  const token = tokenFor(channel, { uid });
  const entry: RoomEntry = { server: server.url, app: testApp.id, channel, uid, role: 'audience', token };
  const page = await browser.newPage(pages.urlFor({ ...entry, ...more }));
  await joined(page);
  return page;
}

/** The reasons of the leave notices of a uid in a channel, so far. */
const leavesOf = (channel: string, uid: number): number[] =>
  receiver.notices
    .filter(
      ({ notice: { eventType, payload } }) =>
        eventType === 106 && payload.channelName === channel && payload.uid === uid,
    )
    .map(({ notice }) => notice.payload.reason ?? -1);

test('SDK47: the token runs out: who renews stays, who does not is told, leaves with reason 12, and may join again', async () => {
  const channel = 'tokens';
  const issuedSeconds = Math.floor(Date.now() / 1000);
  const short = (uid: number) =>
    buildRtcToken({
      appId: testApp.id,
      certificate: testApp.certificate,
      channel,
      identity: { uid },
      role: 'audience',
      expireSeconds: 3600,
      privilegeSeconds: 12,
      issuedSeconds,
      salt: uid,
    });
  const renewing = await enter(channel, 1, { token: short(1) });
  const idle = await enter(channel, 2, { token: short(2) });
  for (const page of [renewing, idle]) await eventIn(page, { name: 'token-privilege-will-expire' });
  const renew = (token: string) =>
    renewing.evaluate(
      `room.client.renewToken(${JSON.stringify(token)}).then(() => 'renewed', (error) => [error.code, error.data && error.data.code])`,
    );
  expect(await renew(tokenFor('another channel', { uid: 1 }))).toEqual([
    'UPDATE_TICKET_FAILED',
    'token_channel_mismatch',
  ]);
  expect(await renew(tokenFor(channel, { uid: 1 }))).toBe('renewed');

  const at = await eventIn(idle, { name: 'token-privilege-did-expire' });
  await eventIn(idle, { name: 'state', detail: 'TOKEN_EXPIRE' }, at);
  await eventIn(renewing, { name: 'audience-left', uid: 2, detail: 'token' });
  await receiver.until(() => leavesOf(channel, 2).length > 0);
  expect(leavesOf(channel, 2)).toEqual([12]);
  expect(await inRoom(renewing, (room) => room.client.connectionState)).toBe('CONNECTED');
  expect((await eventsOf(renewing)).map(({ name }) => name)).not.toContain('token-privilege-did-expire');

  const again = JSON.stringify([testApp.id, channel, tokenFor(channel, { uid: 2 }), 2]);
  expect(await idle.evaluate(`room.client.join(...${again})`)).toBe(2);
  expect((await inRoom(renewing, (room) => room.names())).uids).toEqual([1, 2]);
  await renewing.close();
  await idle.close();
}, 180_000);

test('SDK38: who is put offline by a kicking rule is told what it is about, and leaves with reason 3', async () => {
  const rule = async (fields: object) => {
    const answer = await fetch(new URL('/dev/v1/kicking-rule', server.url), {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ appid: testApp.id, privileges: ['join_channel'], time: 0, ...fields }),
    });
    expect(answer.status).toBe(200);
  };
  for (const [fields, reason] of [
    [{ uid: 3 }, 'UID_BANNED'],
    [{ ip: '127.0.0.1' }, 'IP_BANNED'],
    [{ cname: 'kicked' }, 'CHANNEL_BANNED'],
  ] as const) {
    const page = await enter('kicked', 3);
    await rule(fields);
    await eventIn(page, { name: 'state', detail: reason });
    await page.close();
  }
  await receiver.until(() => leavesOf('kicked', 3).length === 3);
  expect(leavesOf('kicked', 3)).toEqual([3, 3, 3]);

  const page = await enter('not kicked', 4);
  await rule({ cname: 'shut', time: 1 });
  const join = JSON.stringify([testApp.id, 'shut', tokenFor('shut', { uid: 4 }), 4]);
  const refusal = await page.evaluate(
    `AgoraRTC.createClient({ mode: 'live', codec: 'vp8' }).join(...${join}).catch((error) => [error.code, error.message])`,
  );
  expect(refusal).toEqual(['CAN_NOT_GET_GATEWAY_SERVER', expect.stringContaining('CHANNEL-BANNED')]);
  await page.close();
}, 180_000);

/** Runs `body` in a page, with `make(role, uid, channel)` for the arguments of a join. */
async function inPage<T>(page: Page, channel: string, body: string): Promise<T> {
  const tokens = Object.fromEntries([71, 72, 73].map((uid) => [uid, tokenFor(channel, { uid })]));
  const accounts = { '123': tokenFor(channel, { account: '123' }) };
  const given = JSON.stringify({ app: testApp.id, channel, tokens, accounts });
  return page.evaluate(`(async ({ app, channel, tokens, accounts }) => {
    const until = async (what, check) => {
      for (const end = performance.now() + 20000; !check(); await new Promise((done) => setTimeout(done, 50)))
        if (performance.now() > end) throw new Error('not in time: ' + what);
    };
    const live = (codec = 'vp8') => AgoraRTC.createClient({ mode: 'live', codec });
    const enter = (client, uid) => client.join(app, channel, tokens[uid], uid);
    ${body}
  })(${given})`) as Promise<T>;
}

test('SDK65: what apps in the wild do works', async () => {
  const channel = 'wild';
  const page = await enter('elsewhere', 70);
  const found = await inPage<Record<string, unknown>>(
    page,
    channel,
    `
    const found = {};
    // Before any client.
    AgoraRTC.on('microphone-changed', () => {});
    AgoraRTC.setArea({ areaCode: 'EUROPE' });
    // A role that nobody waited for, then join and publish; vp9.
    const host = live('vp9');
    host.setClientRole('host');
    found.statsBefore = [host.getRTCStats().UserCount, host.getLocalVideoStats().sendBytes, Object.keys(host.getRemoteVideoStats()).length];
    found.hostUid = await enter(host, 71);
    const canvas = document.createElement('canvas');
    const draw = setInterval(() => { canvas.getContext('2d').fillRect(0, 0, Math.random() * 300, 9); }, 50);
    const picture = () => AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: canvas.captureStream(10).getVideoTracks()[0] });
    await host.publish([picture()]);
    found.role = host.role;

    // A string of digits stays a string; listeners attached after the join miss nothing, also attached twice.
    const viewer = live();
    found.account = await viewer.join(app, channel, accounts['123'], '123');
    const users = [];
    const onPublished = async (user, kind) => { users.push(user); await viewer.subscribe(user, kind); };
    viewer.on('user-published', onPublished);
    viewer.on('user-published', (user, kind) => onPublished(user, kind));
    await until('the host', () => viewer.remoteUsers[0] && viewer.remoteUsers[0].videoTrack);
    found.sameUser = users.length === 2 && users[0] === users[1] && users[0] === viewer.remoteUsers[0];
    found.statsEarly = typeof viewer.getRemoteVideoStats()[71].receiveBitrate;

    // The second client of the same person is another host, and both see each other.
    const screen = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
    await enter(screen, 72);
    await screen.publish(picture());
    await until('each other', () => host.remoteUsers.some(({ uid }) => uid === 72) && screen.remoteUsers.some(({ uid }) => uid === 71));

    // A released track can be stopped.
    const track = viewer.remoteUsers.find(({ uid }) => uid === 71).videoTrack;
    let handled = 'not told';
    viewer.on('user-unpublished', (user) => {
      if (user.uid !== 71) return;
      try { track.stop(); if (user.videoTrack) user.videoTrack.stop(); handled = 'stopped'; } catch (error) { handled = error.message; }
    });
    await host.unpublish();
    await until('unpublished', () => handled !== 'not told');
    found.stopped = handled;
    await viewer.unsubscribe(71);

    // An empty token is none; codes are found in the message.
    const bad = await live().join(app, channel, '', 73).catch((error) => error);
    found.noToken = [bad.name, bad.code, bad.message.includes('CAN_NOT_GET_GATEWAY_SERVER'), bad instanceof Error];
    const audience = live();
    await enter(audience, 73);
    const refused = await audience.publish(picture()).catch((error) => error);
    found.audience = [refused.code, refused.message.includes('audience can not publish stream')];

    for (const client of [viewer, screen, host, audience]) { client.removeAllListeners(); await client.leave(); }
    clearInterval(draw);
    found.after = [viewer.connectionState, viewer.remoteUsers.length, host.localTracks.length, host.uid];
    return found;`,
  );
  expect(found).toEqual({
    statsBefore: [0, 0, 0],
    hostUid: 71,
    role: 'host',
    account: '123',
    sameUser: true,
    statsEarly: 'number',
    stopped: 'stopped',
    noToken: ['AgoraRTCException', 'CAN_NOT_GET_GATEWAY_SERVER', true, true],
    audience: ['INVALID_OPERATION', true],
    after: ['DISCONNECTED', 0, 0, undefined],
  });
  await page.close();
}, 180_000);

test('SDK65: createScreenVideoTrack without arguments, and with sound that nobody shares', async () => {
  const page = await enter('screens', 70);
  const made = await page.evaluate(`(async () => {
    const asked = [];
    const stream = () => document.createElement('canvas').captureStream(5);
    navigator.mediaDevices.getDisplayMedia = async (constraints) => { asked.push(Boolean(constraints.audio)); return stream(); };
    const track = await AgoraRTC.createScreenVideoTrack();
    const refused = await AgoraRTC.createScreenVideoTrack({}, 'enable').catch((error) => error.code);
    const either = await AgoraRTC.createScreenVideoTrack({}, 'auto');
    return [track.trackMediaType, refused, Array.isArray(either), asked];
  })()`);
  expect(made).toEqual(['video', 'SHARE_AUDIO_NOT_ALLOWED', false, [false, true, true]]);
  await page.close();
}, 180_000);
