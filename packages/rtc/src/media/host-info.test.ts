import { afterEach, beforeEach, expect, test } from 'bun:test';
import AgoraRTC, { type HousecountClient } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakeTrack } from '../testing/fake-media.ts';
import { FakeServer, until, welcome } from '../testing/fake-server.ts';

let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
});
afterEach(async () => {
  await client.leave();
  server.restore();
  media.restore();
  setLogLevel(2);
});
const join = () => client.join('0123456789abcdef0123456789abcdef', 'c', 't', 7);
const camera = () => AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real });
const microphone = () => AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real });
/** What the server was told, in order. */
const told = () =>
  server.frames.flatMap((frame) => {
    if (frame.type === 'tell-info') return [frame.what];
    return frame.type === 'streams' ? [`${frame.audio ? 'A' : '-'}${frame.video ? 'V' : '-'}`] : [];
  });

test('SDK154: others are told what the user did to a published track before what is sent, and nothing of publishing', async () => {
  await join();
  const [sound, picture] = [microphone(), camera()];
  await client.publish([sound, picture]);
  await sound.setMuted(true);
  await sound.setMuted(false);
  await picture.setEnabled(false);
  await picture.setEnabled(true);
  await picture.setMuted(true);
  await picture.setMuted(false);
  await sound.setEnabled(false);
  await until('all told', () => told().length === 15);
  await client.unpublish();
  expect(told()).toEqual([
    'AV',
    ...['mute-audio', '-V', 'unmute-audio', 'AV'],
    ...['disable-local-video', 'A-', 'enable-local-video', 'AV'],
    ...['mute-video', 'A-', 'unmute-video', 'AV'],
    ...['mute-audio', '-V'],
    '--',
  ]);
});

test('SDK154: of a track that is published muted others hear when it is unmuted', async () => {
  await join();
  const sound = microphone();
  await sound.setMuted(true);
  await client.publish(sound);
  expect(told()).toEqual([]);
  await sound.setMuted(false);
  await until('all told', () => told().length === 2);
  expect(told()).toEqual(['unmute-audio', 'A-']);
});

test('SDK154: a server that does not know the frame is told the streams all the same', async () => {
  await join();
  server.onRequest = (frame, socket) =>
    socket.tell(
      frame.type === 'tell-info'
        ? { type: 'error', id: frame.id, code: 'frame_invalid', message: 'no' }
        : { type: 'ok', id: frame.id },
    );
  const picture = camera();
  await client.publish(picture);
  await picture.setEnabled(false);
  await until('told', () => told().at(-1) === '--');
});

test('SDK155: user-info-updated tells what a host did, once; of a host that does not say, that it muted or unmuted', async () => {
  server.onHello = (_hello, socket) =>
    socket.tell(welcome({ role: 'broadcaster', hosts: [{ uid: 8, audio: true, video: true }] }));
  const heard: unknown[] = [];
  await join();
  await until('told', () => client.remoteUsers.length === 1);
  client.on('user-info-updated', (uid, what) => heard.push([uid, what]));
  client.on('user-unpublished', (_user, kind) => heard.push(kind));
  client.on('user-published', (_user, kind) => heard.push(kind));
  const { socket } = server;
  const streams = (audio: boolean, video: boolean) =>
    socket.tell({ type: 'host-streams', uid: 8, audio, video });
  socket.tell({ type: 'host-info', uid: 8, what: 'disable-local-video' });
  streams(true, false);
  socket.tell({ type: 'host-info', uid: 8, what: 'enable-local-video' });
  streams(true, true);
  streams(false, true);
  socket.tell({ type: 'host-info', uid: 99, what: 'mute-audio' });
  streams(true, true);
  streams(true, false);
  await until('all', () => heard.length === 10);
  expect(heard).toEqual([
    ...[[8, 'disable-local-video'], 'video', [8, 'enable-local-video'], 'video'],
    ...[[8, 'mute-audio'], 'audio', [8, 'unmute-audio'], 'audio', [8, 'mute-video'], 'video'],
  ]);
});
