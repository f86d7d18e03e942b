export interface FrameQueueBounds {
  /** Frames that may wait. */
  readonly pendingFramesMax: number;
  /** Characters that they may have together; absent: as many as they have. */
  readonly pendingCharsMax?: number;
}

/** Does what a frame asks for; a promise, which does not reject, is of what has to be decided first. Does not throw. */
export interface FrameHandler<Frame> {
  attempt(frame: Frame): Promise<void> | undefined;
}

/**
 * A peer's frames in their order: each is handled once the one before it is decided. A frame that needs no decision is
 * handled at once, unless another one is being decided.
 */
export class FrameQueue<Frame> {
  readonly #handler: FrameHandler<Frame>;
  readonly #bounds: FrameQueueBounds;
  /** Frames that wait, with their lengths in characters; undefined while none is being decided. */
  #waiting: { readonly frame: Frame; readonly chars: number }[] | undefined;
  #waitingChars = 0;

  constructor(handler: FrameHandler<Frame>, bounds: FrameQueueBounds) {
    this.#handler = handler;
    this.#bounds = bounds;
  }

  /** Handles a frame now or in its turn. False: it is one too many, or too long, to wait. */
  take(frame: Frame, chars: number): boolean {
    if (this.#waiting) return this.#wait(this.#waiting, frame, chars);
    const done = this.#handler.attempt(frame);
    if (done) {
      this.#waiting = [];
      void this.#finish(done);
    }
    return true;
  }

  /** Drops the frames that wait. */
  end(): void {
    this.#waiting = undefined;
  }

  #wait(waiting: { frame: Frame; chars: number }[], frame: Frame, chars: number): boolean {
    const { pendingFramesMax, pendingCharsMax = Number.POSITIVE_INFINITY } = this.#bounds;
    this.#waitingChars += chars;
    waiting.push({ frame, chars });
    return waiting.length <= pendingFramesMax && this.#waitingChars <= pendingCharsMax;
  }

  async #finish(first: Promise<void>): Promise<void> {
    await first;
    while (this.#waiting) {
      const next = this.#waiting.shift();
      this.#waitingChars -= next?.chars ?? 0;
      if (next === undefined) this.#waiting = undefined;
      else await this.#handler.attempt(next.frame);
    }
  }
}
