import type { AudioEncoderConfiguration, VideoEncoderConfiguration } from '../api/configurations.ts';
import type { ErrorName } from '../api/errors.ts';
import { failure } from '../errors.ts';

/** Opens microphone and camera in one permission prompt; rejects with the device error apps expect. */
export async function captureMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = mediaDevices();
  try {
    return await devices.getUserMedia(constraints);
  } catch (error) {
    throw captureFailure(error);
  }
}

/** Opens the screen picker; rejects with the device error apps expect. */
export async function captureScreen(options: DisplayMediaStreamOptions): Promise<MediaStream> {
  const devices = mediaDevices();
  if (typeof devices.getDisplayMedia !== 'function')
    throw failure('NOT_SUPPORTED', 'this browser can not share its screen');
  try {
    return await devices.getDisplayMedia(options);
  } catch (error) {
    throw captureFailure(error);
  }
}

/** The page's devices; browsers have them in secure contexts only. */
export function mediaDevices(): MediaDevices {
  const devices = typeof navigator === 'undefined' ? undefined : navigator.mediaDevices;
  if (!devices) throw failure('WEB_SECURITY_RESTRICT', 'devices need a page from https or localhost');
  return devices;
}

export function audioConstraints(
  encoder: AudioEncoderConfiguration,
  options: { AEC?: boolean; AGC?: boolean; ANS?: boolean; microphoneId?: string },
): MediaTrackConstraints {
  const { AEC = true, AGC = true, ANS = true, microphoneId } = options;
  return {
    echoCancellation: AEC,
    autoGainControl: AGC,
    noiseSuppression: ANS,
    ...(microphoneId && { deviceId: { exact: microphoneId } }),
    ...(encoder.sampleRate && { sampleRate: encoder.sampleRate }),
    ...(encoder.stereo && { channelCount: 2 }),
  };
}

export function videoConstraints(
  encoder: VideoEncoderConfiguration,
  options: { cameraId?: string; facingMode?: string } = {},
): MediaTrackConstraints {
  const { cameraId, facingMode } = options;
  return {
    ...(encoder.width !== undefined && { width: ideal(encoder.width) }),
    ...(encoder.height !== undefined && { height: ideal(encoder.height) }),
    ...(encoder.frameRate !== undefined && { frameRate: ideal(encoder.frameRate) }),
    ...(cameraId && { deviceId: { exact: cameraId } }),
    ...(!cameraId && facingMode && { facingMode: { ideal: facingMode } }),
  };
}

function ideal<T>(value: number | T): T | { ideal: number } {
  return typeof value === 'number' ? { ideal: value } : value;
}

const failures: Readonly<Record<string, ErrorName>> = {
  NotAllowedError: 'PERMISSION_DENIED',
  SecurityError: 'PERMISSION_DENIED',
  NotFoundError: 'DEVICE_NOT_FOUND',
  NotReadableError: 'NOT_READABLE',
  AbortError: 'NOT_READABLE',
  OverconstrainedError: 'CONSTRAINT_NOT_SATISFIED',
  TypeError: 'MEDIA_OPTION_INVALID',
};

function captureFailure(error: unknown): Error {
  const name = error instanceof Error ? error.name : '';
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure(failures[name] ?? 'UNEXPECTED_ERROR', text, error);
}
