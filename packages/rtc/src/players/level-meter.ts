import { audioContext } from './audio-context.ts';

/** The loudness of one local audio track, measured when asked for. */
export class LevelMeter {
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    const context = audioContext();
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  /** 0 to 1. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    // Speech has a root mean square of about 0.1 to 0.3; the factor spreads that over the upper half of the scale.
    return Math.min(1, Math.sqrt(sum / this.#samples.length) * 3);
  }

  stop(): void {
    this.#source.disconnect();
  }
}
