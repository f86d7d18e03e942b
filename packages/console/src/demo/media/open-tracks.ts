import AgoraRTC from '@housecount/rtc';
import { codeOf } from '../problems.ts';
import type { LocalAudio, LocalVideo } from '../sdk.ts';
import { type TestPattern, testPattern } from './test-pattern.ts';

export interface Tracks {
  readonly source: 'camera' | 'pattern';
  readonly video?: LocalVideo;
  readonly audio?: LocalAudio;
}

/** The tracks, and the pattern that they show, which ends with them. */
export interface Opened {
  readonly tracks: Tracks;
  readonly pattern?: TestPattern;
}

/** Frees camera, microphone and pattern. */
export function close({ tracks, pattern }: Opened): void {
  tracks.video?.close();
  tracks.audio?.close();
  pattern?.stop();
}

export function openPattern(name: string): Opened {
  const pattern = testPattern(name);
  return {
    tracks: {
      source: 'pattern',
      video: AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: pattern.video }),
      audio: AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: pattern.audio }),
    },
    pattern,
  };
}

/** Camera and microphone, both with one question; where one of the two is missing, the other alone. */
export async function openDevices(): Promise<Opened> {
  try {
    const [audio, video] = await AgoraRTC.createMicrophoneAndCameraTracks({}, { encoderConfig: '480p_1' });
    return { tracks: { source: 'camera', audio, video } };
  } catch (error) {
    // A "no" is a "no": asking for each alone would ask the same person three times.
    if (codeOf(error) === 'PERMISSION_DENIED' || codeOf(error) === 'WEB_SECURITY_RESTRICT') throw error;
    const video = await AgoraRTC.createCameraVideoTrack({ encoderConfig: '480p_1' }).catch(() => undefined);
    const audio = await AgoraRTC.createMicrophoneAudioTrack().catch(() => undefined);
    if (video === undefined && audio === undefined) throw error;
    return { tracks: { source: 'camera', ...(video && { video }), ...(audio && { audio }) } };
  }
}
