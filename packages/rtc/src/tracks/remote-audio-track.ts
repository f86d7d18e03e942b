import type { IAudioProcessor } from '../api/processors.ts';
import type { IRemoteAudioTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { AudioPlayer, requireChoiceOfOutput } from '../players/audio-player.ts';
import { SoundGraph } from '../processing/sound-graph.ts';
import { emptyRemoteAudioStats, type RemoteAudioStats } from '../stats/stats.ts';
import { unsupported } from '../unsupported.ts';
import { RemoteTrack } from './remote-track.ts';

/** A host's sound. */
export class RemoteAudioTrack extends RemoteTrack implements IRemoteAudioTrack {
  override readonly trackMediaType = 'audio';
  override readStats: () => RemoteAudioStats = emptyRemoteAudioStats;
  readonly #graph = new SoundGraph(
    'remote',
    () => this.received,
    () => this.#refresh(),
  );
  /** The last stage of what processes the track: what comes there is played. */
  readonly processorDestination = this.#graph.pipeline.destination;
  #shown: MediaStreamTrack | undefined;
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
    this.#shown = this.getMediaStreamTrack();
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

  /** As setVolume, and louder than it was sent: 0 to 1000. */
  setAmplifiedVolume(volume: number): void {
    if (!(volume >= 0 && volume <= 1000)) throw failure('INVALID_PARAMS', 'the volume is 0 to 1000');
    this.#graph.setVolume(Math.max(1, volume / 100));
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
    requireChoiceOfOutput();
    await this.#player?.setDevice(deviceId);
    this.#deviceId = deviceId;
  }

  override getStats(): RemoteAudioStats {
    return this.readStats();
  }

  /** Puts a processor behind what is received; what comes to `processorDestination` in the end is played. INVALID_PARAMS, INVALID_OPERATION if it is piped already. */
  pipe<P extends IAudioProcessor>(processor: P): P {
    return this.#graph.pipe(processor);
  }

  override unpipe(): void {
    this.#graph.unpipe();
  }

  /** Hands what is received to a function, `frameSize` samples of each channel at a time; null ends it. INVALID_PARAMS for a size that is none. */
  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), frameSize?: number): void {
    this.#graph.setFrameCallback(callback, frameSize);
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

  override release(): void {
    super.release();
    this.#graph.close();
  }

  protected override get processed(): MediaStreamTrack | undefined {
    return this.#graph.output;
  }

  protected override rebound(): void {
    this.#graph.sourceChanged();
    this.#refresh();
  }

  /** Plays what is to be heard, if that is another track than before. */
  #refresh(): void {
    const track = this.getMediaStreamTrack();
    if (this.released || track === this.#shown) return;
    this.#shown = track;
    this.#player?.setTrack(track);
  }
}
