import type { AudioEncoderConfiguration, MicrophoneAudioTrackInitConfig } from '../api/configurations.ts';
import type { IAudioProcessor } from '../api/processors.ts';
import type { ILocalAudioTrack, IMicrophoneAudioTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { AudioPlayer, requireChoiceOfOutput } from '../players/audio-player.ts';
import { LevelMeter } from '../players/level-meter.ts';
import { SoundGraph } from '../processing/sound-graph.ts';
import { emptyLocalAudioStats, type LocalAudioStats } from '../stats/stats.ts';
import { unsupported } from '../unsupported.ts';
import { audioConstraints, captureMedia } from './capture.ts';
import { LocalTrack } from './local-track.ts';

/** Sound that this page sends. */
export class LocalAudioTrack extends LocalTrack implements ILocalAudioTrack {
  override readonly trackMediaType = 'audio';
  readonly #graph = new SoundGraph(
    'local',
    () => this.input,
    () => this.refresh(),
  );
  /** The last stage of what processes the track: what comes there is sent. */
  readonly processorDestination = this.#graph.pipeline.destination;
  #player: AudioPlayer | undefined;
  #meter: LevelMeter | undefined;
  #deviceId: string | undefined;

  constructor(
    source: MediaStreamTrack,
    /** @internal */
    readonly encoder: AudioEncoderConfiguration,
    kind = 'aud',
    capture?: () => Promise<MediaStreamTrack>,
  ) {
    super(source, kind, capture);
  }

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }

  /** 0 silent, 100 as it is, up to 1000. */
  setVolume(volume: number): void {
    if (!(volume >= 0 && volume <= 1000)) throw failure('INVALID_PARAMS', 'the volume is 0 to 1000');
    this.#graph.setVolume(volume / 100);
  }

  /** Loudness now, 0 to 1; 0 while muted or disabled. */
  getVolumeLevel(): number {
    if (this.closed || this.muted || !this.enabled || typeof AudioContext === 'undefined') return 0;
    this.#meter ??= new LevelMeter(this.getMediaStreamTrack());
    return this.#meter.level();
  }

  /** Lets the user hear the track. */
  override play(): void {
    this.requireOpen();
    this.#player ??= new AudioPlayer(this.getMediaStreamTrack(), 100, this.#deviceId);
  }

  override stop(): void {
    this.#player?.stop();
    this.#player = undefined;
  }

  override getStats(): LocalAudioStats {
    return super.getStats() as LocalAudioStats;
  }

  /** Puts a processor behind the source; what comes to `processorDestination` in the end is sent. INVALID_PARAMS, INVALID_OPERATION if it is piped already. */
  pipe<P extends IAudioProcessor>(processor: P): P {
    this.requireOpen();
    return this.#graph.pipe(processor);
  }

  unpipe(): void {
    this.#graph.unpipe();
  }

  /** Hands what is sent to a function, `frameSize` samples of each channel at a time, before its volume; null ends it. INVALID_PARAMS for a size that is none. */
  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), frameSize?: number): void {
    this.requireOpen();
    this.#graph.setFrameCallback(callback, frameSize);
  }

  /** Plays on another output; NOT_SUPPORTED where the browser has no choice. */
  async setPlaybackDevice(deviceId: string): Promise<void> {
    requireChoiceOfOutput();
    await this.#player?.setDevice(deviceId);
    this.#deviceId = deviceId;
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

  protected override emptyStats(): LocalAudioStats {
    return emptyLocalAudioStats();
  }

  protected override get processed(): MediaStreamTrack | undefined {
    return this.#graph.output;
  }

  protected override sourceSwapped(): void {
    this.#graph.sourceChanged();
  }

  protected override show(sent: MediaStreamTrack): void {
    this.#forgetMeter();
    this.#player?.setTrack(sent);
  }

  protected override shown(): void {
    this.#forgetMeter();
  }

  protected override released(): void {
    this.#forgetMeter();
    this.#graph.close();
  }

  #forgetMeter(): void {
    this.#meter?.stop();
    this.#meter = undefined;
  }
}

/** Sound from a microphone. */
export class MicrophoneAudioTrack extends LocalAudioTrack implements IMicrophoneAudioTrack {
  readonly #options: MicrophoneAudioTrackInitConfig;
  #deviceId: string | undefined;

  constructor(
    source: MediaStreamTrack,
    encoder: AudioEncoderConfiguration,
    options: MicrophoneAudioTrackInitConfig,
  ) {
    super(source, encoder, 'mic', () => this.#open());
    this.#options = options;
    this.#deviceId = options.microphoneId;
  }

  /** Switches to another microphone. */
  async setDevice(deviceId: string): Promise<void> {
    this.requireOpen();
    const before = this.#deviceId;
    this.#deviceId = deviceId;
    if (!this.enabled) return;
    try {
      this.swapSource(await this.#open(), true);
    } catch (error) {
      this.#deviceId = before;
      throw error;
    }
  }

  async #open(): Promise<MediaStreamTrack> {
    const options = { ...this.#options, ...(this.#deviceId && { microphoneId: this.#deviceId }) };
    const stream = await captureMedia({ audio: audioConstraints(this.encoder, options) });
    const [track] = stream.getAudioTracks();
    if (!track) throw failure('DEVICE_NOT_FOUND', 'the microphone gave no track');
    return track;
  }
}
