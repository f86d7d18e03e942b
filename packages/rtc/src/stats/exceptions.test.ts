import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { passedMs } from '@housecount/link';
import AgoraRTC, { type HousecountClient } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakePeerConnection, FakeTrack } from '../testing/fake-media.ts';
import { FakeServer, until, welcome } from '../testing/fake-server.ts';
import { type ExceptionEvent, ExceptionWatch } from './exceptions.ts';

test('SDK151: what is wrong for four readings in a row is told once, and its recovery; levels take ten', () => {
  const told: ExceptionEvent[] = [];
  const watch = new ExceptionWatch((event) => told.push(event));
  const reads = (count: number, isWrong: boolean, code: 1001 | 2001 = 1001): number => {
    for (let at = 0; at < count; at += 1) {
      watch.judge(7, code, isWrong);
      watch.settle();
    }
    return told.length;
  };
  expect([reads(3, true), reads(1, false), reads(3, true), reads(1, true), reads(20, true)]).toEqual([
    0, 0, 0, 1, 1,
  ]);
  expect([reads(3, false), reads(1, true), reads(4, false), reads(9, false)]).toEqual([1, 1, 2, 2]);
  expect(told).toEqual([
    { code: 1001, msg: 'FRAMERATE_INPUT_TOO_LOW', uid: 7 },
    { code: 3001, msg: 'FRAMERATE_INPUT_TOO_LOW_RECOVER', uid: 7 },
  ]);
  expect([reads(9, true, 2001), reads(1, true, 2001)]).toEqual([2, 3]);
});

test('SDK151: of what is no longer sent nothing is told, and a uid is not the account of the same text', () => {
  const told: ExceptionEvent[] = [];
  const watch = new ExceptionWatch((event) => told.push(event));
  for (let at = 0; at < 4; at += 1) {
    watch.judge(7, 1002, true);
    watch.judge('7', 1002, at > 0);
    watch.settle();
  }
  expect(told.map(({ uid }) => uid)).toEqual([7]);
  watch.settle();
  for (let at = 0; at < 4; at += 1) {
    watch.judge(7, 1002, false);
    watch.settle();
  }
  expect(told).toHaveLength(1);
});

let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;
const audio = globalThis.Audio;
/** Takes the next reading of the client's statistics. */
let read: () => void;

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
  globalThis.Audio = class {
    async play(): Promise<void> {}
    pause(): void {}
  } as unknown as typeof Audio;
});
afterEach(async () => {
  await client.leave();
  server.restore();
  media.restore();
  globalThis.Audio = audio;
  setLogLevel(2);
});

/** What waits for nothing but its turn has happened. */
const nextTurn = () => new Promise((resolve) => setTimeout(resolve));

/** Joins beside a host that sends sound; the readings are taken by `read`. */
async function join(): Promise<void> {
  server.onHello = (_hello, socket) =>
    socket.tell(welcome({ role: 'broadcaster', hosts: [{ uid: 8, audio: true, video: false }] }));
  const timers = spyOn(globalThis, 'setInterval');
  await client.join('0123456789abcdef0123456789abcdef', 'c', 't', 7);
  const [reader] = timers.mock.calls.filter(([, ms]) => ms === 1_000);
  timers.mockRestore();
  read = reader?.[0] as () => void;
  await until('told', () => client.remoteUsers.length === 1);
}

test('SDK152: what this page sends, and what it hears of a host, is told by the original’s numbers, and when it is well again', async () => {
  await join();
  const mic = AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real });
  const cam = AgoraRTC.createCustomVideoTrack({
    mediaStreamTrack: new FakeTrack('video').real,
    frameRate: 30,
  });
  await client.publish([mic, cam]);
  const [sending] = FakePeerConnection.all;
  (await client.subscribe(8, 'audio')).play();
  const receiving = FakePeerConnection.all.at(-1);
  const told: [number, unknown][] = [];
  client.on('exception', ({ code, uid }) => told.push([code, uid]));
  let isWell = true;
  let atMs = passedMs();
  let turn = 0;
  let taken = 0;
  const stats = (entries: readonly object[]) => async () => {
    taken += 1;
    return new Map(entries.map((entry, id) => [String(id), { id: String(id), ...entry }]));
  };
  const reads = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      turn += 1;
      const [frames, audioLevel, bytes] = isWell ? [30, 0.1, turn * 1e6] : [1, 0, 0];
      Object.assign(sending as object, {
        getStats: stats([
          { type: 'media-source', kind: 'video', framesPerSecond: 30 },
          { type: 'outbound-rtp', kind: 'video', framesPerSecond: frames, bytesSent: bytes },
          { type: 'media-source', kind: 'audio', audioLevel },
          { type: 'outbound-rtp', kind: 'audio', bytesSent: bytes },
        ]),
      });
      const emitted = isWell ? turn : 0;
      Object.assign(receiving as object, {
        getStats: stats([
          {
            ...{ type: 'inbound-rtp', kind: 'audio', packetsReceived: turn, audioLevel },
            jitterBufferEmittedCount: emitted,
          },
        ]),
      });
      read();
      await until('both are read', () => taken >= 2 * turn);
      await nextTurn();
      await until('the clock goes on', () => passedMs() > atMs);
      atMs = passedMs();
    }
  };
  await reads(12);
  expect(told).toEqual([]);
  isWell = false;
  await reads(13);
  const wrong = [1002, 1003, 2001, 2003].map((code) => [code, 7]);
  const heard = [2002, 2005].map((code) => [code, 8]);
  expect(told.sort().map(String)).toEqual([...wrong, ...heard].sort().map(String));
  told.splice(0);
  await cam.setMuted(true);
  isWell = true;
  await reads(13);
  expect(told.sort().map(String)).toEqual(['4001,7', '4002,8', '4003,7', '4005,8']);
});

test('SDK153: with networkQualityProbe the quality is told before anything is sent or received, by asking the server', async () => {
  const real = globalThis.fetch;
  let answers = true;
  globalThis.fetch = (async () => {
    if (!answers) throw new TypeError('down');
    return new Response(null);
  }) as unknown as typeof fetch;
  server.onHello = (_hello, socket) => socket.tell(welcome({ role: 'broadcaster' }));
  const timers = spyOn(globalThis, 'setInterval');
  const told: unknown[] = [];
  client.on('network-quality', ({ uplinkNetworkQuality, downlinkNetworkQuality }) =>
    told.push([uplinkNetworkQuality, downlinkNetworkQuality]),
  );
  await client.join('0123456789abcdef0123456789abcdef', 'c', 't', 7, { networkQualityProbe: true });
  const reader = timers.mock.calls.filter(([, ms]) => ms === 1_000)[0]?.[0] as () => void;
  timers.mockRestore();
  for (const isUp of [true, false]) {
    answers = isUp;
    const count = told.length + 2;
    for (let at = 0; at < 50 && told.length < count; at += 1) {
      reader();
      await nextTurn();
    }
  }
  expect(told.at(0)).toEqual([1, 1]);
  expect(told.at(-1)).toEqual([6, 6]);
  globalThis.fetch = real;
});
