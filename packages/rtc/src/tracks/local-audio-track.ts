import type { AudioEncoderConfiguration, MicrophoneAudioTrackInitConfig } from '../api/configurations.ts';
import type { IAudioProcessor } from '../api/processors.ts';
import type { ILocalAudioTrack, IMicrophoneAudioTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { audioContext } from '../players/audio-context.ts';
import { AudioPlayer } from '../players/audio-player.ts';
import { LevelMeter } from '../players/level-meter.ts';
import { emptyLocalAudioStats, type LocalAudioStats } from '../stats/stats.ts';
import { rejectUnsupported, unsupported } from '../unsupported.ts';
import { audioConstraints, captureMedia } from './capture.ts';
import { LocalTrack } from './local-track.ts';

interface Gain {
  readonly node: GainNode;
  readonly source: MediaStreamAudioSourceNode;
  readonly output: MediaStreamTrack;
}

/** Sound that this page sends. */
export class LocalAudioTrack extends LocalTrack implements ILocalAudioTrack {
  override readonly trackMediaType = 'audio';
  /** The last stage of the track's processing; there is no other. */
  readonly processorDestination = { name: 'destination' } as IAudioProcessor;
  #player: AudioPlayer | undefined;
  #meter: LevelMeter | undefined;
  #gain: Gain | undefined;
  #volume = 100;

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

  override getMediaStreamTrack(): MediaStreamTrack {
    return this.#gain?.output ?? this.input;
  }

  /** 0 silent, 100 as it is, up to 1000. */
  setVolume(volume: number): void {
    if (!(volume >= 0 && volume <= 1000)) throw failure('INVALID_PARAMS', 'the volume is 0 to 1000');
    const output = this.getMediaStreamTrack();
    this.#volume = volume;
    if (volume !== 100 && !this.#gain) this.#gain = this.#makeGain();
    if (this.#gain) this.#gain.node.gain.value = volume / 100;
    if (this.getMediaStreamTrack() === output) return;
    this.emit('track-updated', this.getMediaStreamTrack());
    this.changed();
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
    this.#player ??= new AudioPlayer(this.getMediaStreamTrack(), 100, undefined);
  }

  override stop(): void {
    this.#player?.stop();
    this.#player = undefined;
  }

  override close(): void {
    super.close();
    this.#release();
  }

  override getStats(): LocalAudioStats {
    return super.getStats() as LocalAudioStats;
  }

  /** Processors of other makers are accepted and not run. */
  pipe<P extends IAudioProcessor>(processor: P): P {
    return processor;
  }

  unpipe(): void {}

  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), _frameSize?: number): void {
    if (callback) unsupported('callbacks with audio frames');
  }

  setPlaybackDevice(_deviceId: string): Promise<void> {
    return rejectUnsupported('playback device of its own for a local track');
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

  protected override sourceSwapped(): void {
    this.#release();
    if (this.#volume !== 100) this.#gain = this.#makeGain();
    this.#player?.setTrack(this.getMediaStreamTrack());
  }

  protected override shown(): void {
    this.#meter?.stop();
    this.#meter = undefined;
  }

  #makeGain(): Gain {
    const context = audioContext();
    const destination = context.createMediaStreamDestination();
    const node = context.createGain();
    node.gain.value = this.#volume / 100;
    const source = context.createMediaStreamSource(new MediaStream([this.input]));
    source.connect(node).connect(destination);
    return { node, source, output: destination.stream.getAudioTracks()[0] ?? this.input };
  }

  #release(): void {
    this.#meter?.stop();
    this.#meter = undefined;
    this.#gain?.source.disconnect();
    this.#gain = undefined;
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
