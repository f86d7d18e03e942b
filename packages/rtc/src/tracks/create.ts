import { failure } from '../errors.ts';
import { audioConstraints, captureMedia, captureScreen, videoConstraints } from './capture.ts';
import { LocalAudioTrack, MicrophoneAudioTrack, type MicrophoneOptions } from './local-audio-track.ts';
import {
  type CameraOptions,
  CameraVideoTrack,
  type LocalVideoOptions,
  LocalVideoTrack,
  type OptimizationMode,
} from './local-video-track.ts';
import {
  type AudioEncoderConfiguration,
  audioEncoder,
  screenEncoder,
  type VideoEncoderConfiguration,
  videoEncoder,
} from './presets.ts';

export interface MicrophoneConfig extends MicrophoneOptions {
  readonly encoderConfig?: string | AudioEncoderConfiguration;
}
export interface CameraConfig extends CameraOptions {
  readonly encoderConfig?: string | VideoEncoderConfiguration;
  readonly optimizationMode?: OptimizationMode;
}
export interface ScreenConfig {
  readonly encoderConfig?: string | VideoEncoderConfiguration;
  readonly optimizationMode?: OptimizationMode;
  readonly displaySurface?: string;
  readonly selfBrowserSurface?: string;
  readonly surfaceSwitching?: string;
  readonly systemAudio?: string;
  readonly windowAudio?: string;
  readonly monitorTypeSurfaces?: string;
  readonly preferCurrentTab?: boolean;
}
export interface CustomVideoConfig {
  readonly mediaStreamTrack: MediaStreamTrack;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  readonly bitrateMin?: number;
  readonly bitrateMax?: number;
  readonly optimizationMode?: OptimizationMode;
}
export interface CustomAudioConfig {
  readonly mediaStreamTrack: MediaStreamTrack;
  readonly encoderConfig?: string | AudioEncoderConfiguration;
}

/** Opens a microphone. Rejects with a device error such as PERMISSION_DENIED or DEVICE_NOT_FOUND. */
export async function createMicrophoneAudioTrack(
  config: MicrophoneConfig = {},
): Promise<MicrophoneAudioTrack> {
  const encoder = audioEncoder(config.encoderConfig);
  const stream = await captureMedia({ audio: audioConstraints(encoder, config) });
  return new MicrophoneAudioTrack(only(stream.getAudioTracks()), encoder, config);
}

/** Opens a camera; likewise. */
export async function createCameraVideoTrack(config: CameraConfig = {}): Promise<CameraVideoTrack> {
  const encoder = videoEncoder(config.encoderConfig);
  const stream = await captureMedia({ video: videoConstraints(encoder, config) });
  return cameraTrack(only(stream.getVideoTracks()), encoder, config);
}

/** Opens both with one question to the user. */
export async function createMicrophoneAndCameraTracks(
  audioConfig: MicrophoneConfig = {},
  videoConfig: CameraConfig = {},
): Promise<[MicrophoneAudioTrack, CameraVideoTrack]> {
  const sound = audioEncoder(audioConfig.encoderConfig);
  const picture = videoEncoder(videoConfig.encoderConfig);
  const stream = await captureMedia({
    audio: audioConstraints(sound, audioConfig),
    video: videoConstraints(picture, videoConfig),
  });
  return [
    new MicrophoneAudioTrack(only(stream.getAudioTracks()), sound, audioConfig),
    cameraTrack(only(stream.getVideoTracks()), picture, videoConfig),
  ];
}

/** A track of the page's own making, such as a canvas. */
export function createCustomVideoTrack(config: CustomVideoConfig): LocalVideoTrack {
  const { mediaStreamTrack, optimizationMode, ...encoder } = config ?? {};
  requireKind(mediaStreamTrack, 'video');
  return new LocalVideoTrack(mediaStreamTrack, {
    encoder,
    kind: 'cus',
    player: { mirror: false, fit: 'contain' },
    ...(optimizationMode && { optimizationMode }),
  });
}

/** A track of the page's own making, such as the output of an AudioContext. */
export function createCustomAudioTrack(config: CustomAudioConfig): LocalAudioTrack {
  const { mediaStreamTrack, encoderConfig } = config ?? {};
  requireKind(mediaStreamTrack, 'audio');
  return new LocalAudioTrack(mediaStreamTrack, audioEncoder(encoderConfig), 'cus');
}

type WithAudio = 'enable' | 'disable' | 'auto' | object;

/**
 * Shares a screen, window or tab. With sound `enable`: both tracks, or SHARE_AUDIO_NOT_ALLOWED if the user gave no sound;
 * `auto`: both or one; `disable`: the picture only.
 */
export async function createScreenVideoTrack(
  config: ScreenConfig = {},
  withAudio: WithAudio = 'disable',
): Promise<LocalVideoTrack | [LocalVideoTrack, LocalAudioTrack]> {
  const { encoderConfig, optimizationMode, displaySurface, ...options } = config ?? {};
  const encoder = screenEncoder(encoderConfig);
  const stream = await captureScreen({
    ...options,
    video: { ...videoConstraints(encoder), ...(displaySurface && { displaySurface }) },
    audio: withAudio !== 'disable',
  });
  const [sound] = stream.getAudioTracks();
  if (withAudio === 'enable' && !sound) {
    for (const track of stream.getTracks()) track.stop();
    throw failure('SHARE_AUDIO_NOT_ALLOWED', 'the user shared no sound');
  }
  const picture = new LocalVideoTrack(only(stream.getVideoTracks()), {
    encoder,
    kind: 'scr',
    player: { mirror: false, fit: 'contain' },
    optimizationMode: optimizationMode ?? 'detail',
  });
  return sound ? [picture, new LocalAudioTrack(sound, audioEncoder(), 'scr')] : picture;
}

function cameraTrack(
  source: MediaStreamTrack,
  encoder: VideoEncoderConfiguration,
  config: CameraConfig,
): CameraVideoTrack {
  const options: LocalVideoOptions = {
    encoder,
    kind: 'cam',
    player: { mirror: true, fit: 'cover' },
    ...(config.optimizationMode && { optimizationMode: config.optimizationMode }),
  };
  return new CameraVideoTrack(source, options, config);
}

function only(tracks: readonly MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw failure('DEVICE_NOT_FOUND', 'the device gave no track');
  return track;
}

function requireKind(track: MediaStreamTrack | undefined, kind: 'audio' | 'video'): void {
  if (track?.kind !== kind) throw failure('INVALID_PARAMS', `mediaStreamTrack must be an ${kind} track`);
}
