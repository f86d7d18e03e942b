import AgoraRTC from '@housecount/rtc';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { mediaProblem, type Problem } from '../problems.ts';
import type { CameraTrack, MicrophoneTrack } from '../sdk.ts';
import { close, type Opened, openDevices, openPattern, type Tracks } from './open-tracks.ts';

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
  const held = useRef<{ opened?: Opened; turn: number }>({ turn: 0 });

  const release = useCallback(() => {
    held.current.turn += 1;
    if (held.current.opened) close(held.current.opened);
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
        const opened = source === 'pattern' ? openPattern(name) : await openDevices();
        if (held.current.turn !== turn) {
          // Something newer was asked for meanwhile.
          close(opened);
          return undefined;
        }
        held.current = { opened, turn };
        opened.pattern?.resume();
        setTracks(opened.tracks);
        setState('on');
        if (!opened.pattern) setDevices(await AgoraRTC.getDevices(true));
        return opened.tracks;
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
