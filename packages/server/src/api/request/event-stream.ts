import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { limits as defaults, type LimitsOf } from '../../limits.ts';

export type EventStreamLimits = LimitsOf<'eventStreamPingMs' | 'eventStreamsMax'>;

/** One server-sent event; `data` is sent as JSON. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | number;
  readonly data: unknown;
}

/** Events as they are sent. */
function encodeEvents(events: readonly StreamEvent[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(events.map(format).join(''));
}

/** Makes the bytes of several events at once; streams that are given the same array are given the same bytes. */
export function sharedEvents<T>(
  eventOf: (value: T) => StreamEvent,
): (values: readonly T[]) => Uint8Array<ArrayBuffer> {
  const encoded = new WeakMap<readonly T[], Uint8Array<ArrayBuffer>>();
  return (values) => {
    const known = encoded.get(values);
    if (known) return known;
    const bytes = encodeEvents(values.map(eventOf));
    encoded.set(values, bytes);
    return bytes;
  };
}

/** Opens event streams, at most `eventStreamsMax` at once. */
export class EventStreams {
  readonly #clock: Clock;
  readonly #openMax: number;
  readonly #pingMs: number;
  #open = 0;

  constructor(clock: Clock, { eventStreamsMax, eventStreamPingMs }: EventStreamLimits = defaults) {
    this.#clock = clock;
    this.#pingMs = eventStreamPingMs;
    this.#openMax = eventStreamsMax;
  }

  /**
   * A text/event-stream of what `source` yields: events, or several at once as sharedEvents makes them. Nothing is buffered: the source is asked when the client has room.
   * It ends when the client goes away, the signal aborts or the source ends; a failure is the last event, `error`.
   * @throws HousecountError too_many_connections
   */
  respond(options: {
    readonly signal: AbortSignal;
    readonly source: (signal: AbortSignal) => AsyncIterable<StreamEvent | Uint8Array<ArrayBuffer>>;
    /** The id that is sent at once, after which the client resumes if it loses the connection before the first event. */
    readonly firstId?: number;
  }): Response {
    const { signal, source, firstId } = options;
    if (this.#open >= this.#openMax) {
      const detail = `As many event streams are open as may be. That is ${this.#openMax}.`;
      throw new HousecountError('too_many_connections', detail);
    }
    const ending = new AbortController();
    const whole = AbortSignal.any([signal, ending.signal]);
    const iterator = source(whole)[Symbol.asyncIterator]();
    this.#open += 1;
    let isOpen = true;
    const end = () => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
      ending.abort();
      // The source may stand at a value that nobody will ask for: its clean-up runs now, and if that fails nobody is left to hear it.
      void iterator.return?.().catch(() => {});
    };
    const clock = this.#clock;
    const pingMs = this.#pingMs;
    const encoder = new TextEncoder();
    let pending: Promise<IteratorResult<StreamEvent | Uint8Array<ArrayBuffer>>> | undefined;

    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          // Headers and this line go out at once: the reader knows that it is connected.
          const id = firstId === undefined ? '' : `id: ${firstId}\n`;
          controller.enqueue(encoder.encode(`: connected\n${id}\n`));
        },
        async pull(controller) {
          try {
            pending ??= iterator.next();
            const next = await orPing(pending, { clock, pingMs }, whole);
            if (next === 'ping') {
              controller.enqueue(encoder.encode(': ping\n\n'));
              return;
            }
            pending = undefined;
            if (next !== 'aborted' && !next.done) {
              const { value } = next;
              controller.enqueue(value instanceof Uint8Array ? value : encodeEvents([value]));
              return;
            }
          } catch (error) {
            const code = error instanceof HousecountError ? error.code : 'internal';
            const message = error instanceof HousecountError ? error.message : 'The stream failed.';
            controller.enqueue(
              encoder.encode(`event: error\ndata: ${JSON.stringify({ code, message })}\n\n`),
            );
          }
          end();
          controller.close();
        },
        cancel: end,
      },
      { highWaterMark: 1 },
    );
    // A peer that goes away while nobody pulls ends it as well.
    signal.addEventListener('abort', end, { once: true });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies that buffer by default are asked not to.
        'x-accel-buffering': 'no',
      },
    });
  }
}

function format({ event, id, data }: StreamEvent): string {
  // JSON has no line breaks of its own, so the data is one line.
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The next value, or 'ping' when it is time to show that the stream lives, or 'aborted'. */
async function orPing<T>(
  next: Promise<T>,
  { clock, pingMs }: { readonly clock: Clock; readonly pingMs: number },
  signal: AbortSignal,
): Promise<T | 'ping' | 'aborted'> {
  if (signal.aborted) return 'aborted';
  let settle: (what: 'ping' | 'aborted') => void = () => {};
  const otherwise = new Promise<'ping' | 'aborted'>((resolve) => {
    settle = resolve;
  });
  const cancel = clock.after(pingMs, () => settle('ping'));
  const onAbort = () => settle('aborted');
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([next, otherwise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** The id after which a stream begins: that of the last event that the client saw (its Last-Event-ID), else `given`. */
export function resumeAfter(request: Request, given: number): number {
  const last = request.headers.get('last-event-id');
  return last !== null && /^\d{1,16}$/.test(last) ? Number(last) : given;
}
