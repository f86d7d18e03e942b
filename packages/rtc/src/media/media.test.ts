import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import AgoraRTC, { type HousecountClient, type ILocalAudioTrack, type ILocalVideoTrack } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakePeerConnection, FakeTrack, problem } from '../testing/fake-media.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

const app = '0123456789abcdef0123456789abcdef';
let server: FakeServer;
let media: FakeMediaServer;
let client: HousecountClient;
const told: unknown[][] = [];

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  media = new FakeMediaServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
  told.splice(0);
});
afterEach(async () => {
  await client.leave();
  server.restore();
  media.restore();
  setLogLevel(2);
});

const camera = (): ILocalVideoTrack =>
  AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real });
const microphone = (): ILocalAudioTrack =>
  AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real });
const streams = () => server.of('streams').map(({ audio, video }) => ({ audio, video }));
const senders = () =>
  Object.fromEntries(
    (FakePeerConnection.all.at(-1)?.transceivers ?? []).map(({ kind, sender }) => [kind, sender.track]),
  );

describe('publishing', () => {
  beforeEach(() => client.join(app, 'my room#1', 't', 7));

  test('SDK50: one offer with both kinds; the streams are told once the server has answered', async () => {
    const picture = camera();
    await client.publish(picture);
    expect(media.requests).toEqual([
      { method: 'POST', path: `/v1/whip/${app}/my%20room%231`, bearer: 'hc1.key' },
    ]);
    const [connection] = FakePeerConnection.all;
    expect(connection?.transceivers.map(({ kind, direction }) => [kind, direction])).toEqual([
      ['audio', 'sendonly'],
      ['video', 'sendonly'],
    ]);
    expect(senders()).toMatchObject({ audio: null, video: picture.getMediaStreamTrack() });
    expect(streams()).toEqual([{ audio: false, video: true }]);
    expect(client.localTracks).toEqual([picture]);
  });

  test('SDK50: the second kind goes over the same connection, and again for what is published is nothing', async () => {
    const [sound, picture] = [microphone(), camera()];
    await client.publish(picture);
    await client.publish([sound, picture]);
    expect(media.paths('POST')).toHaveLength(1);
    expect(senders()).toMatchObject({ audio: sound.getMediaStreamTrack() });
    expect(streams().at(-1)).toEqual({ audio: true, video: true });
  });

  test('SDK51: mute and disable are told as streams that stop; unmute and enable as streams that begin', async () => {
    const picture = camera();
    await client.publish(picture);
    await picture.setMuted(true);
    expect(picture.getMediaStreamTrack().enabled).toBe(false);
    await picture.setMuted(false);
    await picture.setEnabled(false);
    await picture.setEnabled(true);
    await until('told', () => streams().length === 5);
    expect(streams().map(({ video }) => video)).toEqual([true, false, true, false, true]);
    expect(media.paths('POST')).toHaveLength(1);
    await picture.setMuted(true);
    expect(await codeOf(picture.setEnabled(false))).toBe('TRACK_STATE_UNREACHABLE');
  });

  test('SDK51: unpublish tells it and deletes the session; a closed track is unpublished by itself', async () => {
    const [sound, picture] = [microphone(), camera()];
    await client.publish([sound, picture]);
    await client.unpublish(sound);
    expect(streams().at(-1)).toEqual({ audio: false, video: true });
    expect(media.open.size).toBe(1);
    picture.close();
    await until('deleted', () => media.open.size === 0);
    expect(streams().at(-1)).toEqual({ audio: false, video: false });
    expect(client.localTracks).toEqual([]);
    await client.unpublish();
  });

  test('SDK52: a track that cannot be published is refused, and the published ones stay', async () => {
    const picture = camera();
    await client.publish(picture);
    expect(await codeOf(client.publish(camera()))).toBe('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS');
    const disabled = microphone();
    await disabled.setEnabled(false);
    expect(await codeOf(client.publish(disabled))).toBe('TRACK_IS_DISABLED');
    const closed = microphone();
    closed.close();
    expect(await codeOf(client.publish(closed))).toBe('INVALID_LOCAL_TRACK');
    for (const wrong of [undefined, null, {}, { trackMediaType: 'audio' }])
      expect(await codeOf(client.publish([wrong as never]))).toBe('INVALID_LOCAL_TRACK');
    expect(await codeOf(client.publish([]))).toBe('INVALID_PARAMS');
    expect(await codeOf(client.setClientRole('audience'))).toBe('INVALID_OPERATION');
    expect(client.localTracks).toEqual([picture]);
  });

  test('SDK52: a track of another SDK is taken by its looks', async () => {
    const track = new FakeTrack('audio').real;
    await client.publish({ trackMediaType: 'audio', getMediaStreamTrack: () => track });
    expect(senders()).toMatchObject({ audio: track });
    expect(streams()).toEqual([{ audio: true, video: false }]);
  });

  test('SDK53: a refused offer rejects, and nothing stays published', async () => {
    media.refuse = ({ method }) => (method === 'POST' ? problem(422, 'sdp_invalid') : undefined);
    expect(await codeOf(client.publish(camera()))).toBe('EXCHANGE_SDP_FAILED');
    expect(client.localTracks).toEqual([]);
    expect(streams()).toEqual([]);
    expect(FakePeerConnection.all[0]?.connectionState).toBe('closed');
    media.refuse = () => undefined;
    await client.publish(camera());
  });

  test('SDK53: streams that the server refuses undo the publishing', async () => {
    const answer = server.onRequest;
    server.onRequest = (frame, socket) => {
      if (frame.type === 'streams' && frame.video)
        socket.tell({ type: 'error', id: frame.id, code: 'banned', message: 'no' });
      else answer(frame, socket);
    };
    expect(await codeOf(client.publish(camera()))).toBe('CAN_NOT_GET_GATEWAY_SERVER');
    expect(client.localTracks).toEqual([]);
    await until('deleted', () => media.open.size === 0);
  });

  test('SDK54: a connection that fails is replaced, and the streams are told again', async () => {
    client.on('media-reconnect-start', (uid) => told.push(['start', uid]));
    client.on('media-reconnect-end', (uid) => told.push(['end', uid]));
    const picture = camera();
    await client.publish(picture);
    FakePeerConnection.all[0]?.becomes('failed');
    await until('told again', () => streams().length === 2);
    expect(told).toEqual([
      ['start', 7],
      ['end', 7],
    ]);
    expect(media.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'POST']);
    expect(senders()).toMatchObject({ video: picture.getMediaStreamTrack() });
    expect(FakePeerConnection.all).toHaveLength(2);
  });

  test('RIGHT8: a kind that the server had declined is offered anew when it is published, or the token is renewed', async () => {
    await client.publish(microphone());
    const declined = () => FakePeerConnection.all.at(-1)?.transceivers.find(({ kind }) => kind === 'video');
    const [first] = [declined()];
    if (first) first.currentDirection = 'inactive';
    await client.renewToken('may-publish-video');
    expect(media.paths('POST')).toHaveLength(1);
    const picture = camera();
    await client.publish(picture);
    await until('offered anew', () => media.paths('POST').length === 2 && media.open.size === 1);
    expect(senders()).toMatchObject({ video: picture.getMediaStreamTrack() });
    // A published track whose kind was declined later, because the privilege had ended, is offered anew, too.
    const second = declined();
    if (second) second.currentDirection = 'inactive';
    await client.renewToken('may-publish-video-again');
    await until('offered anew', () => media.paths('POST').length === 3 && media.open.size === 1);
  });

  test('SDK54: when the media engine was started again, it offers until the engine is there', async () => {
    await client.publish(camera());
    let refusals = 2;
    media.refuse = ({ method }) =>
      method === 'POST' && refusals-- > 0 ? problem(503, 'media_unavailable') : undefined;
    server.socket.tell({ type: 'media-restarted' });
    await until('again', () => streams().length === 2);
    expect(media.paths('POST')).toHaveLength(4);
    expect(media.open.size).toBe(1);
  });

  test('SDK55: after a resume a session that the server has forgotten is replaced', async () => {
    await client.publish(camera());
    server.socket.drop();
    await until('resumed', () => server.hellos.length === 2 && client.connectionState === 'CONNECTED');
    await until('asked', () => media.paths('GET').length === 1);
    expect(media.paths('POST')).toHaveLength(1);
    media.open.clear();
    server.socket.drop();
    await until('replaced', () => media.paths('POST').length === 2);
    expect(media.paths('DELETE')).toEqual([]);
  });

  test('SDK55: a new membership publishes with its own key', async () => {
    await client.publish(camera());
    server.onHello = (hello, socket) => {
      if (hello.resume !== undefined) socket.drop(4205);
      else socket.tell(welcome({ resume: 'hc1.other', role: 'broadcaster' }));
    };
    server.socket.drop();
    await until('replaced', () => media.paths('POST').length === 2);
    expect(server.hellos.at(-1)?.role).toBe('broadcaster');
    expect(media.requests.at(-1)).toMatchObject({ method: 'POST', bearer: 'hc1.other' });
  });
});

describe('subscribing', () => {
  const session = () => `m${FakePeerConnection.all.length}`;
  beforeEach(async () => {
    server.onHello = (_hello, socket) =>
      socket.tell(welcome({ hosts: [{ uid: 8, account: 'bob', audio: true, video: true }] }));
    await client.join(app, 'c', 't', 7);
    await until('host', () => client.remoteUsers.length === 1);
  });

  test('SDK60: the first kind opens a session for that host, the second is selected on it', async () => {
    const video = await client.subscribe('bob', 'video');
    expect(media.paths('POST')).toEqual([`/v1/whep/${app}/c?host=8&audio=0&video=1`]);
    const [user] = client.remoteUsers;
    const audio = await client.subscribe(user ?? 0, 'audio');
    expect(server.of('select')).toMatchObject([{ session: 'm1', audio: true, video: true }]);
    expect(user).toMatchObject({ videoTrack: video, audioTrack: audio });
    expect(video).toMatchObject({ trackMediaType: 'video', isPlaying: false });
    expect(audio.getUserId()).toBe('bob');
    expect(await client.subscribe('bob', 'video')).toBe(video);
    expect(media.paths('POST')).toHaveLength(1);
  });

  test('SDK60: both at once still make one session', async () => {
    const [audio, video] = await Promise.all([
      client.subscribe('bob', 'audio'),
      client.subscribe('bob', 'video'),
    ]);
    expect([audio.trackMediaType, video.trackMediaType]).toEqual(['audio', 'video']);
    expect(media.paths('POST')).toHaveLength(1);
  });

  test('SDK61: unsubscribe narrows the session, then ends it', async () => {
    await client.subscribe('bob', 'audio');
    const video = await client.subscribe('bob', 'video');
    await client.unsubscribe('bob', 'video');
    await until('narrowed', () => server.of('select').at(-1)?.video === false);
    expect(client.remoteUsers[0]?.videoTrack).toBeUndefined();
    video.stop();
    video.play('nowhere');
    await client.unsubscribe('bob');
    await until('deleted', () => media.paths('DELETE').length === 1);
    await client.unsubscribe('bob');
  });

  test('SDK61: media that the host stops sending is released before the page is told', async () => {
    const video = await client.subscribe('bob', 'video');
    const seen: unknown[] = [];
    client.on('user-unpublished', (user, kind) => seen.push([kind, user.hasVideo, user.videoTrack]));
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: false });
    await until('told', () => seen.length === 1);
    expect(seen).toEqual([['video', false, undefined]]);
    video.stop();
    await until('deleted', () => media.open.size === 0);
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: true });
    await until('again', () => client.remoteUsers[0]?.hasVideo === true);
    expect(await client.subscribe('bob', 'video')).not.toBe(video);
  });

  test('SDK62: a subscription to somebody who is no host, or does not send the kind, is refused', async () => {
    expect(await codeOf(client.subscribe(99, 'video'))).toBe('INVALID_REMOTE_USER');
    expect(await codeOf(client.subscribe(8, 'video'))).toBe('INVALID_REMOTE_USER');
    expect(await codeOf(client.subscribe('bob', 'datachannel' as never))).toBe('INVALID_PARAMS');
    server.socket.tell({ type: 'host-streams', uid: 8, audio: false, video: true });
    await until('told', () => client.remoteUsers[0]?.hasAudio === false);
    expect(await codeOf(client.subscribe('bob', 'audio'))).toBe('REMOTE_USER_IS_NOT_PUBLISHED');
    const [one, two] = await client.massSubscribe([
      { user: 'bob', mediaType: 'video' },
      { user: 99, mediaType: 'video' },
    ]);
    expect(one?.track?.trackMediaType).toBe('video');
    expect<string | undefined>(two?.error?.code).toBe('INVALID_REMOTE_USER');
    await client.massUnsubscribe([{ user: 'bob' }, { user: 99 }]);
    await until('deleted', () => media.open.size === 0);
  });

  test('SDK63: a host that is just coming is waited for; one that leaves meanwhile ends the wait', async () => {
    let refusals = 1;
    media.refuse = ({ method }) =>
      method === 'POST' && refusals-- > 0 ? problem(404, 'host_not_found') : undefined;
    await client.subscribe('bob', 'video');
    expect(media.paths('POST')).toHaveLength(2);
    await client.unsubscribe('bob');
    refusals = Number.POSITIVE_INFINITY;
    const waiting = codeOf(client.subscribe('bob', 'video'));
    await until('tried', () => media.paths('POST').length === 3);
    server.socket.tell({ type: 'host-left', sid: 's1', seq: 9, uid: 8, reason: 'quit' });
    expect(await waiting).toBe('OPERATION_ABORTED');
  });

  test('SDK63: a host that stops and begins again while it is waited for is subscribed by the second asking', async () => {
    media.refuse = ({ method }) => (method === 'POST' ? problem(404, 'host_not_found') : undefined);
    const first = codeOf(client.subscribe('bob', 'video'));
    await until('tried', () => media.paths('POST').length === 1);
    const published = new Promise((resolve) => client.once('user-published', resolve));
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: false });
    server.socket.tell({ type: 'host-streams', uid: 8, audio: true, video: true });
    await published;
    media.refuse = () => undefined;
    const second = await client.subscribe('bob', 'video');
    expect(await first).toBe('OPERATION_ABORTED');
    expect(client.remoteUsers[0]?.videoTrack).toBe(second);
    expect(media.open.size).toBe(1);
  });

  test('SDK63: the same track object goes on over a replaced session', async () => {
    const video = await client.subscribe('bob', 'video');
    const source = video.getMediaStreamTrack();
    const updates: unknown[] = [];
    video.on('track-updated', (track) => updates.push(track));
    FakePeerConnection.all[0]?.becomes('failed');
    await until('updated', () => updates.length === 1);
    expect(video.getMediaStreamTrack()).not.toBe(source);
    expect(client.remoteUsers[0]?.videoTrack).toBe(video);
    expect(session()).toBe('m2');
  });

  test('SDK63: a selection that names a forgotten session opens another', async () => {
    await client.subscribe('bob', 'video');
    const answer = server.onRequest;
    server.onRequest = (frame, socket) => {
      if (frame.type === 'select' && frame.session === 'm1')
        socket.tell({ type: 'error', id: frame.id, code: 'not_found', message: 'gone' });
      else answer(frame, socket);
    };
    await client.subscribe('bob', 'audio');
    await until('again', () => media.paths('POST').length === 2);
    expect(media.paths('POST')[1]).toEndWith('?host=8&audio=1&video=1');
  });

  test('SDK64: leaving ends every session, and a subscription under way', async () => {
    await client.subscribe('bob', 'video');
    await client.leave();
    await until('deleted', () => media.open.size === 0);
    expect(FakePeerConnection.all.map(({ connectionState }) => connectionState)).toEqual(['closed']);
    expect(await codeOf(client.subscribe('bob', 'video'))).toBe('INVALID_OPERATION');
  });
});
