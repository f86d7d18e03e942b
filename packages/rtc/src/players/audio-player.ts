import { failure } from '../errors.ts';
import { startPlaying } from './autoplay.ts';

/** The `<audio>` of one audio track; it is in no document. */
export class AudioPlayer {
  readonly #audio = new Audio();

  constructor(track: MediaStreamTrack, volume: number, sinkId: string | undefined) {
    this.#audio.autoplay = true;
    this.setVolume(volume);
    if (sinkId !== undefined) void this.#audio.setSinkId(sinkId).catch(() => undefined);
    this.setTrack(track);
  }

  setTrack(track: MediaStreamTrack): void {
    this.#audio.srcObject = new MediaStream([track]);
    this.#play();
  }

  /** 0 to 100. */
  setVolume(volume: number): void {
    this.#audio.volume = Math.min(1, Math.max(0, volume / 100));
  }

  /** Plays on another output; NOT_SUPPORTED where the browser has no choice. */
  async setDevice(deviceId: string): Promise<void> {
    requireChoiceOfOutput();
    await this.#audio.setSinkId(deviceId);
  }

  stop(): void {
    this.#audio.pause();
    this.#audio.srcObject = null;
  }

  #play(): void {
    if (this.#audio.srcObject) startPlaying(this.#audio, () => this.#play());
  }
}

/** NOT_SUPPORTED where the browser has no choice of outputs. */
export function requireChoiceOfOutput(): void {
  if (!('setSinkId' in HTMLMediaElement.prototype))
    throw failure('NOT_SUPPORTED', 'this browser can not choose a playback device');
}
