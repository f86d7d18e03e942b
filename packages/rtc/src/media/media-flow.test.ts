import { afterEach, beforeEach, expect, test } from 'bun:test';
import AgoraRTC, {
  type HousecountClient,
  type IAgoraRTCRemoteUser,
  type ILocalVideoTrack,
} from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakePeerConnection, FakeTrack } from '../testing/fake-media.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

/** When media can flow, and what is done when it cannot. */

const app = '0123456789abcdef0123456789abcdef';
let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;
const { setTimeout: realTimeout } = globalThis;
const realNow = performance.now;

beforeEach(async () => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  server.onHello = (_hello, socket) =>
    socket.tell(
      welcome({ role: 'broadcaster', hosts: [{ uid: 8, account: 'bob', audio: true, video: true }] }),
    );
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
  await client.join(app, 'room', 't', 7);
  await until('the host', () => client.remoteUsers.length === 1);
});
afterEach(async () => {
  Object.assign(globalThis, { setTimeout: realTimeout });
  performance.now = realNow;
  await client.leave();
  server.restore();
  media.restore();
  setLogLevel(2);
});

const camera = (): ILocalVideoTrack =>
  AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real });
const streams = () => server.of('streams').map(({ audio, video }) => ({ audio, video }));
/** The clock of the page goes on by so many milliseconds. */
const later = (ms: number): void => {
  const now = performance.now;
  performance.now = () => now.call(performance) + ms;
};
/** True if it has neither resolved nor rejected after all that was under way. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = {};
  const over = promise.catch(() => undefined);
  await new Promise((resolve) => realTimeout(resolve, 0));
  return (await Promise.race([over, Promise.resolve(pending)])) === pending;
}

test('SDK102: publish resolves, and is told to the server, when media can flow', async () => {
  FakePeerConnection.connects = false;
  const picture = camera();
  const published = client.publish(picture);
  await until('an answer', () => media.open.size === 1);
  await picture.setMuted(true);
  await picture.setMuted(false);
  expect(await isPending(published)).toBe(true);
  expect(streams()).toEqual([]);
  FakePeerConnection.all[0]?.becomes('connecting');
  FakePeerConnection.all[0]?.becomes('connected');
  await published;
  expect(streams()).toEqual([{ audio: false, video: true }]);
});

test('SDK102: subscribe resolves when media can flow', async () => {
  FakePeerConnection.connects = false;
  const subscribed = client.subscribe('bob', 'video');
  await until('an answer', () => media.open.size === 1);
  expect(await isPending(subscribed)).toBe(true);
  FakePeerConnection.all[0]?.becomes('connected');
  expect((await subscribed).trackMediaType).toBe('video');
});

for (const [what, act] of [
  ['publish', () => client.publish(camera())],
  ['subscribe', () => client.subscribe('bob', 'video')],
] as const)
  test(`SDK102: ${what} rejects ICE_FAILED when media finds no way, and leaves nothing over`, async () => {
    FakePeerConnection.connects = false;
    const code = codeOf(act());
    await until('an answer', () => media.open.size === 1);
    FakePeerConnection.all[0]?.becomes('failed');
    // The SDK tries once more, while the time for a first opening lasts.
    await until('a second offer', () => media.paths('POST').length === 2 && media.open.size === 1);
    later(20_000);
    FakePeerConnection.all[1]?.becomes('failed');
    expect(await code).toBe('ICE_FAILED');
    await until('deleted', () => media.open.size === 0);
    expect(FakePeerConnection.all.map(({ connectionState }) => connectionState)).toEqual([
      'closed',
      'closed',
    ]);
    expect([client.localTracks, client.remoteUsers[0]?.videoTrack, streams()]).toEqual([[], undefined, []]);
    FakePeerConnection.connects = true;
    await act();
  });

test('SDK102: leave ends a publish that waits for media', async () => {
  FakePeerConnection.connects = false;
  const code = codeOf(client.publish(camera()));
  await until('an answer', () => media.open.size === 1);
  await client.leave();
  expect(await code).toBe('OPERATION_ABORTED');
  await until('deleted', () => media.open.size === 0);
});

test('SDK102: a track that is published while the connection is being replaced waits for the new one', async () => {
  await client.publish(camera());
  FakePeerConnection.connects = false;
  FakePeerConnection.all[0]?.becomes('failed');
  const sound = AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real });
  const published = client.publish(sound);
  await until('another offer', () => media.paths('POST').length === 2 && media.open.size === 1);
  await sound.setMuted(true);
  await sound.setMuted(false);
  expect(await isPending(published)).toBe(true);
  expect(streams().at(-1)).toEqual({ audio: false, video: true });
  FakePeerConnection.all[1]?.becomes('connected');
  await published;
  expect(streams().at(-1)).toEqual({ audio: true, video: true });
});

test('SDK103: a session that fails right after opening is replaced with growing waits, one that held at once', async () => {
  const waits: number[] = [];
  // Waits of a backoff are over at once here; the others last.
  Object.assign(globalThis, {
    setTimeout: (act: () => void, ms = 0) => {
      if (ms < 100 || ms > 5000) return realTimeout(act, ms);
      waits.push(ms);
      return realTimeout(act, 0);
    },
  });
  await client.publish(camera());
  const fail = async (): Promise<void> => {
    const offers = media.paths('POST').length;
    FakePeerConnection.all.at(-1)?.becomes('failed');
    await until('another offer', () => media.paths('POST').length > offers);
    await until('connected', () => FakePeerConnection.all.at(-1)?.connectionState === 'connected');
    await until('one session', () => media.open.size === 1);
    await new Promise((resolve) => realTimeout(resolve, 0));
  };
  const full = [250, 500, 1000, 2000, 4000, 5000, 5000];
  for (const _ of full) await fail();
  expect(waits).toHaveLength(full.length);
  for (const [index, most] of full.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(most / 2);
    expect(waits[index]).toBeLessThanOrEqual(most);
  }
  later(60_000);
  await fail();
  expect(waits).toHaveLength(full.length);
});

test('SDK103: a media engine that starts again ends an attempt that it can no longer answer', async () => {
  await client.publish(camera());
  FakePeerConnection.connects = false;
  server.socket.tell({ type: 'media-restarted' });
  await until('another offer', () => media.paths('POST').length === 2 && media.open.size === 1);
  FakePeerConnection.connects = true;
  server.socket.tell({ type: 'media-restarted' });
  await until('told again', () => streams().length === 2);
  expect(media.paths('POST')).toHaveLength(3);
  await until('one session', () => media.open.size === 1);
});

test('SDK104: two leaves at once both resolve, also while a publish is under way', async () => {
  FakePeerConnection.connects = false;
  const code = codeOf(client.publish(camera()));
  await until('an answer', () => media.open.size === 1);
  await Promise.all([client.leave(), client.leave(), client.leave()]);
  expect(await code).toBe('OPERATION_ABORTED');
  expect(client.connectionState).toBe('DISCONNECTED');
  const joined = codeOf(client.join(app, 'room', 't', 7));
  await Promise.all([client.leave(), client.leave()]);
  expect(await joined).toBe('OPERATION_ABORTED');
});

test('SDK109: fields of the original that apps read are there', async () => {
  const picture = camera();
  // No type has them, the original's neither.
  const fieldsOf = (of: unknown) =>
    of as { readonly _mediaStreamTrack: MediaStreamTrack; readonly _users: IAgoraRTCRemoteUser[] };
  expect(fieldsOf(picture)._mediaStreamTrack).toBe(picture.getMediaStreamTrack());
  const video = await client.subscribe('bob', 'video');
  expect(fieldsOf(video)._mediaStreamTrack).toBe(video.getMediaStreamTrack());
  expect(fieldsOf(client)._users).toEqual(client.remoteUsers);
  expect(fieldsOf(client)._users.map(({ uid }) => uid)).toEqual(['bob']);
});

test('SDK102: a kind that the server declines though it may be sent is said so', async () => {
  const sound = AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real });
  await client.publish(sound);
  FakePeerConnection.declines = 'video';
  const [audio, video] = FakePeerConnection.all[0]?.transceivers ?? [];
  if (video) video.currentDirection = 'inactive';
  expect(audio?.kind).toBe('audio');
  expect(await codeOf(client.publish(camera()))).toBe('EXCHANGE_SDP_FAILED');
  expect(client.localTracks).toEqual([sound]);
  expect(streams().at(-1)).toEqual({ audio: true, video: false });
});

test('MEDIA50: connections are made with the ICE servers that were told last', async () => {
  const of = (name: string) => [{ urls: `turn:${name}.test`, username: name, credential: 'p' }];
  await client.publish(camera());
  expect(FakePeerConnection.all.at(-1)?.configuration.iceServers).toEqual([]);
  server.socket.tell({ type: 'ice-servers', iceServers: of('second') });
  server.socket.tell({ type: 'media-restarted' });
  await until('another connection', () => media.paths('POST').length === 2);
  expect(FakePeerConnection.all.at(-1)?.configuration.iceServers).toEqual(of('second'));
  // A welcome is newer than what came before it.
  server.onHello = (_hello, socket) =>
    socket.tell(welcome({ role: 'broadcaster', iceServers: of('third'), resumed: true }));
  server.socket.drop();
  await until('another socket', () => client.connectionState === 'CONNECTED' && server.hellos.length === 2);
  server.socket.tell({ type: 'media-restarted' });
  await until('a third connection', () => media.paths('POST').length === 3);
  expect(FakePeerConnection.all.at(-1)?.configuration.iceServers).toEqual(of('third'));
});
