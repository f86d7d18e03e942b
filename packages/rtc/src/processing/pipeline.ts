import type { IAudioProcessor, IAudioProcessorContext, IBaseProcessor } from '../api/processors.ts';
import { failure } from '../errors.ts';

/** What goes into a stage, or comes out of the last one: a track, a node of the page's AudioContext, or both of one sound. */
export interface Signal {
  readonly track?: MediaStreamTrack | undefined;
  readonly node?: AudioNode | undefined;
}

export interface PipelineOptions {
  readonly kind: 'audio' | 'video';
  readonly context: IAudioProcessorContext;
  /** What comes out of the last stage has changed. */
  readonly onOutput: () => void;
}

/** The processors that are piped to a track now: one that is in two chains would be told of two sounds or pictures. */
const piped = new WeakSet<IBaseProcessor>();

/**
 * The stages that an app has put behind a track. Each hands on to the next one itself, the last one to `destination`; we know
 * the first alone.
 */
export class Pipeline {
  readonly destination: IAudioProcessor;
  #first: IBaseProcessor | undefined;
  #input: Signal = {};
  #output: Signal | undefined;

  constructor(private readonly options: PipelineOptions) {
    this.destination = this.#makeDestination();
  }

  get isPiped(): boolean {
    return this.#first !== undefined;
  }

  /** What the last stage made, or undefined while the chain is not complete: then it goes on as it came. */
  get output(): Signal | undefined {
    return this.#output;
  }

  /** Puts a stage behind the track in place of the one there. INVALID_PARAMS if it is none for this kind, INVALID_OPERATION if it is piped already. */
  pipe<P extends IBaseProcessor>(processor: P): P {
    if (processor === this.#first) return processor;
    if (typeof processor?.updateInput !== 'function' || processor.kind !== this.options.kind)
      throw failure('INVALID_PARAMS', `this is not a processor of ${this.options.kind}`);
    if (piped.has(processor))
      throw failure('INVALID_OPERATION', `the processor ${processor.name} is piped already: unpipe it first`);
    this.unpipe();
    this.#first = processor;
    piped.add(processor);
    this.#hand();
    return processor;
  }

  unpipe(): void {
    const first = this.#first;
    if (!first) return;
    this.#first = undefined;
    piped.delete(first);
    first.reset();
    // A stage need not tell the next one of it.
    this.#put(undefined);
  }

  /** From now on this goes into the first stage. */
  feed(input: Signal): void {
    this.#input = input;
    this.#hand();
  }

  #hand(): void {
    const { track, node } = this.#input;
    if (!this.#first || (!track && !node)) return;
    this.#first.updateInput({
      ...(track && { track }),
      ...(node && { node }),
      context: this.options.context,
    });
  }

  #put(output: Signal | undefined): void {
    if (output?.track === this.#output?.track && output?.node === this.#output?.node) return;
    this.#output = output;
    this.options.onOutput();
  }

  /** The last stage of every chain, as stages see it. It has no next one. */
  #makeDestination(): IAudioProcessor {
    const { kind } = this.options;
    const nothing = (): void => undefined;
    return {
      ...{ name: 'destination', ID: `destination-${kind}`, kind, enabled: true },
      pipe(): never {
        throw failure('NOT_SUPPORTED', 'nothing can be piped behind the destination');
      },
      ...{ unpipe: nothing, enable: nothing, disable: nothing, on: nothing, off: nothing },
      updateInput: ({ track, node }) => {
        // Stages that have made nothing yet say so; and a stage that is slow may come when it is unpiped.
        if ((track || node) && this.#first) this.#put(node ? { node } : { track });
      },
      reset: () => this.#put(undefined),
    };
  }
}
