import type { AudioSourceOptions, AudioSourceState } from '../../api/configurations.ts';
import { failure } from '../../errors.ts';

/**
 * Plays one AudioBuffer into a node, and knows where it is. Places are counted in seconds of sound since the first
 * cycle's beginning, so that they go on rising where a loop begins again.
 */
export class BufferPlayback {
  #state: AudioSourceState = 'stopped';
  #node: AudioBufferSourceNode | undefined;
  /** Seconds of sound that were played when `#node` was started, and the context's time of then. */
  #playedS = 0;
  #startedAtS = 0;
  /** Seconds of sound at which it is over; infinite in an endless loop. */
  #endS = 0;
  #speed = 1;

  constructor(
    private readonly buffer: AudioBuffer,
    private readonly output: AudioNode,
    private readonly onState: (state: AudioSourceState) => void,
  ) {}

  get state(): AudioSourceState {
    return this.#state;
  }

  /** Seconds from the beginning of the buffer. */
  get positionS(): number {
    const places = this.#places();
    return places >= this.#endS && this.#state === 'playing' ? this.duration : places % this.duration;
  }

  get duration(): number {
    return this.buffer.duration;
  }

  /** Begins, or begins anew. Without a place of its own it starts at the last place sought while stopped. INVALID_PARAMS for what cannot be. */
  start({ loop = false, cycle, startPlayTime }: AudioSourceOptions): void {
    const fromS = startPlayTime ?? (this.#state === 'stopped' ? this.#playedS : 0);
    this.#requirePlace(fromS);
    if (cycle !== undefined && !(Number.isInteger(cycle) && cycle > 0))
      throw failure('INVALID_PARAMS', 'cycle must be a whole number above 0');
    this.#halt();
    this.#playedS = fromS;
    this.#endS = loop ? Number.POSITIVE_INFINITY : (cycle ?? 1) * this.duration;
    this.#run();
    this.#enter('playing');
  }

  pause(): void {
    if (this.#state !== 'playing') return;
    this.#playedS = this.#places();
    this.#halt();
    this.#enter('paused');
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#run();
    this.#enter('playing');
  }

  stop(): void {
    this.#halt();
    this.#playedS = 0;
    this.#enter('stopped');
  }

  /** Goes on at another place of the cycle that is played. INVALID_PARAMS beyond the buffer. */
  seek(timeS: number): void {
    this.#requirePlace(timeS);
    const wasPlaying = this.#state === 'playing';
    const cycles = Math.floor(this.#places() / this.duration);
    this.#halt();
    this.#playedS = this.#state === 'stopped' ? timeS : cycles * this.duration + timeS;
    if (wasPlaying) this.#run();
  }

  /** 1 is the usual speed. */
  setSpeed(speed: number): void {
    this.#playedS = this.#places();
    this.#startedAtS = this.output.context.currentTime;
    this.#speed = speed;
    if (this.#node) this.#node.playbackRate.value = speed;
  }

  /** Seconds of sound played by now, of all cycles. */
  #places(): number {
    if (!this.#node) return this.#playedS;
    const passedS = this.output.context.currentTime - this.#startedAtS;
    return Math.min(this.#endS, this.#playedS + passedS * this.#speed);
  }

  #run(): void {
    const node = new AudioBufferSourceNode(this.output.context, {
      buffer: this.buffer,
      loop: this.#endS > this.duration,
      playbackRate: this.#speed,
    });
    node.connect(this.output);
    node.onended = () => {
      if (this.#node === node) this.stop();
    };
    const offsetS = this.#playedS % this.duration;
    if (this.#endS === Number.POSITIVE_INFINITY) node.start(0, offsetS);
    else node.start(0, offsetS, this.#endS - this.#playedS);
    this.#node = node;
    this.#startedAtS = this.output.context.currentTime;
  }

  #halt(): void {
    const node = this.#node;
    this.#node = undefined;
    node?.stop();
    node?.disconnect();
  }

  #enter(state: AudioSourceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.onState(state);
  }

  #requirePlace(timeS: number): void {
    if (!(timeS >= 0 && timeS <= this.duration))
      throw failure('INVALID_PARAMS', `the place must be within the ${this.duration} s of the audio`);
  }
}
