import { fetchOptions } from '../insecure.ts';
import { readEvents } from './event-lines.ts';

/** A notice as GET /v1/apps/{app}/notices streams it. */
export interface StreamedNotice {
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: number;
  readonly channel: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FollowOptions {
  /** Of the server, as `serve` printed it. */
  readonly url: string;
  readonly app: string;
  /** Log position to begin after; undefined: from now on. */
  readonly after?: number;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  readonly insecure: boolean;
  /** First pause before the stream is taken up again, milliseconds; doubled up to sixteen times that. */
  readonly retryMs: number;
  readonly onConnected: () => void;
  readonly onLost: (reason: string) => void;
}

/** The server refused: asking again would not help. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The notices of an app for ever, taken up after the last one when the connection is lost. @throws RefusedError */
export async function* followNotices(
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamedNotice> {
  let position = options.after === undefined ? undefined : String(options.after);
  let delayMs = options.retryMs;
  while (!signal.aborted) {
    try {
      const body = await connect(options, position, signal);
      options.onConnected();
      delayMs = options.retryMs;
      const onId = (id: string) => {
        position = id;
      };
      for await (const { event, data } of readEvents(body, onId)) {
        if (event === 'notice') yield JSON.parse(data) as StreamedNotice;
        if (event === 'error') throw new Error(messageOf(data));
      }
      if (!signal.aborted) options.onLost('the server ended the stream');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RefusedError) throw error;
      options.onLost(error instanceof Error ? error.message : String(error));
    }
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, options.retryMs * 16);
  }
}

async function connect(
  { url, app, authorization, insecure }: FollowOptions,
  position: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(new URL(`/v1/apps/${encodeURIComponent(app)}/notices`, url), {
    ...fetchOptions(insecure),
    signal,
    headers: {
      accept: 'text/event-stream',
      ...(authorization !== undefined && { authorization }),
      ...(position !== undefined && { 'last-event-id': position }),
    },
  });
  if (response.ok && response.body) return response.body as unknown as AsyncIterable<Uint8Array>;
  const reason = messageOf(await response.text());
  // 4xx but for "too many" and "not now": it is the request that is wrong.
  if (response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status))
    throw new RefusedError(reason || `the server answered ${response.status}`);
  throw new Error(reason || `the server answered ${response.status}`);
}

function messageOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  } catch {
    // Not ours: a proxy's page. Its first line is enough.
  }
  return text.split('\n')[0]?.slice(0, 200) ?? '';
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
