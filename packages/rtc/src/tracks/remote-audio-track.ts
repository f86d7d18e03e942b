import type { IAudioProcessor } from '../api/processors.ts';
import type { IRemoteAudioTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { AudioPlayer } from '../players/audio-player.ts';
import { emptyRemoteAudioStats, type RemoteAudioStats } from '../stats/stats.ts';
import { unsupported } from '../unsupported.ts';
import { RemoteTrack } from './remote-track.ts';

/** A host's sound. */
export class RemoteAudioTrack extends RemoteTrack implements IRemoteAudioTrack {
  readonly processorDestination = { name: 'destination' } as IAudioProcessor;
  override readonly trackMediaType = 'audio';
  override readStats: () => RemoteAudioStats = emptyRemoteAudioStats;
  #player: AudioPlayer | undefined;
  #volume = 100;
  #deviceId: string | undefined;

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }

  /** Lets the user hear it. Browsers may hold it back until a gesture: then `autoplay-failed` is told, and it starts by itself at the gesture. */
  override play(): void {
    if (this.released) return;
    this.#player ??= new AudioPlayer(this.getMediaStreamTrack(), this.#volume, this.#deviceId);
  }

  override stop(): void {
    this.#player?.stop();
    this.#player = undefined;
  }

  /** 0 to 100. */
  setVolume(volume: number): void {
    if (!(volume >= 0)) throw failure('INVALID_PARAMS', 'the volume is 0 to 100');
    this.#volume = Math.min(100, volume);
    this.#player?.setVolume(this.#volume);
  }

  /** Louder than it is sent, up to 1000: browsers play at most what was sent, so that more than 100 is NOT_SUPPORTED. */
  setAmplifiedVolume(volume: number): void {
    if (volume > 100) unsupported('amplification of remote sound');
    this.setVolume(volume);
  }

  getVolume(): number {
    return this.#volume;
  }

  /** Loudness now, 0 to 1. */
  getVolumeLevel(): number {
    if (this.released) return 0;
    return this.receiver.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
  }

  /** Plays on another output; NOT_SUPPORTED where the browser has no choice. */
  async setPlaybackDevice(deviceId: string): Promise<void> {
    if (!('setSinkId' in HTMLMediaElement.prototype))
      throw failure('NOT_SUPPORTED', 'this browser can not choose a playback device');
    await this.#player?.setDevice(deviceId);
    this.#deviceId = deviceId;
  }

  override getStats(): RemoteAudioStats {
    return this.readStats();
  }

  /** Processors of other makers are accepted and not run. */
  pipe<P extends IAudioProcessor>(processor: P): P {
    return processor;
  }

  unpipe(): void {}

  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), _frameSize?: number): void {
    if (callback) unsupported('callbacks with audio frames');
  }

  // Extensions of the newer kind run in worklets of their makers; Housecount runs none.
  useExtension(): never {
    return unsupported('audio extensions');
  }

  removeExtension(): boolean {
    return false;
  }

  addReferenceTrack(): never {
    return unsupported('reference tracks');
  }

  removeReferenceTrack(): boolean {
    return false;
  }

  protected override rebound(track: MediaStreamTrack): void {
    this.#player?.setTrack(track);
  }
}
