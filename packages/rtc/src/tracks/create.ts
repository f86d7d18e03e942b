import type { AgoraRTCApi } from '../api/agora-rtc.ts';
import type {
  CameraVideoTrackInitConfig,
  CustomAudioTrackInitConfig,
  CustomVideoTrackInitConfig,
  MicrophoneAudioTrackInitConfig,
  ScreenAudioTrackInitConfig,
  ScreenVideoTrackInitConfig,
  VideoEncoderConfiguration,
} from '../api/configurations.ts';
import { failure } from '../errors.ts';
import { audioConstraints, captureMedia, captureScreen, videoConstraints } from './capture.ts';
import { LocalAudioTrack, MicrophoneAudioTrack } from './local-audio-track.ts';
import { CameraVideoTrack, type LocalVideoOptions, LocalVideoTrack } from './local-video-track.ts';
import { audioEncoder, screenEncoder, videoEncoder } from './presets.ts';

/** Opens a microphone. Rejects with a device error such as PERMISSION_DENIED or DEVICE_NOT_FOUND. */
export async function createMicrophoneAudioTrack(
  config: MicrophoneAudioTrackInitConfig = {},
): Promise<MicrophoneAudioTrack> {
  const encoder = audioEncoder(config.encoderConfig);
  const stream = await captureMedia({ audio: audioConstraints(encoder, config) });
  return new MicrophoneAudioTrack(only(stream.getAudioTracks()), encoder, config);
}

/** Opens a camera; likewise. */
export async function createCameraVideoTrack(
  config: CameraVideoTrackInitConfig = {},
): Promise<CameraVideoTrack> {
  const encoder = videoEncoder(config.encoderConfig);
  const stream = await captureMedia({ video: videoConstraints(encoder, config) });
  return cameraTrack(only(stream.getVideoTracks()), encoder, config);
}

/** Opens both with one question to the user. */
export async function createMicrophoneAndCameraTracks(
  audioConfig: MicrophoneAudioTrackInitConfig = {},
  videoConfig: CameraVideoTrackInitConfig = {},
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
export function createCustomVideoTrack(config: CustomVideoTrackInitConfig): LocalVideoTrack {
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
export function createCustomAudioTrack(config: CustomAudioTrackInitConfig): LocalAudioTrack {
  const { mediaStreamTrack, encoderConfig } = config ?? {};
  requireKind(mediaStreamTrack, 'audio');
  return new LocalAudioTrack(mediaStreamTrack, audioEncoder(encoderConfig), 'cus');
}

type WithAudio = 'enable' | 'disable' | 'auto' | ScreenAudioTrackInitConfig;

/**
 * Shares a screen, window or tab. With sound `enable`: both tracks, or SHARE_AUDIO_NOT_ALLOWED if the user gave no sound;
 * `auto`: both or one; `disable`: the picture only.
 */
export const createScreenVideoTrack = shareScreen as AgoraRTCApi['createScreenVideoTrack'];

async function shareScreen(
  config: ScreenVideoTrackInitConfig = {},
  withAudio: WithAudio = 'disable',
): Promise<LocalVideoTrack | [LocalVideoTrack, LocalAudioTrack]> {
  const { encoderConfig, optimizationMode, displaySurface, ...options } = config ?? {};
  const encoder = screenEncoder(encoderConfig);
  const stream = await captureScreen({
    ...options,
    video: { ...videoConstraints(encoder), ...(displaySurface && { displaySurface }) },
    audio: typeof withAudio === 'object' ? soundOfScreen(withAudio) : withAudio !== 'disable',
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

/** What a page says of the sound of a screen, as the browser takes it; what the page says nothing of is left to the browser. */
function soundOfScreen({ AEC, AGC, ANS, ...others }: ScreenAudioTrackInitConfig): MediaTrackConstraints {
  return {
    ...others,
    ...(AEC !== undefined && { echoCancellation: AEC }),
    ...(AGC !== undefined && { autoGainControl: AGC }),
    ...(ANS !== undefined && { noiseSuppression: ANS }),
  };
}

function cameraTrack(
  source: MediaStreamTrack,
  encoder: VideoEncoderConfiguration,
  config: CameraVideoTrackInitConfig,
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
