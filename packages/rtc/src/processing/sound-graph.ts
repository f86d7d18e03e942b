import type { IAudioProcessor } from '../api/processors.ts';
import { failure } from '../errors.ts';
import { runningAudioContext } from '../players/audio-context.ts';
import { startPlaying } from '../players/autoplay.ts';
import { disconnect, FrameTap, requireFrameSize } from './frame-tap.ts';
import { Pipeline } from './pipeline.ts';
import { ProcessorContext } from './processor-context.ts';

/** The nodes of a graph that is in use. */
interface Nodes {
  /** The sound as it came. */
  readonly entry: MediaStreamAudioSourceNode;
  readonly gain: GainNode;
  readonly exit: MediaStreamAudioDestinationNode;
  /** Where processed sound comes from now, and goes into the gain and to who listens. */
  tail: AudioNode;
  /** Plays a remote sound unheard: Chromium sends none into a graph that no element plays. */
  readonly pump: HTMLAudioElement | undefined;
}

/**
 * What becomes of a track's sound between its source and who hears it: the stages an app has piped, the volume, and who
 * listens to single frames. Without any of them there is no graph, and the source goes on as it is.
 */
export class SoundGraph {
  readonly pipeline: Pipeline;
  readonly context: ProcessorContext;
  #nodes: Nodes | undefined;
  #volume: number | undefined;
  #tap: FrameTap | undefined;
  #listener: { readonly callback: (buffer: AudioBuffer) => void; readonly frameSize: number } | undefined;

  /** `source` gives the track's source; `onOutput` is called when `output` may be another one. */
  constructor(
    private readonly direction: 'local' | 'remote',
    private readonly source: () => MediaStreamTrack,
    private readonly onOutput: () => void,
  ) {
    this.context = new ProcessorContext(direction, source);
    this.pipeline = new Pipeline({ kind: 'audio', context: this.context, onOutput: () => this.#route() });
  }

  /** What is heard; undefined where that is the source itself. */
  get output(): MediaStreamTrack | undefined {
    return this.#processes ? this.#nodes?.exit.stream.getAudioTracks()[0] : undefined;
  }

  pipe<P extends IAudioProcessor>(processor: P): P {
    const taken = this.pipeline.pipe(processor);
    this.#follow();
    return taken;
  }

  unpipe(): void {
    this.pipeline.unpipe();
    this.#follow();
  }

  /** 1 is as it came. Once set it stays in use, so that the sound that is sent changes its track but once. */
  setVolume(factor: number): void {
    if (factor === 1 && this.#volume === undefined) return;
    this.#volume = factor;
    this.#follow();
    if (this.#nodes) this.#nodes.gain.gain.value = factor;
  }

  /** Hands the frames of what is heard, before its volume, to a function, or no longer. INVALID_PARAMS for a size that is none. */
  setFrameCallback(callback: ((buffer: AudioBuffer) => void) | null, frameSize = 4096): void {
    if (callback !== null && typeof callback !== 'function')
      throw failure('INVALID_PARAMS', 'the callback must be a function or null');
    if (callback) requireFrameSize(frameSize);
    this.#tap?.stop();
    this.#tap = undefined;
    this.#listener = callback ? { callback, frameSize } : undefined;
    this.#follow();
    this.#listen();
  }

  /** The source is another one. */
  sourceChanged(): void {
    this.#drop();
    this.#follow();
    this.#listen();
    void this.context.applyAgain();
  }

  close(): void {
    this.pipeline.unpipe();
    this.#tap?.stop();
    this.#tap = undefined;
    this.#listener = undefined;
    this.#volume = undefined;
    this.#drop();
  }

  get #processes(): boolean {
    return this.#volume !== undefined || this.pipeline.isPiped;
  }

  /** Makes the graph when it is first needed, and tells of its output. */
  #follow(): void {
    const needed = this.#processes || this.#listener !== undefined;
    if (needed && !this.#nodes) {
      this.#nodes = this.#make();
      this.pipeline.feed({ track: this.source(), node: this.#nodes.entry });
      // A stage that puts out the same node as before says nothing.
      this.#route();
    } else if (!needed) this.#drop();
    this.onOutput();
  }

  #make(): Nodes {
    const context = runningAudioContext();
    const stream = new MediaStream([this.source()]);
    const entry = context.createMediaStreamSource(stream);
    const gain = context.createGain();
    const exit = context.createMediaStreamDestination();
    gain.gain.value = this.#volume ?? 1;
    entry.connect(gain).connect(exit);
    return {
      entry,
      gain,
      exit,
      tail: entry,
      pump: this.direction === 'remote' ? playUnheard(stream) : undefined,
    };
  }

  /** Takes the sound from where the last stage has put it. */
  #route(): void {
    const nodes = this.#nodes;
    if (!nodes) return;
    const { node, track } = this.pipeline.output ?? {};
    const tail = node ?? (track ? sourceOf(track) : nodes.entry);
    if (tail === nodes.tail) return;
    disconnect(nodes.tail, nodes.gain);
    this.#tap?.leave();
    nodes.tail = tail;
    tail.connect(nodes.gain);
    this.#tap?.listen(tail);
  }

  #listen(): void {
    const nodes = this.#nodes;
    if (!nodes || !this.#listener) return;
    const { callback, frameSize } = this.#listener;
    const channels = this.source().getSettings().channelCount === 1 ? 1 : 2;
    this.#tap?.stop();
    this.#tap = new FrameTap(runningAudioContext(), channels, frameSize, callback);
    this.#tap.listen(nodes.tail);
  }

  #drop(): void {
    const nodes = this.#nodes;
    if (!nodes) return;
    this.#nodes = undefined;
    this.pipeline.feed({});
    this.#tap?.leave();
    disconnect(nodes.tail, nodes.gain);
    nodes.entry.disconnect();
    nodes.gain.disconnect();
    if (nodes.pump) nodes.pump.srcObject = null;
  }
}

const sourceOf = (track: MediaStreamTrack): AudioNode =>
  runningAudioContext().createMediaStreamSource(new MediaStream([track]));

function playUnheard(stream: MediaStream): HTMLAudioElement {
  const audio = new Audio();
  audio.muted = true;
  audio.srcObject = stream;
  startPlaying(audio, () => startPlaying(audio, () => undefined));
  return audio;
}
