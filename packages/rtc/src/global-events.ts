import type { DeviceInfo } from './api/configurations.ts';
import { Emitter } from './emitter.ts';

type AudioState = AudioContextState | 'interrupted';

export interface GlobalEvents {
  'autoplay-failed': [];
  /** Told for each sound that the browser holds back, for `onAudioAutoplayFailed`. */
  'audio-autoplay-failed': [];
  'camera-changed': [device: DeviceInfo];
  'microphone-changed': [device: DeviceInfo];
  'playback-device-changed': [device: DeviceInfo];
  'security-policy-violation': [event: SecurityPolicyViolationEvent];
  'audio-context-state-changed': [current: AudioState, previous: AudioState | undefined];
}

/** Events of the page as a whole; AgoraRTC hands them on. */
export const globalEvents = new Emitter<GlobalEvents>();
