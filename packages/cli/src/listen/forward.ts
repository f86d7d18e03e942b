import { headerSigner } from '@housecount/server/notify/signed-headers';
import type { StreamedNotice } from './follow-notices.ts';

/** What a receiver is given for its answer, milliseconds: as the server itself does. */
const answerMs = 10_000;

export interface Forwarded {
  /** HTTP status, or undefined if no answer came. */
  readonly status?: number;
  /** Why not. */
  readonly error?: string;
  readonly ms: number;
}

/** Posts notices to a receiver: the exact body, with the server's signatures or those of `secret`. */
export function forwarder(
  to: URL,
  secret?: string,
): (notice: StreamedNotice, signal: AbortSignal) => Promise<Forwarded> {
  const sign = secret === undefined ? undefined : headerSigner(secret);
  return async ({ body, headers }, signal) => {
    const startMs = performance.now();
    const ms = () => Math.round(performance.now() - startMs);
    try {
      const response = await fetch(to, {
        method: 'POST',
        body,
        headers: sign?.(body) ?? headers,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      });
      await response.body?.cancel();
      return { status: response.status, ms: ms() };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error), ms: ms() };
    }
  };
}
