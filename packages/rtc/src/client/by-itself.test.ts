import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { HostState } from '@housecount/protocol';
import AgoraRTC, { type HousecountClient, type JoinOptions } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer } from '../testing/fake-media.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;
const before = globalThis.Audio;

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
  globalThis.Audio = class {
    async play(): Promise<void> {}
    pause(): void {}
  } as unknown as typeof Audio;
});
afterEach(async () => {
  await client.leave();
  server.restore();
  media.restore();
  globalThis.Audio = before;
  setLogLevel(2);
});
const bob: HostState = { uid: 8, account: 'bob', audio: true, video: true };
async function join(hosts: readonly HostState[], options?: JoinOptions): Promise<void> {
  server.onHello = (_hello, socket) => socket.tell(welcome({ hosts: [...hosts] }));
  await client.join('0123456789abcdef0123456789abcdef', 'c', 't', 7, options);
}
const isHere = () => until('told', () => client.remoteUsers.length === 1);

test('SDK148: presubscribe subscribes at once to what is sent, and else when it is', async () => {
  await join([{ ...bob, video: false }]);
  await isHere();
  const audio = await client.presubscribe('bob', 'audio');
  expect(audio).toBe(client.remoteUsers[0]?.audioTrack as never);
  const [video, late] = [client.presubscribe('bob', 'video'), client.presubscribe(9, 'audio')];
  server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: true });
  expect((await video).trackMediaType).toBe('video');
  server.socket.tell({ type: 'host-joined', sid: 's1', seq: 3, host: { uid: 9, audio: true, video: false } });
  expect((await late).getUserId()).toBe(9);
});

test('SDK148: a presubscription ends with the leave, is refused for what is no kind, and 50 wait at most', async () => {
  expect(await codeOf(client.presubscribe(9, 'audio'))).toBe('INVALID_OPERATION');
  await join([]);
  expect(await codeOf(client.presubscribe(9, 'data' as never))).toBe('INVALID_PARAMS');
  const codes = Array.from({ length: 51 }, (_, at) => codeOf(client.presubscribe(100 + at, 'video')));
  expect(await codes[50]).toBe('INVALID_OPERATION');
  await client.leave();
  expect(new Set(await Promise.all(codes.slice(0, 50)))).toEqual(new Set(['OPERATION_ABORTED']));
});

test('SDK149: with autoReceiveAndPlayAudio the sound of hosts is received and played, and no picture', async () => {
  await join([bob], { autoReceiveAndPlayAudio: true });
  await until('played', () => client.remoteUsers[0]?.audioTrack?.isPlaying === true);
  expect(client.remoteUsers[0]?.videoTrack).toBeUndefined();
});

test('SDK149: autoSubscribe receives all, where the page takes the first hosts as a list and removes its listeners, too', async () => {
  client.on('published-user-list', () => client.removeAllListeners());
  await join([bob], { autoSubscribe: true });
  await until('received', () => client.remoteUsers[0]?.videoTrack !== undefined);
  await until('received', () => client.remoteUsers[0]?.audioTrack !== undefined);
  expect(client.remoteUsers[0]?.audioTrack?.isPlaying).toBe(false);
});

test('SDK150: a test of the last mile tells round trip, jitter, losses and a quality, and joins nobody', async () => {
  const paths: string[] = [];
  let count = 0;
  globalThis.fetch = (async (url: string) => {
    paths.push(new URL(url).pathname);
    count += 1;
    if (count % 5 === 0) throw new TypeError('lost');
    return new Response(null);
  }) as unknown as typeof fetch;
  const probe = () => AgoraRTC.startLastmileProbeTest('a', 'c', null);
  const result = await probe();
  expect(result).toMatchObject({ state: 'complete', packetLossRate: expect.closeTo(0.2), networkQuality: 5 });
  expect(result.rtt).toBeGreaterThanOrEqual(0);
  expect(result.jitter).toBeGreaterThanOrEqual(0);
  expect(new Set(paths)).toEqual(new Set(['/healthz']));
  expect([paths.length, server.sockets.length]).toEqual([11, 0]);
  globalThis.fetch = (() => Promise.reject(new TypeError('down'))) as unknown as typeof fetch;
  expect(await probe()).toEqual({ state: 'unavailable' });
  expect(await codeOf(AgoraRTC.startLastmileProbeTest('', 'c', null))).toBe('INVALID_PARAMS');
});
