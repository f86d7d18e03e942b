import { after } from '@housecount/link';
import { HousecountError, streamMessageBytesMax, streamMessagesPerFrameMax } from '@housecount/protocol';
import { aborted, failure, toException } from '../errors.ts';
import type { LiveLink } from '../link/live-link.ts';
import { toBase64 } from './base64.ts';

/** Time from one frame of messages to the next, milliseconds: the server takes 20 frames of any kind a second, on average. */
const frameGapMs = 60;
/** Messages that wait for their frame. Chosen: two seconds of what the server takes. */
const waitingMax = 128;

interface Waiting {
  readonly text: string;
  readonly retry: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Sends stream messages in order, several in one frame if they come faster than frames may. */
export class StreamMessages {
  readonly #link: Pick<LiveLink, 'request'>;
  #waiting: Waiting[] = [];
  #isSending = false;
  #over = false;
  #cancelGap: (() => void) | undefined;

  constructor(link: Pick<LiveLink, 'request'>) {
    this.#link = link;
  }

  /**
   * Resolves when the server has sent the message on. A text goes as UTF-8. Rejects INVALID_PARAMS (more than 1,024 bytes),
   * INVALID_OPERATION (too many a second, or the client is audience), NOT_SUPPORTED (an older server), OPERATION_ABORTED (left), and
   * WS_DISCONNECT where the connection was lost before the server answered; with `retry` it is sent again then, and may arrive twice.
   */
  send(payload: unknown, retry: boolean): Promise<void> {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    if (!(bytes instanceof Uint8Array))
      return Promise.reject(failure('INVALID_PARAMS', 'a stream message is a Uint8Array or a string'));
    // The original's own words, by which apps know that they have to cut their messages.
    if (bytes.length > streamMessageBytesMax)
      return Promise.reject(failure('INVALID_PARAMS', 'stream message out of range'));
    if (this.#waiting.length >= waitingMax)
      return Promise.reject(failure('INVALID_OPERATION', 'too many stream messages wait to be sent'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: toBase64(bytes), retry, resolve, reject });
      if (this.#isSending) return;
      this.#isSending = true;
      // What the page sends in the same turn goes together.
      queueMicrotask(() => this.#next());
    });
  }

  /** Sends nothing any more. */
  end(): void {
    this.#over = true;
    this.#cancelGap?.();
    for (const { reject } of this.#waiting.splice(0)) reject(aborted('the client left the channel'));
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first || this.#over) {
      this.#isSending = false;
      return;
    }
    const other = this.#waiting.findIndex(({ retry }) => retry !== first.retry);
    const most = Math.min(streamMessagesPerFrameMax, other < 0 ? this.#waiting.length : other);
    void this.#send(this.#waiting.splice(0, most), first.retry);
  }

  async #send(batch: readonly Waiting[], retry: boolean): Promise<void> {
    try {
      const messages = batch.map(({ text }) => text);
      await this.#link.request({ type: 'stream-messages', messages }, { isOnce: !retry });
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(refusalOf(error));
    }
    this.#cancelGap = after(frameGapMs, () => this.#next());
  }
}

function refusalOf(error: unknown): Error {
  const code = error instanceof HousecountError ? error.code : undefined;
  if (code === 'rate_limited')
    return failure('INVALID_OPERATION', 'too many stream messages, or bytes of them, in a second', error);
  if (code === 'role_forbidden')
    return failure('INVALID_OPERATION', 'audience can not send stream messages', error);
  // A server that does not know the frame.
  if (code === 'frame_invalid')
    return failure('NOT_SUPPORTED', 'the server is older than stream messages', error);
  return toException(error);
}
