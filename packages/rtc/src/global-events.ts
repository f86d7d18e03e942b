import { Emitter } from './emitter.ts';

export interface DeviceInfo {
  /** Epoch milliseconds of this change, and of when the device was first seen. */
  readonly updateAt: number;
  readonly initAt: number;
  readonly state: 'ACTIVE' | 'INACTIVE';
  readonly device: MediaDeviceInfo;
}

export interface GlobalEvents {
  'autoplay-failed': [];
  'camera-changed': [DeviceInfo];
  'microphone-changed': [DeviceInfo];
  'playback-device-changed': [DeviceInfo];
  'security-policy-violation': [SecurityPolicyViolationEvent];
  'audio-context-state-changed': [AudioContextState, AudioContextState | undefined];
}

/** Events of the page as a whole; AgoraRTC hands them on. */
export const globalEvents = new Emitter<GlobalEvents>();
