// An app as people write it for agora-rtc-sdk-ng: each member of its type once, by the names under which it exports them. It is compiled, not
// run, against the original's type file and against ours, and neither may find an error.
import AgoraRTC, {
  AgoraRTCErrorCode,
  type AgoraRTCStats,
  AREAS,
  AudienceLatencyLevelType,
  type AudioEncoderConfiguration,
  type AudioEncoderConfigurationPreset,
  type AudioSourceOptions,
  type AudioSourceState,
  type BeautyEffectOptions,
  type BufferSourceAudioTrackInitConfig,
  type CameraVideoTrackInitConfig,
  ChannelMediaRelayError,
  ChannelMediaRelayEvent,
  type ChannelMediaRelayInfo,
  ChannelMediaRelayState,
  type ClientConfig,
  type ClientRole,
  type ClientRoleOptions,
  ConnectionDisconnectedReason,
  type ConnectionState,
  type ConstrainLong,
  type CustomAudioTrackInitConfig,
  type CustomVideoTrackInitConfig,
  type DeviceInfo,
  type DeviceState,
  type ElectronDesktopCapturerSource,
  type EncryptionMode,
  type EventCustomReportParams,
  type IAgoraRTC,
  type IAgoraRTCClient,
  type IAgoraRTCError,
  type IAgoraRTCRemoteUser,
  type IBufferSourceAudioTrack,
  type ICameraVideoTrack,
  type IChannelMediaRelayConfiguration,
  type IDataChannel,
  type IDataChannelConfig,
  type IJoinOptions,
  type ILocalAudioTrack,
  type ILocalDataChannel,
  type ILocalTrack,
  type ILocalVideoTrack,
  type IMicrophoneAudioTrack,
  type ImageTypedData,
  type InspectConfiguration,
  type IRemoteAudioTrack,
  type IRemoteDataChannel,
  type IRemoteTrack,
  type IRemoteVideoTrack,
  type ITrack,
  type LastmileProbeResult,
  type LiveStreamingTranscodingConfig,
  type LiveStreamingTranscodingImage,
  type LiveStreamingTranscodingUser,
  type LocalAccessPointConfig,
  type LocalAudioTrackStats,
  type LocalVideoTrackStats,
  type LowStreamParameter,
  type MicrophoneAudioTrackInitConfig,
  type NetworkQuality,
  type RemoteAudioTrackStats,
  RemoteStreamFallbackType,
  RemoteStreamType,
  type RemoteVideoTrackStats,
  type ScreenEncoderConfigurationPreset,
  type ScreenSourceType,
  type ScreenVideoTrackInitConfig,
  type SDK_AUDIO_CODEC,
  type SDK_CODEC,
  type SDK_MODE,
  type SVCConfiguration,
  type SVCConfigurationPreset,
  type TurnServerConfig,
  type UID,
  type VideoEncoderConfiguration,
  type VideoEncoderConfigurationPreset,
  type VideoPlayerConfig,
  VideoState,
} from 'agora-rtc-sdk-ng';

const app: { id: string; channel: string; token: string | null } = { id: 'a', channel: 'c', token: null };

// ---- The object.

export const api: IAgoraRTC = AgoraRTC;
console.log(AgoraRTC.VERSION.split('.'), AgoraRTC.checkSystemRequirements());
AgoraRTC.setLogLevel(2);
AgoraRTC.enableLogUpload();
AgoraRTC.disableLogUpload();
AgoraRTC.setArea([AREAS.EUROPE, AREAS.EXTENSIONS]);
AgoraRTC.setArea({ areaCode: [AREAS.GLOBAL], excludedArea: AREAS.CHINA });
AgoraRTC.setAppType(1000);
AgoraRTC.resumeAudioContext();
AgoraRTC.processExternalMediaAEC(document.createElement('audio'));
AgoraRTC.registerExtensions([]);
AgoraRTC.use({ name: 'DataStream', create: () => undefined });
AgoraRTC.on('camera-changed', (info) =>
  console.log(info.device.label, info.state, info.updateAt - info.initAt),
);
AgoraRTC.on('microphone-changed', ({ device }) => console.log(device.deviceId));
AgoraRTC.on('playback-device-changed', (info: DeviceInfo) => console.log(info.device));
AgoraRTC.on('autoplay-failed', () => document.body.click());
AgoraRTC.on('security-policy-violation', () => undefined);
AgoraRTC.on('audio-context-state-changed', (now, before) => console.log(now === 'interrupted', before));
AgoraRTC.onCameraChanged = (info) => console.log(info.state === 'ACTIVE');
AgoraRTC.onMicrophoneChanged = async (info) => console.log(info);
AgoraRTC.onPlaybackDeviceChanged = () => undefined;
AgoraRTC.onAudioAutoplayFailed = () => undefined;
AgoraRTC.onAutoplayFailed = () => alert('click');
AgoraRTC.onSecurityPolicyViolation = (event) => console.log(event.blockedURI);
AgoraRTC.onAudioContextStateChanged = (now, before) => console.log(now, before);
AgoraRTC.once('camera-changed', () => undefined);
AgoraRTC.off('camera-changed', () => undefined);
AgoraRTC.removeAllListeners();
console.log(AgoraRTC.getListeners('camera-changed').length);

export async function devices(): Promise<MediaDeviceInfo[]> {
  const { video, audio } = await AgoraRTC.getSupportedCodec();
  console.log(video.includes('H264'), audio.join());
  const sources: ElectronDesktopCapturerSource[] = await AgoraRTC.getElectronScreenSources('screen');
  const kind: ScreenSourceType = 'window';
  console.log(sources[0]?.thumbnail.toDataURL(), kind);
  const all = await AgoraRTC.getDevices(true);
  return all.concat(
    await AgoraRTC.getCameras(),
    await AgoraRTC.getMicrophones(),
    await AgoraRTC.getPlaybackDevices(true),
  );
}

export async function before(): Promise<void> {
  await AgoraRTC.preload(app.id, app.channel, app.token, 7);
  const probe: LastmileProbeResult = await AgoraRTC.startLastmileProbeTest(app.id, app.channel, app.token);
  if (probe.state === 'complete')
    console.log(probe.rtt, probe.jitter, probe.packetLossRate, probe.networkQuality);
}

// ---- Tracks of this page.

const sound: AudioEncoderConfiguration = { sampleRate: 48000, sampleSize: 16, stereo: true, bitrate: 128 };
const soundPreset: AudioEncoderConfigurationPreset = 'high_quality_stereo';
const wide: ConstrainLong = { min: 320, ideal: 640, max: 1280 };
const picture: VideoEncoderConfiguration = {
  width: wide,
  height: 480,
  frameRate: { max: 30 },
  bitrateMin: 400,
  bitrateMax: 1000,
};
const picturePreset: VideoEncoderConfigurationPreset = '720p_2';
const layers: SVCConfiguration = { numSpatialLayers: 1, numTemporalLayers: 3 };
const layersPreset: SVCConfigurationPreset = '1SL3TL';
const microphone: MicrophoneAudioTrackInitConfig = {
  AEC: true,
  AGC: false,
  ANS: true,
  encoderConfig: soundPreset,
};
const camera: CameraVideoTrackInitConfig = {
  encoderConfig: picture,
  facingMode: 'environment',
  optimizationMode: 'motion',
  scalabiltyMode: layers,
};
const screenPreset: ScreenEncoderConfigurationPreset = '1080p_1';
const screenConfig: ScreenVideoTrackInitConfig = {
  encoderConfig: screenPreset,
  displaySurface: 'browser',
  selfBrowserSurface: 'exclude',
  surfaceSwitching: 'include',
  systemAudio: 'include',
  preferCurrentTab: false,
  optimizationMode: 'detail',
  scalabiltyMode: layersPreset,
};
// The name of a preset often comes from a form.
const chosen: string = new URLSearchParams(location.search).get('profile') ?? '480p_1';

function common(track: ITrack): void {
  console.log(track.trackMediaType, track.isPlaying, track.getTrackId(), track.getMediaStreamTrack().label);
  console.log(track.getRTCRtpTransceiver()?.direction, track.getRTCRtpTransceiver(1)?.mid);
  track.play('player');
  track.stop();
}

async function local(track: ILocalTrack): Promise<void> {
  common(track);
  track.on('track-ended', () => track.close());
  track.on('track-updated', (media) => console.log(media.id));
  track.on('transceiver-updated', (transceiver) => console.log(transceiver.sender));
  await track.setMuted(!track.muted);
  await track.setEnabled(!track.enabled);
  console.log(track.getTrackLabel(), track.getStats().sendBytes);
}

async function sounds(track: ILocalAudioTrack, other: IRemoteAudioTrack): Promise<void> {
  await local(track);
  track.play();
  track.setVolume(80);
  console.log(track.getVolumeLevel(), track.getStats().sendVolumeLevel);
  track.setAudioFrameCallback((buffer) => console.log(buffer.getChannelData(0).length), 4096);
  track.setAudioFrameCallback(null);
  await track.setPlaybackDevice('default');
  track.pipe(track.processorDestination).pipe(track.processorDestination);
  track.unpipe();
  track.addReferenceTrack(other);
  console.log(track.removeReferenceTrack(other), typeof track.useExtension, typeof track.removeExtension);
}

async function pictures(track: ILocalVideoTrack): Promise<void> {
  await local(track);
  const shown: VideoPlayerConfig = { fit: 'contain', mirror: false };
  track.play(document.createElement('div'), shown);
  track.on('video-element-visible-status', (status) => {
    if (status && !status.visible) console.log(status.reason === 'COVERED');
  });
  const copy: ILocalVideoTrack = track.clone('480p_1', true);
  await copy.setEncoderConfiguration(chosen);
  const beauty: BeautyEffectOptions = { smoothnessLevel: 0.5, lighteningContrastLevel: 1 };
  await track.setBeautyEffect(true, beauty);
  const image: ImageTypedData = await track.getCurrentFrameImage('image/png', 1);
  console.log(track.getCurrentFrameData().width === image.width, image.buffer.length);
  await track.setOptimizationMode('balanced');
  console.log(track.getVideoElementVisibleStatus()?.visible, track.getStats().sendFrameRate);
  track.pipe(track.processorDestination);
  track.unpipe();
  await track.replaceTrack(copy.getMediaStreamTrack(), true);
  track.sendSeiData(new Uint8Array(4));
  console.log(typeof track.useExtension, typeof track.removeExtension);
}

async function fromFile(config: BufferSourceAudioTrackInitConfig): Promise<IBufferSourceAudioTrack> {
  const track = await AgoraRTC.createBufferSourceAudioTrack(config);
  const options: AudioSourceOptions = { loop: true, cycle: 2, startPlayTime: 1 };
  track.on('source-state-change', (state: AudioSourceState) => console.log(state === 'paused'));
  track.startProcessAudioBuffer(options);
  track.pauseProcessAudioBuffer();
  track.resumeProcessAudioBuffer();
  track.seekAudioBuffer(10);
  track.setAudioBufferPlaybackSpeed(150);
  console.log(track.source, track.currentState, track.duration, track.playbackSpeed, track.getCurrentTime());
  track.stopProcessAudioBuffer();
  return track;
}

export async function make(): Promise<ILocalTrack[]> {
  const own: IMicrophoneAudioTrack = await AgoraRTC.createMicrophoneAudioTrack(microphone);
  await own.setDevice('other');
  const video: ICameraVideoTrack = await AgoraRTC.createCameraVideoTrack(camera);
  await video.setDevice({ facingMode: 'user' });
  await video.setDevice('other');
  const [mic, cam] = await AgoraRTC.createMicrophoneAndCameraTracks({}, { encoderConfig: picturePreset });
  const copy: ICameraVideoTrack = cam.clone();
  const both = await AgoraRTC.createScreenVideoTrack(screenConfig, 'enable');
  both[1].setVolume(10);
  const silent = await AgoraRTC.createScreenVideoTrack(screenConfig, 'disable');
  silent.close();
  const either = await AgoraRTC.createScreenVideoTrack({}, 'auto');
  const shared: ILocalVideoTrack = Array.isArray(either) ? either[0] : either;
  const ownSound: CustomAudioTrackInitConfig = {
    mediaStreamTrack: mic.getMediaStreamTrack(),
    encoderConfig: sound,
  };
  const ownPicture: CustomVideoTrackInitConfig = {
    mediaStreamTrack: cam.getMediaStreamTrack(),
    bitrateMax: 500,
  };
  const made = [AgoraRTC.createCustomAudioTrack(ownSound), AgoraRTC.createCustomVideoTrack(ownPicture)];
  console.log(
    await AgoraRTC.checkVideoTrackIsActive(shared, 1000),
    await AgoraRTC.checkAudioTrackIsActive(mic),
  );
  await pictures(copy);
  const file = await fromFile({ source: 'https://example.com/a.mp3', cacheOnlineFile: true });
  return [own, video, mic, cam, ...both, shared, ...made, file];
}

// ---- A client.

const mode: SDK_MODE = 'live';
const codec: SDK_CODEC = 'vp8';
const audioCodec: SDK_AUDIO_CODEC = 'opus';
const turnServer: TurnServerConfig = {
  turnServerURL: 'turn.example',
  username: 'u',
  password: 'p',
  tcpport: 3478,
};
const level: ClientRoleOptions = { level: AudienceLatencyLevelType.AUDIENCE_LEVEL_LOW_LATENCY };
const retry = { timeout: 500, timeoutFactor: 1.5, maxRetryCount: 3, maxRetryTimeout: 5000 };
const config: ClientConfig = {
  mode,
  codec,
  audioCodec,
  turnServer,
  role: 'audience',
  clientRoleOptions: level,
  httpRetryConfig: retry,
  websocketRetryConfig: retry,
};
const client: IAgoraRTCClient = AgoraRTC.createClient(config);
const role: ClientRole = client.role;

client.on('user-published', async (user, mediaType) => {
  await client.subscribe(user, mediaType);
  if (mediaType === 'video') user.videoTrack?.play('remote');
  if (mediaType === 'audio') user.audioTrack?.play();
  if (mediaType === 'datachannel') console.log(user.dataChannels?.length);
});
client.on('user-unpublished', (user, mediaType) => console.log(user.uid, mediaType === 'audio'));
client.on('user-joined', (user: IAgoraRTCRemoteUser) => console.log(user.hasAudio, user.hasVideo));
client.on('user-left', (user, reason) => console.log(user.uid, reason === 'BecomeAudience'));
client.on('user-info-updated', (uid, what) => console.log(uid, what === 'disable-local-video'));
client.on(
  'connection-state-change',
  (now: ConnectionState, before, reason?: ConnectionDisconnectedReason) => {
    if (now === 'DISCONNECTED' && reason === ConnectionDisconnectedReason.UID_BANNED) console.log(before);
  },
);
client.on('peerconnection-state-change', (now, before) => console.log(now === 'failed', before));
client.on('media-reconnect-start', (uid) => console.log(uid));
client.on('media-reconnect-end', (uid) => console.log(uid));
client.on('stream-type-changed', (_uid, type) => console.log(type === RemoteStreamType.LOW_STREAM));
client.on('stream-fallback', (_uid, what) => console.log(what === 'fallback'));
client.on('channel-media-relay-state', (state, code) => {
  console.log(state === ChannelMediaRelayState.RELAY_STATE_RUNNING, code === ChannelMediaRelayError.RELAY_OK);
});
client.on('channel-media-relay-event', (event) =>
  console.log(event === ChannelMediaRelayEvent.NETWORK_CONNECTED),
);
client.on('volume-indicator', (volumes) => console.log(volumes.map(({ uid, level }) => [uid, level > 60])));
client.on('crypt-error', () => undefined);
client.on('token-privilege-will-expire', async () => client.renewToken('new'));
client.on('token-privilege-did-expire', () => undefined);
client.on('network-quality', (quality: NetworkQuality) => console.log(quality.uplinkNetworkQuality > 2));
client.on('live-streaming-error', (url, error) => console.log(url, error.code));
client.on('live-streaming-warning', (url, warning) => console.log(url, warning.message));
client.on('exception', (event) => console.log(event.code, event.msg, event.uid));
client.on('is-using-cloud-proxy', (isUsing) => console.log(isUsing));
client.on('join-fallback-to-proxy', (proxy) => console.log(proxy.length));
client.on('published-user-list', (users) => console.log(users.map((user) => user.uid)));
client.on('content-inspect-connection-state-change', (before, now) => console.log(before, now));
client.on('content-inspect-error', (error) => console.log(error?.message));
client.on('image-moderation-connection-state-change', (now, before) => console.log(now, before));
client.on('stream-message', (uid, payload) => console.log(uid, new TextDecoder().decode(payload)));
const anything: string = 'of-tomorrow';
client.on(anything, (...args: unknown[]) => console.log(args));
client.once('user-joined', () => undefined);
client.off('user-joined', () => undefined);
console.log(client.getListeners('user-joined').length);

export async function publish(tracks: ILocalTrack[]): Promise<void> {
  const options: IJoinOptions = { autoSubscribe: false, autoReceiveAndPlayAudio: true };
  const uid: UID = await client.join(app.id, app.channel, app.token, null, {
    ...options,
    networkQualityProbe: true,
  });
  console.log(uid, role, client.uid, client.channelName, client.mode, client.connectionState);
  await client.setClientRole('host', level);
  await client.enableDualStream();
  const low: LowStreamParameter = { width: 160, height: { ideal: 120 }, framerate: 15, bitrate: 50 };
  client.setLowStreamParameter(low);
  await client.setDualStreamMode(1, low);
  await client.publish(tracks);
  await client.unpublish(client.localTracks);
  await client.unpublish();
  await client.disableDualStream();
  client.enableAudioVolumeIndicator();
  await client.leave();
  client.removeAllListeners('user-joined');
}

function remote(track: IRemoteTrack): void {
  common(track);
  track.on('first-frame-decoded', () => console.log(track.getUserId()));
  track.on('track-updated', (media) => console.log(media.id));
  track.on('transceiver-updated', (transceiver) => console.log(transceiver.receiver));
  console.log(track.getStats().receiveBytes);
}

async function heard(track: IRemoteAudioTrack, own: ILocalAudioTrack): Promise<void> {
  remote(track);
  track.play();
  track.setVolume(50);
  track.setAmplifiedVolume(150);
  console.log(track.getVolume(), track.getVolumeLevel(), track.getStats().receiveLevel);
  await track.setPlaybackDevice('default');
  track.setAudioFrameCallback((buffer) => console.log(buffer.duration));
  track.pipe(track.processorDestination);
  track.unpipe();
  track.addReferenceTrack(own);
  console.log(track.removeReferenceTrack(own), typeof track.useExtension, typeof track.removeExtension);
  await sounds(own, track);
}

function seen(track: IRemoteVideoTrack): void {
  remote(track);
  track.play('player', { fit: 'cover' });
  track.on('video-state-changed', (state) => console.log(state === VideoState.VideoStateFrozen));
  track.on('video-element-visible-status', (status) => console.log(status?.visible));
  track.on('sei-received', (sei) => console.log(sei.byteLength));
  console.log(
    track.getCurrentFrameData().height,
    track.getVideoElementVisibleStatus(),
    track.getStats().freezeRate,
  );
  track.pipe(track.processorDestination);
  track.unpipe();
  console.log(typeof track.useExtension, typeof track.removeExtension);
}

export async function watch(own: ILocalAudioTrack): Promise<void> {
  for (const user of client.remoteUsers) {
    if (user.hasVideo) seen(await client.subscribe(user, 'video'));
    if (user.hasAudio) await heard(await client.subscribe(user.uid, 'audio'), own);
    await client.unsubscribe(user);
    await client.unsubscribe(user.uid, 'video');
  }
  const [first] = client.remoteUsers;
  if (!first) return;
  const many = await client.massSubscribe([{ user: first, mediaType: 'audio' }]);
  for (const { user, track, error } of many) console.log(user.uid, track?.isPlaying, error?.code);
  await client.massUnsubscribe([{ user: first }]);
  const early: IRemoteAudioTrack = await client.presubscribe(7, 'audio');
  const earlyPicture: IRemoteVideoTrack = await client.presubscribe(7, 'video');
  console.log(early.getTrackId(), earlyPicture.getTrackId());
  await client.setRemoteVideoStreamType(first.uid, RemoteStreamType.LOW_STREAM);
  await client.setRemoteDefaultVideoStreamType(RemoteStreamType.HIGH_STREAM);
  await client.setStreamFallbackOption(first.uid, RemoteStreamFallbackType.AUDIO_ONLY);
  await client.pickSVCLayer(first.uid, { spatialLayer: 1, temporalLayer: 2 });
}

export function figures(uid: UID): void {
  const all: AgoraRTCStats = client.getRTCStats();
  const ownSound: LocalAudioTrackStats = client.getLocalAudioStats();
  const ownPicture: LocalVideoTrackStats = client.getLocalVideoStats();
  const theirSound: RemoteAudioTrackStats | undefined = client.getRemoteAudioStats()[uid];
  const theirPicture: RemoteVideoTrackStats | undefined = client.getRemoteVideoStats()[uid];
  console.log(all.UserCount, all.RTT, ownSound.codecType === 'opus', ownPicture.codecType === 'AV1');
  console.log(theirSound?.receiveLevel, theirPicture?.decodeFrameRate, client.getRemoteNetworkQuality()[uid]);
  console.log(client.getNetworkQuality().downlinkNetworkQuality, Math.round(client.getNtpWallTimeInMs()));
}

export async function services(): Promise<void> {
  client.setProxyServer('proxy.example');
  client.setTurnServer(turnServer);
  client.startProxyServer(3);
  client.stopProxyServer();
  const points: LocalAccessPointConfig = {
    accessPoints: { serverList: ['10.0.0.1'], domain: 'example.com' },
  };
  client.setLocalAccessPointsV2(points);
  client.setLicense('licence');
  await client.setRTMConfig({ apRTM: false, rtmFlag: 0 });
  const encryption: EncryptionMode = 'aes-128-gcm2';
  client.setEncryptionConfig(encryption, 'secret', new Uint8Array(32), true);
  const image: LiveStreamingTranscodingImage = { url: 'https://example.com/a.png', x: 0, y: 0 };
  const user: LiveStreamingTranscodingUser = { uid: 7, width: 640, height: 360, zOrder: 1 };
  const transcoding: LiveStreamingTranscodingConfig = {
    transcodingUsers: [user],
    images: [image],
    videoGop: 30,
  };
  await client.setLiveTranscoding(transcoding);
  await client.startLiveStreaming('rtmp://live.example/key', true);
  await client.stopLiveStreaming('rtmp://live.example/key');
  const relay: IChannelMediaRelayConfiguration = AgoraRTC.createChannelMediaRelayConfiguration();
  const to: ChannelMediaRelayInfo = { channelName: 'other', uid: 0 };
  relay.setSrcChannelInfo(to);
  relay.addDestChannelInfo(to);
  relay.removeDestChannelInfo('other');
  await client.startChannelMediaRelay(relay);
  await client.updateChannelMediaRelay(relay);
  await client.stopChannelMediaRelay();
  const inspection: InspectConfiguration = {
    interval: 1000,
    inspectType: ['supervise'],
    ossFilePrefix: 'a',
    extraInfo: '',
  };
  await client.enableContentInspect(inspection);
  await client.disableContentInspect();
  await client.setImageModeration(false);
  await client.setImageModeration(true, { interval: 1000, vendor: 'a' });
  const report: EventCustomReportParams = { reportId: '1', category: 'a', event: 'b', label: 'c', value: 1 };
  await client.sendCustomReportMessage([report]);
  client._setRteInfo('url', 'sid');
  console.log(client._isPreRender());
  const channelConfig: IDataChannelConfig = { id: 1, ordered: true, metadata: '' };
  const channel: ILocalDataChannel = await client.publish(channelConfig);
  channel.send(new ArrayBuffer(1));
  const received: IRemoteDataChannel = await client.subscribe(7, 'datachannel', 1);
  const same: IDataChannel = received;
  console.log(
    same.id,
    same.maxRetransmits,
    same.readyState,
    same.getChannelId(),
    same.getConfig(),
    client.localDataChannels.length,
  );
}

export function explain(error: unknown): string {
  const state: DeviceState = 'INACTIVE';
  const { code, message, data } = error as IAgoraRTCError;
  switch (code) {
    case AgoraRTCErrorCode.PERMISSION_DENIED:
      return 'allow the camera';
    case AgoraRTCErrorCode.CAN_NOT_GET_GATEWAY_SERVER:
      return `token: ${message}`;
    default:
      return code === AgoraRTCErrorCode.UID_CONFLICT ? String(data.why) : state;
  }
}

// @ts-expect-error: a code that is mistyped does not compile.
console.log(AgoraRTCErrorCode.PERMISION_DENIED);
// @ts-expect-error: nor does a mode that is none.
AgoraRTC.createClient({ mode: 'broadcast', codec: 'vp8' });
// @ts-expect-error: nor a preset of sound that is none.
void AgoraRTC.createMicrophoneAudioTrack({ encoderConfig: 'loud' });
// @ts-expect-error: nor a direction that a camera cannot face.
void AgoraRTC.createCameraVideoTrack({ facingMode: 'back' });
