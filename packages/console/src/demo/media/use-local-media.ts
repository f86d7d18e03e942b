import AgoraRTC from '@housecount/rtc';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { codeOf, mediaProblem, type Problem } from '../problems.ts';
import type { CameraTrack, LocalAudio, LocalVideo, MicrophoneTrack } from '../sdk.ts';
import { type TestPattern, testPattern } from './test-pattern.ts';

export interface Tracks {
  readonly source: 'camera' | 'pattern';
  readonly video?: LocalVideo;
  readonly audio?: LocalAudio;
}

export interface LocalMedia {
  readonly state: 'off' | 'asking' | 'on' | 'failed';
  readonly tracks?: Tracks;
  readonly problem?: Problem;
  readonly cameraOn: boolean;
  readonly microphoneOn: boolean;
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
  /** Opens camera and microphone, or the test pattern; the tracks, or undefined with `problem` set. */
  start(source: 'camera' | 'pattern', name: string): Promise<Tracks | undefined>;
  stop(): void;
  toggleCamera(): Promise<void>;
  toggleMicrophone(): Promise<void>;
  chooseCamera(deviceId: string): Promise<void>;
  chooseMicrophone(deviceId: string): Promise<void>;
}

/** Holds the media that this page sends, from the first question for permission to the last light going out. */
export function useLocalMedia(): LocalMedia {
  const [state, setState] = useState<LocalMedia['state']>('off');
  const [tracks, setTracks] = useState<Tracks>();
  const [problem, setProblem] = useState<Problem>();
  const [cameraOn, setCameraOn] = useState(true);
  const [microphoneOn, setMicrophoneOn] = useState(true);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const held = useRef<{ tracks?: Tracks; pattern?: TestPattern; turn: number }>({ turn: 0 });

  const release = useCallback(() => {
    held.current.turn += 1;
    held.current.tracks?.video?.close();
    held.current.tracks?.audio?.close();
    held.current.pattern?.stop();
    held.current = { turn: held.current.turn };
  }, []);
  // The camera's light goes out when the page is left, whatever else happens.
  useEffect(() => release, [release]);

  const stop = useCallback(() => {
    release();
    setState('off');
    setTracks(undefined);
    setProblem(undefined);
    setCameraOn(true);
    setMicrophoneOn(true);
  }, [release]);

  const start = useCallback(
    async (source: 'camera' | 'pattern', name: string) => {
      stop();
      const turn = held.current.turn;
      setState('asking');
      try {
        const pattern = source === 'pattern' ? testPattern(name) : undefined;
        const opened: Tracks = pattern
          ? {
              source,
              video: AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: pattern.video }),
              audio: AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: pattern.audio }),
            }
          : { source: 'camera', ...(await openDevices()) };
        if (held.current.turn !== turn) {
          // Something newer was asked for meanwhile.
          opened.video?.close();
          opened.audio?.close();
          pattern?.stop();
          return undefined;
        }
        held.current = { tracks: opened, ...(pattern && { pattern }), turn };
        pattern?.resume();
        setTracks(opened);
        setState('on');
        if (!pattern) setDevices(await AgoraRTC.getDevices(true));
        return opened;
      } catch (error) {
        if (held.current.turn !== turn) return undefined;
        release();
        setTracks(undefined);
        setProblem(mediaProblem(error));
        setState('failed');
        return undefined;
      }
    },
    [release, stop],
  );

  return useMemo(() => {
    const attempt = async (step: Promise<void> | undefined, done?: () => void) => {
      try {
        await step;
        setProblem(undefined);
        done?.();
      } catch (error) {
        setProblem(mediaProblem(error));
      }
    };
    return {
      state,
      ...(tracks && { tracks }),
      ...(problem && { problem }),
      cameraOn: cameraOn && tracks?.video !== undefined,
      microphoneOn: microphoneOn && tracks?.audio !== undefined,
      cameras: devices.filter((device) => device.kind === 'videoinput'),
      microphones: devices.filter((device) => device.kind === 'audioinput'),
      start,
      stop,
      toggleCamera: () => attempt(tracks?.video?.setEnabled(!cameraOn), () => setCameraOn(!cameraOn)),
      toggleMicrophone: () =>
        attempt(tracks?.audio?.setMuted(microphoneOn), () => setMicrophoneOn(!microphoneOn)),
      chooseCamera: (id: string) => attempt((tracks?.video as CameraTrack | undefined)?.setDevice(id)),
      chooseMicrophone: (id: string) =>
        attempt((tracks?.audio as MicrophoneTrack | undefined)?.setDevice(id)),
    };
  }, [state, tracks, problem, cameraOn, microphoneOn, devices, start, stop]);
}

/** Both with one question; where one of the two is missing, the other alone. */
async function openDevices(): Promise<{ video?: LocalVideo; audio?: LocalAudio }> {
  try {
    const [audio, video] = await AgoraRTC.createMicrophoneAndCameraTracks({}, { encoderConfig: '480p_1' });
    return { audio, video };
  } catch (error) {
    // A "no" is a "no": asking for each alone would ask the same person three times.
    if (codeOf(error) === 'PERMISSION_DENIED' || codeOf(error) === 'WEB_SECURITY_RESTRICT') throw error;
    const video = await AgoraRTC.createCameraVideoTrack({ encoderConfig: '480p_1' }).catch(() => undefined);
    const audio = await AgoraRTC.createMicrophoneAudioTrack().catch(() => undefined);
    if (video === undefined && audio === undefined) throw error;
    return { ...(video && { video }), ...(audio && { audio }) };
  }
}
