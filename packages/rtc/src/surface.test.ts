import { expect, spyOn, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { disconnectedReason } from './client/end-reason.ts';
import { readJoinArguments } from './client/join-arguments.ts';
import { Emitter } from './emitter.ts';
import { AgoraRTCException, toException } from './errors.ts';
import * as esm from './esm.ts';
import AgoraRTC, {
  AgoraRTCErrorCode,
  type ICameraVideoTrack,
  type IChannelMediaRelayConfiguration,
} from './index.ts';
import { FakeTrack } from './testing/fake-media.ts';
import { codeOf } from './testing/fake-server.ts';
import { CameraVideoTrack } from './tracks/local-video-track.ts';
import { audioEncoder, screenEncoder, videoEncoder } from './tracks/presets.ts';

const thrown = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as AgoraRTCException).code;
  }
  return 'nothing';
};

test('SDK31: an error is an AgoraRTCException with code and message as apps read them', () => {
  const error = new AgoraRTCException('INVALID_PARAMS', 'no');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'AgoraRTCException', message: 'AgoraRTCError INVALID_PARAMS: no' });
  expect(String(error)).toBe(error.message);
  expect(() => error.throw()).toThrow('INVALID_PARAMS');
  expect(AgoraRTCErrorCode).toMatchObject({
    CAN_NOT_GET_GATEWAY_SERVER: 'CAN_NOT_GET_GATEWAY_SERVER',
    CROSS_CHANNEL_FAILED_JOIN_SRC: 'CROSS_CHANNEL_FAILED_JOIN_SEC',
  });
});

test('SDK31: a refusal of the server becomes the code apps know, with its own code in data', () => {
  expect(toException(new HousecountError('token_expired'))).toMatchObject({
    code: 'CAN_NOT_GET_GATEWAY_SERVER',
    data: { code: 'token_expired' },
  });
  expect(toException(new HousecountError('banned')).message).toContain('UID-BANNED');
  expect<string>(toException(new HousecountError('hosts_full')).code).toBe('ERR_TOO_MANY_BROADCASTERS');
  expect<string>(toException(new HousecountError('internal')).code).toBe('UNEXPECTED_RESPONSE');
  expect<string>(toException(new TypeError('x')).code).toBe('UNEXPECTED_ERROR');
});

test('SDK105: a text that the server sent whole is not told twice, and a code that is newer than the SDK has one', () => {
  const whole = new HousecountError('hosts_full', 'The limit is 3.').message;
  for (const code of ['hosts_full', 'internal', 'token_expired'] as const) {
    const told = new HousecountError(code, new HousecountError(code, 'Why.').message).message;
    expect(told).toBe(new HousecountError(code, 'Why.').message);
    expect(new HousecountError(code, new HousecountError(code).message).message).toBe(
      new HousecountError(code).message,
    );
  }
  expect(toException(new HousecountError('hosts_full', whole)).message).toBe(
    `AgoraRTCError ERR_TOO_MANY_BROADCASTERS: too many broadcasters (${whole})`,
  );
  expect(toException(new HousecountError('of_tomorrow' as never, 'It is new.')).message).toBe(
    'AgoraRTCError UNEXPECTED_RESPONSE: the server refused (It is new.)',
  );
});

test('ACCT1: join() refuses channel names and accounts that no URL can carry', () => {
  for (const name of ['.', '..']) {
    expect(thrown(() => readJoinArguments('a', name, null, null))).toBe('INVALID_PARAMS');
    expect(thrown(() => readJoinArguments('a', 'c', null, name))).toBe('INVALID_PARAMS');
  }
});

test('ACCT4: a uid that a string account has in the channel is UID_CONFLICT', () => {
  expect<string>(toException(new HousecountError('uid_taken')).code).toBe('UID_CONFLICT');
});

test('SDK32: join arguments: a number is a uid, a string an account, nothing or 0 asks for one, an empty token is none', () => {
  expect(readJoinArguments('a', 'c', null, null)).toEqual({ app: 'a', channel: 'c' });
  expect(readJoinArguments('a', 'c', '', 0)).toEqual({ app: 'a', channel: 'c' });
  expect(readJoinArguments('a', 'c', 't', 4294967295)).toEqual({
    app: 'a',
    channel: 'c',
    token: 't',
    uid: 4294967295,
  });
  expect(readJoinArguments('a', 'c', 't', '123')).toEqual({
    app: 'a',
    channel: 'c',
    token: 't',
    account: '123',
  });
});

for (const [what, args] of [
  ['no app', ['', 'c', null, null]],
  ['channel too long', ['a', 'c'.repeat(65), null, null]],
  ['channel with a slash', ['a', 'a/b', null, null]],
  ['channel missing', ['a', undefined, null, null]],
  ['token of another type', ['a', 'c', 5, null]],
  ['uid below 0', ['a', 'c', null, -1]],
  ['uid too large', ['a', 'c', null, 4294967296]],
  ['uid not whole', ['a', 'c', null, 1.5]],
  ['uid NaN', ['a', 'c', null, Number.NaN]],
  ['account empty', ['a', 'c', null, '']],
  ['account too long', ['a', 'c', null, 'x'.repeat(256)]],
  ['account not ASCII', ['a', 'c', null, 'añ']],
  ['uid an object', ['a', 'c', null, {}]],
] as const)
  test(`SDK32: ${what} is INVALID_PARAMS`, () => {
    expect(thrown(() => readJoinArguments(...(args as [unknown, unknown, unknown, unknown])))).toBe(
      'INVALID_PARAMS',
    );
  });

test('SDK33: presets by name, values as they are, and INVALID_PARAMS for a name that is none', () => {
  expect(videoEncoder()).toEqual({ width: 640, height: 480, frameRate: 15, bitrateMax: 500 });
  expect(videoEncoder('360p_11')).toEqual({ width: 640, height: 360, frameRate: 24 });
  expect(videoEncoder('1080p_5')).toEqual({ width: 1920, height: 1080, frameRate: 60 });
  expect(screenEncoder()).toEqual({ width: 1920, height: 1080, frameRate: 30, bitrateMax: 3000 });
  expect(audioEncoder()).toEqual({ sampleRate: 48000, stereo: false, bitrate: 32 });
  expect(videoEncoder({ width: 3 })).toEqual({ width: 3 });
  for (const act of [
    () => videoEncoder('9000p'),
    () => screenEncoder('360p'),
    () => audioEncoder('toString'),
  ])
    expect(thrown(act)).toBe('INVALID_PARAMS');
});

test('SDK34: importing and creating clients needs no window', async () => {
  expect(typeof window).toBe('undefined');
  const client = AgoraRTC.createClient();
  expect(client).toMatchObject({ mode: 'rtc', codec: 'vp8', role: 'host', connectionState: 'DISCONNECTED' });
  expect(AgoraRTC.createClient({ mode: 'live', codec: 'vp9' })).toMatchObject({
    role: 'audience',
    remoteUsers: [],
  });
  expect(client.uid).toBeUndefined();
  expect(client.getRTCStats()).toMatchObject({ UserCount: 0, RTT: 0 });
  expect(client.getLocalVideoStats().sendBitrate).toBe(0);
  expect(client.getRemoteAudioStats()).toEqual({});
  expect(AgoraRTC.checkSystemRequirements()).toBe(false);
  expect(await AgoraRTC.getSupportedCodec()).toEqual({ video: [], audio: [] });
  expect(await codeOf(AgoraRTC.getCameras())).toBe('WEB_SECURITY_RESTRICT');
  await client.leave();
});

test('SDK34: a client that cannot be is INVALID_PARAMS', () => {
  for (const config of [{ mode: 'p2p' }, { codec: 'mpeg' }, { mode: 'live', role: 'viewer' }])
    expect(thrown(() => AgoraRTC.createClient(config as never))).toBe('INVALID_PARAMS');
});

test('SDK35: named functions are those of the object; callbacks can be set both ways', () => {
  expect<unknown>(esm.createClient).toBe(AgoraRTC.createClient);
  const callback = () => undefined;
  esm.onCameraChanged(callback);
  expect(AgoraRTC.onCameraChanged).toBe(callback);
  AgoraRTC.setArea({ areaCode: 'EUROPE' });
  AgoraRTC.enableLogUpload();
  expect(AgoraRTC.use({})).toBe(AgoraRTC);
});

test('SDK36: methods that Housecount does not have reject NOT_SUPPORTED, and hints do nothing', async () => {
  const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
  for (const call of [
    client.startLiveStreaming('rtmp://live.example/a'),
    client.startChannelMediaRelay({} as IChannelMediaRelayConfiguration),
  ])
    expect(await codeOf(call)).toBe('NOT_SUPPORTED');
  expect(thrown(() => client.setEncryptionConfig('aes-256-gcm', 'secret'))).toBe('NOT_SUPPORTED');
  expect(thrown(() => client.setEncryptionConfig('aes-128-gcm2', 'secret', new Uint8Array(32)))).toBe(
    'NOT_SUPPORTED',
  );
  expect(thrown(() => client.setEncryptionConfig('none', ''))).toBe('nothing');
  client.startProxyServer(3);
});

test('SDK136: data channels are refused, the messages of a host are offered in their place', async () => {
  const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
  const config = { id: 1, ordered: true, metadata: '' };
  for (const call of [client.publish(config), client.unpublish(config as never)])
    expect(await call.catch(String)).toMatch(
      /NOT_SUPPORTED: Housecount has no data channels: sendStreamMessage/,
    );
  expect(client.localDataChannels).toEqual([]);
  await client.unsubscribe(1, 'datachannel');
});

test('SDK136: a clone of a camera is one, and sends a source of its own unless it is said to share it', () => {
  const source = new FakeTrack('video');
  Object.assign(source, { clone: () => new FakeTrack('video') });
  const camera: ICameraVideoTrack = new CameraVideoTrack(
    source.real,
    { encoder: {}, kind: 'cam', player: {} },
    {},
  );
  const [own, shared] = [camera.clone('720p_1'), camera.clone(undefined, false)];
  expect([typeof own.setDevice, own.getMediaStreamTrack() === camera.getMediaStreamTrack()]).toEqual([
    'function',
    false,
  ]);
  expect(shared.getMediaStreamTrack()).toBe(camera.getMediaStreamTrack());
  expect(thrown(() => camera.clone('9000p'))).toBe('INVALID_PARAMS');
});

test('SDK37: a listener that throws stops neither the others nor the caller', () => {
  const complaint = spyOn(console, 'error').mockImplementation(() => undefined);
  const emitter = new Emitter<{ tick: [number] }>();
  const heard: number[] = [];
  emitter.on('tick', () => {
    throw new Error('mine');
  });
  const listener = (n: number) => heard.push(n);
  emitter.on('tick', listener);
  emitter.once('tick', listener);
  emitter.emit('tick', 1);
  emitter.emit('tick', 2);
  emitter.off('tick', listener);
  emitter.emit('tick', 3);
  expect(heard).toEqual([1, 1, 2]);
  expect(complaint).toHaveBeenCalledTimes(3);
  expect(emitter.getListeners('tick')).toHaveLength(1);
  emitter.removeAllListeners();
  expect(emitter.getListeners('tick')).toEqual([]);
  complaint.mockRestore();
});

test('SDK38: how a membership ended, in the words apps know', () => {
  const over = { message: '', retry: false };
  expect<string>(disconnectedReason({ ...over, code: 'replaced' })).toBe('UID_CONFLICT');
  expect<string>(disconnectedReason({ ...over, code: 'kicked' })).toBe('UID_BANNED');
  expect<string>(disconnectedReason({ ...over, code: 'kicked', scope: 'ip' })).toBe('IP_BANNED');
  expect<string>(disconnectedReason({ ...over, code: 'banned', scope: 'channel' })).toBe('CHANNEL_BANNED');
  expect<string>(disconnectedReason({ ...over, code: 'token_expired' })).toBe('TOKEN_EXPIRE');
  expect<string>(disconnectedReason({ ...over, code: 'left' })).toBe('LEAVE');
  expect<string>(disconnectedReason({ ...over, code: 'internal' })).toBe('SERVER_ERROR');
  expect<string>(disconnectedReason(over)).toBe('NETWORK_ERROR');
});
