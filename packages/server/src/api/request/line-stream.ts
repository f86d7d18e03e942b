import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';

/** Characters gathered before they are handed to the reader: few calls, little memory. Chosen. */
const chunkLength = 64 * 1024;

/** Answers of one JSON object a line, made as the reader takes them; bounded in number and duration. */
export class LineStreams {
  readonly #clock: Clock;
  readonly #limits: { readonly openMax: number; readonly durationMsMax: number };
  #open = 0;

  constructor(clock: Clock, limits: { openMax: number; durationMsMax: number }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Breaks off, so that the reader sees an error, when the signal aborts or the time is over.
   * @throws HousecountError too_many_connections
   */
  respond(lines: Iterator<object>, signal: AbortSignal): Response {
    if (this.#open >= this.#limits.openMax) {
      const detail = `As many snapshots are read as may be. That is ${this.#limits.openMax}.`;
      throw new HousecountError('too_many_connections', detail);
    }
    this.#open += 1;
    const encoder = new TextEncoder();
    let isOpen = true;
    let breakOff = () => {};
    const cancelTimer = this.#clock.after(this.#limits.durationMsMax, () => breakOff());
    const onAbort = () => breakOff();
    const end = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#open -= 1;
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          breakOff = () => {
            if (!isOpen) return;
            end();
            controller.error(new HousecountError('going_away'));
          };
          signal.addEventListener('abort', onAbort, { once: true });
          if (signal.aborted) breakOff();
        },
        pull(controller) {
          let text = '';
          while (text.length < chunkLength) {
            const next = lines.next();
            if (next.done) {
              if (text !== '') controller.enqueue(encoder.encode(text));
              end();
              controller.close();
              return;
            }
            text += `${JSON.stringify(next.value)}\n`;
          }
          controller.enqueue(encoder.encode(text));
        },
        cancel: end,
      },
      { highWaterMark: 1 },
    );
    return new Response(body, {
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' },
    });
  }
}
