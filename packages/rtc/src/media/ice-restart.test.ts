import { afterEach, beforeEach, expect, test } from 'bun:test';
import AgoraRTC, { type HousecountClient } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakePeerConnection, FakeTrack, problem } from '../testing/fake-media.ts';
import { FakeServer, until, welcome } from '../testing/fake-server.ts';
import { restartedAnswer } from './ice-restart.ts';

let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;
const fresh = [{ urls: 'turn:192.0.2.9', username: 'u', credential: 'p' }];

beforeEach(async () => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  server.onHello = (_hello, socket) => socket.tell(welcome({ role: 'broadcaster' }));
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
  await client.join('0123456789abcdef0123456789abcdef', 'room', 't', 7);
  await client.publish(AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real }));
});
afterEach(async () => {
  await client.leave();
  server.restore();
  media.restore();
  setLogLevel(2);
});

const connection = () => {
  const last = FakePeerConnection.all.at(-1);
  if (!last) throw new Error('no connection');
  return last;
};

test('MEDIA53: a session that loses its way asks for another, with the ICE servers of now, and stays the same session', async () => {
  server.socket.tell({ type: 'ice-servers', iceServers: fresh });
  // It is read in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const before = connection();
  before.becomes('disconnected');
  await until('an answer', () => before.answers.length === 2);
  expect([before.restarts, before.given?.iceServers]).toEqual([1, fresh]);
  expect(connection()).toBe(before);
  expect([media.paths('POST').length, media.paths('PATCH').length]).toEqual([1, 1]);
});

test('MEDIA53: a browser that cannot be given other ICE servers looks for another way with those that it has', async () => {
  const before = connection();
  const { setConfiguration } = FakePeerConnection.prototype;
  Reflect.deleteProperty(FakePeerConnection.prototype, 'setConfiguration');
  try {
    before.becomes('disconnected');
    await until('an answer', () => before.answers.length === 2);
    expect([before.restarts, media.paths('POST').length]).toEqual([1, 1]);
  } finally {
    Object.assign(FakePeerConnection.prototype, { setConfiguration });
  }
});

test('MEDIA53: another network is gone to before the old one is missed', async () => {
  const before = connection();
  globalThis.dispatchEvent(new Event('online'));
  await until('an answer', () => before.answers.length === 2);
  expect(before.restarts).toBe(1);
  await client.leave();
  globalThis.dispatchEvent(new Event('online'));
  expect(before.restarts).toBe(1);
});

test('MEDIA53: where the server has forgotten the session another one takes its place', async () => {
  media.refuse = ({ method }) => (method === 'PATCH' ? problem(404, 'not_found') : undefined);
  // Time in which the old way might come back never passes here.
  const { setTimeout: real } = globalThis;
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms: number) => (ms === 3_000 ? undefined : real(run, ms)),
  });
  connection().becomes('disconnected');
  await until('another session', () => media.paths('POST').length === 2);
  Object.assign(globalThis, { setTimeout: real });
  // What is not there is not deleted.
  expect(media.paths('DELETE')).toEqual([]);
});

test('MEDIA53: the answer has the new credentials in each section, and the new candidates in place of its own', () => {
  const section = (kind: string) =>
    `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:old\r\na=ice-pwd:older\r\na=setup:active\r\n`;
  const answer = `v=0\r\n${section('audio')}a=candidate:1 1 UDP 1 192.0.2.1 7081 typ host\r\na=end-of-candidates\r\n${section('video')}`;
  const fragment = 'a=ice-ufrag:n$&w\r\na=ice-pwd:newer\r\na=candidate:2 1 UDP 1 192.0.2.1 7082 typ host\r\n';
  const restarted = restartedAnswer(answer, fragment);
  expect(restarted.match(/^a=ice-\w+:.*$/gm)).toEqual([
    'a=ice-ufrag:n$&w',
    'a=ice-pwd:newer',
    'a=ice-ufrag:n$&w',
    'a=ice-pwd:newer',
  ]);
  expect(restarted.match(/^a=candidate:.*\r\n/gm)).toEqual([
    'a=candidate:2 1 UDP 1 192.0.2.1 7082 typ host\r\n',
  ]);
  expect(restarted.indexOf('a=candidate')).toBeLessThan(restarted.indexOf('m=video'));
  expect(() => restartedAnswer(answer, 'a=ice-ufrag:x\r\n')).toThrow('ice-pwd');
});
