import { passedMs } from '@housecount/link';
import type { ITrack } from '../api/tracks.ts';

/** Looks per check. */
const lookMs = 250;

/** Resolves true as soon as the track shows life (sound, or pictures that change), false after `timeoutMs` milliseconds. */
export async function activeTrack(track: ITrack<unknown>, timeoutMs = 5000): Promise<boolean> {
  const endMs = passedMs() + timeoutMs;
  const first = sign(track);
  for (;;) {
    const now = sign(track);
    if (now !== undefined && (typeof now === 'boolean' ? now : now !== first)) return true;
    if (passedMs() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

function sign(track: ITrack<unknown>): boolean | string | undefined {
  if ('getVolumeLevel' in track && typeof track.getVolumeLevel === 'function')
    return track.getVolumeLevel() > 0;
  if ('getCurrentFrameData' in track && typeof track.getCurrentFrameData === 'function') {
    const { data } = track.getCurrentFrameData() as ImageData;
    let sum = 0;
    for (let at = 0; at < data.length; at += 97) sum = (sum * 31 + (data[at] ?? 0)) >>> 0;
    return String(sum);
  }
  return undefined;
}
