import { AgoraRTC, functions, VERSION } from './client/agora-rtc.ts';
import type { GlobalEvents } from './global-events.ts';
import type { callbackEvents } from './tracks/devices.ts';

export { AgoraRTC as default } from './client/agora-rtc.ts';
/** The API as named functions, as its `/esm` entry has them. */
export * from './index.ts';
export { isAV1Decodable } from './media/codecs.ts';
export { getParameter } from './settings.ts';

/** What apps show beside the version; the original's is a date. */
export const BUILD = VERSION;

export const {
  createClient,
  createMicrophoneAudioTrack,
  createCameraVideoTrack,
  createMicrophoneAndCameraTracks,
  createCustomVideoTrack,
  createCustomAudioTrack,
  createScreenVideoTrack,
  createBufferSourceAudioTrack,
  createChannelMediaRelayConfiguration,
  getDevices,
  getCameras,
  getMicrophones,
  getPlaybackDevices,
  getElectronScreenSources,
  checkSystemRequirements,
  checkAudioTrackIsActive,
  checkVideoTrackIsActive,
  getSupportedCodec,
  setLogLevel,
  enableLogUpload,
  disableLogUpload,
  setArea,
  setAppType,
  setParameter,
  preload,
  startLastmileProbeTest,
  registerExtensions,
  processExternalMediaAEC,
  resumeAudioContext,
} = functions;

type Callback = keyof typeof callbackEvents;
type Setter<C extends Callback> = (
  callback: (...args: GlobalEvents[(typeof callbackEvents)[C]]) => unknown,
) => void;

/** A function that assigns the object's callback of the same name. */
const setter =
  <C extends Callback>(name: C): Setter<C> =>
  (callback) => {
    Object.assign(AgoraRTC, { [name]: callback });
  };

export const onAutoplayFailed: Setter<'onAutoplayFailed'> = setter('onAutoplayFailed');
export const onAudioAutoplayFailed: Setter<'onAudioAutoplayFailed'> = setter('onAudioAutoplayFailed');
export const onCameraChanged: Setter<'onCameraChanged'> = setter('onCameraChanged');
export const onMicrophoneChanged: Setter<'onMicrophoneChanged'> = setter('onMicrophoneChanged');
export const onPlaybackDeviceChanged: Setter<'onPlaybackDeviceChanged'> = setter('onPlaybackDeviceChanged');
export const onSecurityPolicyViolation: Setter<'onSecurityPolicyViolation'> =
  setter('onSecurityPolicyViolation');
export const onAudioContextStateChanged: Setter<'onAudioContextStateChanged'> = setter(
  'onAudioContextStateChanged',
);
