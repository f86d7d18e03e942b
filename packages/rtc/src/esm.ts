import { AgoraRTC, functions } from './client/agora-rtc.ts';
import type { GlobalEvents } from './global-events.ts';

export { AgoraRTC as default } from './client/agora-rtc.ts';
/** The API as named functions, as its `/esm` entry has them. */
export * from './index.ts';

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

type Setter<K extends keyof GlobalEvents> = (callback: (...args: GlobalEvents[K]) => unknown) => void;

export const onAutoplayFailed: Setter<'autoplay-failed'> = (callback) => {
  AgoraRTC.onAutoplayFailed = callback;
};
export const onCameraChanged: Setter<'camera-changed'> = (callback) => {
  AgoraRTC.onCameraChanged = callback;
};
export const onMicrophoneChanged: Setter<'microphone-changed'> = (callback) => {
  AgoraRTC.onMicrophoneChanged = callback;
};
export const onPlaybackDeviceChanged: Setter<'playback-device-changed'> = (callback) => {
  AgoraRTC.onPlaybackDeviceChanged = callback;
};
export const onSecurityPolicyViolation: Setter<'security-policy-violation'> = (callback) => {
  AgoraRTC.onSecurityPolicyViolation = callback;
};
export const onAudioContextStateChanged: Setter<'audio-context-state-changed'> = (callback) => {
  AgoraRTC.onAudioContextStateChanged = callback;
};
