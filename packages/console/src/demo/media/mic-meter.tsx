import { Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { LocalAudio } from '../sdk.ts';

const readEveryMs = 100;

/** The level of the microphone, so that people see that it works. */
export function MicMeter({ track, on }: { track: LocalAudio | undefined; on: boolean }) {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    if (track === undefined || !on) return setLevel(0);
    // The root spreads the quiet half of the scale, where speech is.
    const timer = setInterval(
      () => setLevel(Math.round(Math.sqrt(track.getVolumeLevel()) * 100)),
      readEveryMs,
    );
    return () => clearInterval(timer);
  }, [track, on]);
  return (
    <Progress value={level} color="teal" size="sm" transitionDuration={80} aria-label="Microphone level" />
  );
}
