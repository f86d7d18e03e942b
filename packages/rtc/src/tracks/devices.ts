import { stampMs } from '@housecount/link';
import { failure } from '../errors.ts';
import { type GlobalEvents, globalEvents } from '../global-events.ts';
import { captureMedia, mediaDevices } from './capture.ts';

/** Devices of the page. Unless told to skip it, the devices are opened for a moment, because names are hidden before. */
export async function getDevices(skipPermissionCheck = false): Promise<MediaDeviceInfo[]> {
  return enumerate(skipPermissionCheck ? undefined : { audio: true, video: true });
}

export async function getCameras(skipPermissionCheck = false): Promise<MediaDeviceInfo[]> {
  const devices = await enumerate(skipPermissionCheck ? undefined : { video: true });
  return devices.filter((device) => device.kind === 'videoinput');
}

export async function getMicrophones(skipPermissionCheck = false): Promise<MediaDeviceInfo[]> {
  const devices = await enumerate(skipPermissionCheck ? undefined : { audio: true });
  return devices.filter((device) => device.kind === 'audioinput');
}

export async function getPlaybackDevices(skipPermissionCheck = false): Promise<MediaDeviceInfo[]> {
  const devices = await enumerate(skipPermissionCheck ? undefined : { audio: true });
  return devices.filter((device) => device.kind === 'audiooutput');
}

async function enumerate(ask: MediaStreamConstraints | undefined): Promise<MediaDeviceInfo[]> {
  const devices = mediaDevices();
  if (ask) for (const track of (await captureMedia(ask)).getTracks()) track.stop();
  try {
    return await devices.enumerateDevices();
  } catch (error) {
    throw failure('ENUMERATE_DEVICES_FAILED', 'the devices can not be listed', error);
  }
}

type DeviceEvent = 'camera-changed' | 'microphone-changed' | 'playback-device-changed';
const eventOf: Readonly<Record<MediaDeviceKind, DeviceEvent>> = {
  videoinput: 'camera-changed',
  audioinput: 'microphone-changed',
  audiooutput: 'playback-device-changed',
};

let watching = false;

/** Tells of devices that come and go, from the first call on. Does nothing outside a page. */
export function watchDevices(): void {
  const devices = typeof navigator === 'undefined' ? undefined : navigator.mediaDevices;
  if (watching || typeof devices?.addEventListener !== 'function') return;
  watching = true;
  const known = new Map<string, { readonly device: MediaDeviceInfo; readonly initAt: number }>();
  let first = true;
  const look = async (): Promise<void> => {
    const nowMs = stampMs();
    const present = (await devices.enumerateDevices()).filter((device) => device.deviceId !== '');
    const ids = new Set(present.map((device) => device.kind + device.deviceId));
    const tell = (device: MediaDeviceInfo, state: 'ACTIVE' | 'INACTIVE', initAt: number): void =>
      globalEvents.emit(eventOf[device.kind], { updateAt: nowMs, initAt, state, device });
    for (const [id, { device, initAt }] of [...known]) {
      if (ids.has(id)) continue;
      known.delete(id);
      tell(device, 'INACTIVE', initAt);
    }
    for (const device of present) {
      const id = device.kind + device.deviceId;
      if (known.has(id)) continue;
      known.set(id, { device, initAt: nowMs });
      if (!first) tell(device, 'ACTIVE', nowMs);
    }
    first = false;
  };
  const lookSafely = (): void => void look().catch(() => undefined);
  lookSafely();
  devices.addEventListener('devicechange', lookSafely);
}

/** The listeners that a page may assign to AgoraRTC, by the event each one hears. */
export const callbackEvents = {
  onAutoplayFailed: 'autoplay-failed',
  onAudioAutoplayFailed: 'audio-autoplay-failed',
  onCameraChanged: 'camera-changed',
  onMicrophoneChanged: 'microphone-changed',
  onPlaybackDeviceChanged: 'playback-device-changed',
  onSecurityPolicyViolation: 'security-policy-violation',
  onAudioContextStateChanged: 'audio-context-state-changed',
} as const satisfies Record<string, keyof GlobalEvents>;
