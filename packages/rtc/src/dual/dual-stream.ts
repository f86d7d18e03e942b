import type { LowStreamParameter } from '../api/configurations.ts';
import { failure } from '../errors.ts';

/** The second, smaller picture, as the app asked for it: whole numbers of pixels, kilobits per second. */
export interface LowStream {
  readonly width: number;
  readonly kilobits: number;
}

/** What is to be sent. */
export interface TwoPictures {
  /** The small picture is sent beside the large one. */
  readonly isOn: boolean;
  readonly low: LowStream;
}

/** What a client says about its second, smaller picture, before and after it publishes. */
export class DualStream implements TwoPictures {
  isOn = false;
  #low: LowStream = { width: 160, kilobits: 50 };

  get low(): LowStream {
    return this.#low;
  }

  /** INVALID_PARAMS for a size or a rate that is none. What is left out stays as it is. */
  set(parameter: LowStreamParameter | undefined): void {
    if (typeof parameter !== 'object' || parameter === null)
      throw failure('INVALID_PARAMS', 'the parameter of a low stream is an object');
    const width = numberOf(parameter.width);
    // The height follows from the width, and the frames from the large picture; they are checked all the same.
    for (const each of [width, numberOf(parameter.height), numberOf(parameter.framerate), parameter.bitrate])
      if (each !== undefined && !(typeof each === 'number' && each > 0 && each < Number.POSITIVE_INFINITY))
        throw failure('INVALID_PARAMS', 'sizes and rates of a low stream are numbers above 0');
    this.#low = { width: width ?? this.#low.width, kilobits: parameter.bitrate ?? this.#low.kilobits };
  }

  /** INVALID_PARAMS for a mode that is none. */
  setMode(mode: number, parameter?: LowStreamParameter): void {
    if (mode !== -1 && mode !== 0 && mode !== 1)
      throw failure('INVALID_PARAMS', 'the mode of dual stream is -1, 0 or 1');
    if (parameter !== undefined) this.set(parameter);
    // By itself: who has a narrow network must find something to fall back to.
    this.isOn = mode !== 0;
  }
}

function numberOf(value: ConstrainULong | undefined): number | undefined {
  if (typeof value !== 'object' || value === null) return value;
  return value.exact ?? value.ideal ?? value.max ?? value.min;
}
