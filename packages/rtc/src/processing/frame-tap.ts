import { failure } from '../errors.ts';

const sizes: readonly number[] = [256, 512, 1024, 2048, 4096, 8192, 16384];

/**
 * Hands the samples of a sound to a function, `frameSize` of each channel at a time. A ScriptProcessorNode is of old, and what every
 * browser has without a file of its own to load, which a page's security policy may forbid.
 */
export class FrameTap {
  readonly #node: ScriptProcessorNode;
  #source: AudioNode | undefined;

  /** INVALID_PARAMS for a size that is none. */
  constructor(
    context: AudioContext,
    channels: number,
    frameSize: number,
    callback: (buffer: AudioBuffer) => void,
  ) {
    requireFrameSize(frameSize);
    this.#node = context.createScriptProcessor(frameSize, channels, 1);
    this.#node.onaudioprocess = ({ inputBuffer }) => callback(copyOf(inputBuffer));
    // It runs only while its output, which is silence, goes somewhere.
    this.#node.connect(context.destination);
  }

  /** Listens to this from now on. */
  listen(source: AudioNode): void {
    this.#source = source;
    source.connect(this.#node);
  }

  /** Lets go of what it listens to. */
  leave(): void {
    disconnect(this.#source, this.#node);
    this.#source = undefined;
  }

  stop(): void {
    this.leave();
    this.#node.onaudioprocess = null;
    this.#node.disconnect();
  }
}

export function requireFrameSize(frameSize: number): void {
  if (!sizes.includes(frameSize))
    throw failure('INVALID_PARAMS', `the frame size is one of ${sizes.join(', ')}`);
}

/** Takes one connection away; a stage may have taken away all of its own already. */
export function disconnect(from: AudioNode | undefined, to: AudioNode): void {
  try {
    from?.disconnect(to);
  } catch {
    // There is no such connection any more.
  }
}

/** The browser writes the next samples into the same buffer. */
function copyOf(buffer: AudioBuffer): AudioBuffer {
  const { length, numberOfChannels, sampleRate } = buffer;
  const copy = new AudioBuffer({ length, numberOfChannels, sampleRate });
  for (let channel = 0; channel < numberOfChannels; channel += 1)
    copy.copyToChannel(buffer.getChannelData(channel), channel);
  return copy;
}
