import type { Attempt } from '@housecount/client';
import { ApiError } from '@housecount/client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { api } from '../api/client.ts';
import { eventsOf } from '../api/event-stream.ts';
import { NoticeLog, type NoticeView } from './notice-log.ts';

/** Milliseconds before the stream is taken up again; doubled after each failure up to the second. Chosen. */
const retryDelayMs = 500;
const retryDelayMsMax = 8_000;

export interface Notices extends NoticeView {
  readonly connected: boolean;
  /** Why the stream is not connected, if it failed. */
  readonly error?: unknown;
  readonly clear: () => void;
}

/** Every notice of an app from the newest the server still has, and on as they are sent. */
export function useNotices(app: string): Notices {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another app is another log.
  const log = useMemo(() => new NoticeLog(), [app]);
  const view = useSyncExternalStore(log.subscribe, log.view);
  const [status, setStatus] = useState<{ connected: boolean; error?: unknown }>({ connected: false });

  useEffect(() => {
    const stop = new AbortController();
    void follow(app, log, setStatus, stop.signal);
    return () => stop.abort();
  }, [app, log]);

  return { ...view, ...status, clear: () => log.clear() };
}

async function follow(
  app: string,
  log: NoticeLog,
  tell: (status: { connected: boolean; error?: unknown }) => void,
  signal: AbortSignal,
): Promise<void> {
  let delayMs = retryDelayMs;
  let after = 0;
  while (!signal.aborted) {
    let error: unknown;
    try {
      const response = await api.open(
        'followAttempts',
        { app, after },
        { headers: { accept: 'text/event-stream' }, signal },
      );
      if (response.body === null) throw new ApiError(response.status, 'no_body', 'The stream has no body.');
      tell({ connected: true });
      delayMs = retryDelayMs;
      for await (const { event, data, id } of eventsOf(response.body)) {
        if (event === 'error') throw toError(data);
        log.add(JSON.parse(data) as Attempt);
        after = id === undefined ? after : Number(id);
      }
    } catch (cause) {
      error = cause;
    }
    if (signal.aborted) return;
    tell({ connected: false, error });
    // A login that no longer fits is not mended by asking again.
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return;
    await wait(delayMs, signal);
    delayMs = Math.min(delayMs * 2, retryDelayMsMax);
  }
}

/** The server ends a stream with an event that says why. */
function toError(data: string): ApiError {
  const { code, message } = JSON.parse(data) as { code: string; message: string };
  return new ApiError(200, code, message);
}

function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
