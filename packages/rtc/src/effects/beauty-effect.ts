import { passedMs } from '@housecount/link';
import type { BeautyEffectOptions } from '../api/configurations.ts';
import { failure } from '../errors.ts';
import { log } from '../log.ts';
import { BeautyPainter } from './beauty-painter.ts';

/** Chromium's streams of a track's frames, which its type library does not have. */
interface FrameStreams {
  readonly MediaStreamTrackProcessor?: new (init: {
    track: MediaStreamTrack;
    maxBufferSize: number;
  }) => { readonly readable: ReadableStream<VideoFrame> };
  readonly MediaStreamTrackGenerator?: new (init: {
    kind: 'video';
  }) => MediaStreamTrack & {
    readonly writable: WritableStream<VideoFrame>;
  };
}

const usual: Required<BeautyEffectOptions> = {
  smoothnessLevel: 0.5,
  lighteningLevel: 0.7,
  rednessLevel: 0.1,
  lighteningContrastLevel: 1,
};

/** Pictures over which the time for one is averaged. */
const judgedFrames = 30;
/** Overload is told at most this often, milliseconds. */
const toldEveryMs = 5_000;

/** The levels an app asks for, with the usual ones for the rest. INVALID_PARAMS for a level that is none. */
export function readBeauty(options: BeautyEffectOptions = {}): Required<BeautyEffectOptions> {
  const levels = { ...usual, ...options };
  for (const name of ['smoothnessLevel', 'lighteningLevel', 'rednessLevel'] as const)
    if (!(levels[name] >= 0 && levels[name] <= 1)) throw failure('INVALID_PARAMS', `${name} is 0 to 1`);
  if (![0, 1, 2].includes(levels.lighteningContrastLevel))
    throw failure('INVALID_PARAMS', 'lighteningContrastLevel is 0, 1 or 2');
  return levels;
}

/** Smooths and lightens the pictures of a track. It goes on in a tab that is not shown, since frames come by streams and not by the screen's clock. */
export class BeautyEffect {
  readonly output: MediaStreamTrack;
  readonly #painter: BeautyPainter;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #Processor: NonNullable<FrameStreams['MediaStreamTrackProcessor']>;
  #reader: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #spentMs = 0;
  #frames = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /** `onOverload` is called when pictures come faster than they are made. NOT_SUPPORTED, BEAUTY_PROCESSOR_INTERNAL_ERROR where the browser cannot. */
  constructor(private readonly onOverload: () => void) {
    const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = globalThis as FrameStreams;
    if (!MediaStreamTrackProcessor || !MediaStreamTrackGenerator || typeof OffscreenCanvas !== 'function')
      throw failure(
        'NOT_SUPPORTED',
        'this browser hands out no frames of a track: the beauty effect needs Chrome or Edge',
      );
    this.#painter = new BeautyPainter();
    this.#Processor = MediaStreamTrackProcessor;
    const generator = new MediaStreamTrackGenerator({ kind: 'video' });
    this.output = generator;
    this.#writer = generator.writable.getWriter();
  }

  set(options: Required<BeautyEffectOptions>): void {
    this.#painter.set(options);
  }

  /** Takes its pictures from this track from now on. */
  feed(track: MediaStreamTrack): void {
    void this.#reader?.cancel().catch(() => undefined);
    // A picture that is not taken in time gives way to the next one.
    const { readable } = new this.#Processor({ track, maxBufferSize: 1 });
    const reader = readable.getReader();
    this.#reader = reader;
    this.#run(reader, track).catch((error: unknown) => {
      if (!this.#stopped && this.#reader === reader) log.error('the beauty effect ended', error);
    });
  }

  stop(): void {
    this.#stopped = true;
    void this.#reader?.cancel().catch(() => undefined);
    void this.#writer.close().catch(() => undefined);
    this.output.stop();
    this.#painter.stop();
  }

  async #run(reader: ReadableStreamDefaultReader<VideoFrame>, track: MediaStreamTrack): Promise<void> {
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      if (this.#stopped || this.#reader !== reader) {
        frame.close();
        return;
      }
      const beganMs = passedMs();
      this.#painter.draw(frame);
      const { timestamp } = frame;
      frame.close();
      // Chromium reads the canvas here, and so waits for the graphics card.
      await this.#writer.write(new VideoFrame(this.#painter.canvas, { timestamp }));
      this.#judge(passedMs() - beganMs, track.getSettings().frameRate ?? 15);
    }
  }

  #judge(spentMs: number, frameRate: number): void {
    this.#spentMs += spentMs;
    this.#frames += 1;
    if (this.#frames < judgedFrames) return;
    const isTooSlow = this.#spentMs / this.#frames > 1000 / frameRate;
    this.#spentMs = 0;
    this.#frames = 0;
    const nowMs = passedMs();
    if (!isTooSlow || nowMs - this.#toldAtMs < toldEveryMs) return;
    this.#toldAtMs = nowMs;
    this.onOverload();
  }
}
