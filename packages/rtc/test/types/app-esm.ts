// An app that takes the functions of the original's `/esm` entry by name; compiled as app.ts is.
import {
  AgoraRTC,
  AgoraRTCErrorCode,
  AREAS,
  BUILD,
  ChannelMediaRelayError,
  ChannelMediaRelayEvent,
  ChannelMediaRelayState,
  checkAudioTrackIsActive,
  checkSystemRequirements,
  checkVideoTrackIsActive,
  createBufferSourceAudioTrack,
  createCameraVideoTrack,
  createChannelMediaRelayConfiguration,
  createClient,
  createCustomAudioTrack,
  createCustomVideoTrack,
  createMicrophoneAndCameraTracks,
  createMicrophoneAudioTrack,
  createScreenVideoTrack,
  disableLogUpload,
  enableLogUpload,
  getCameras,
  getDevices,
  getElectronScreenSources,
  getMicrophones,
  getParameter,
  getPlaybackDevices,
  getSupportedCodec,
  type IAgoraRTCClient,
  type IAgoraRTCRemoteUser,
  type ICameraVideoTrack,
  type IMicrophoneAudioTrack,
  isAV1Decodable,
  type LastmileProbeResult,
  onAudioAutoplayFailed,
  onAudioContextStateChanged,
  onAutoplayFailed,
  onCameraChanged,
  onMicrophoneChanged,
  onSecurityPolicyViolation,
  preload,
  processExternalMediaAEC,
  registerExtensions,
  resumeAudioContext,
  setAppType,
  setArea,
  setLogLevel,
  setParameter,
  startLastmileProbeTest,
  type UID,
  VERSION,
} from 'agora-rtc-sdk-ng/esm';

console.log(VERSION, BUILD, AgoraRTCErrorCode.NOT_SUPPORTED, ChannelMediaRelayError.RELAY_OK);
console.log(ChannelMediaRelayEvent.NETWORK_CONNECTED, ChannelMediaRelayState.RELAY_STATE_IDLE);
setLogLevel(1);
setParameter('AUDIO_VOLUME_INDICATION_INTERVAL', 500);
console.log(getParameter('AUDIO_VOLUME_INDICATION_INTERVAL'));
enableLogUpload();
disableLogUpload();
setArea(AREAS.EUROPE);
setArea([AREAS.ASIA, AREAS.EUROPE]);
setAppType(1000);
registerExtensions([]);
processExternalMediaAEC(document.createElement('audio'));
AgoraRTC.on('camera-changed', (device) => console.log(device.state));
AgoraRTC.use({ name: 'DataStream', create: () => undefined });
AgoraRTC.onCameraChanged = (device) => console.log(device.device.label);
onAudioAutoplayFailed(() => undefined);
onAutoplayFailed(() => undefined);
onSecurityPolicyViolation((event) => console.log(event.blockedURI));
onCameraChanged((device) => console.log(device.initAt));
onMicrophoneChanged((device) => console.log(device.updateAt));
onAudioContextStateChanged((now, before) => console.log(now, before));

const client: IAgoraRTCClient = createClient({ mode: 'live', codec: 'h264' });
client.on('user-published', async (user: IAgoraRTCRemoteUser, mediaType) => {
  await client.subscribe(user, mediaType);
});

export async function start(): Promise<UID> {
  await resumeAudioContext();
  console.log(checkSystemRequirements(), await isAV1Decodable(), (await getSupportedCodec()).video.join());
  console.log(
    (await getDevices()).length,
    await getCameras(),
    await getMicrophones(),
    await getPlaybackDevices(),
  );
  await preload('a', 'c', null);
  const probe: LastmileProbeResult = await startLastmileProbeTest('a', 'c', null, 'ann');
  const [sound, picture]: [IMicrophoneAudioTrack, ICameraVideoTrack] =
    await createMicrophoneAndCameraTracks();
  const tracks = [sound, picture, await createMicrophoneAudioTrack(), await createCameraVideoTrack()];
  const screen = await createScreenVideoTrack({ encoderConfig: '1080p_1' }, 'disable');
  const own = createCustomVideoTrack({ mediaStreamTrack: screen.getMediaStreamTrack() });
  const mixed = createCustomAudioTrack({ mediaStreamTrack: sound.getMediaStreamTrack() });
  const file = await createBufferSourceAudioTrack({ source: 'a.mp3' });
  console.log(probe.rtt, await getElectronScreenSources(), createChannelMediaRelayConfiguration());
  // Their types in the original's entry are of classes that it does not export.
  console.log(typeof checkVideoTrackIsActive, typeof checkAudioTrackIsActive);
  const uid = await client.join('a', 'c', null, null);
  await client.publish([...tracks, own, mixed, file]);
  return uid;
}
