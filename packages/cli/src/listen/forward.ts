import { whyUnreached } from '../server/unreached.ts';
import type { FormedNotice } from './form-notice.ts';

/** Time that a receiver has for its answer, milliseconds: as long as the server gives. */
const answerMs = 10_000;

export interface Forwarded {
  /** HTTP status, or undefined if no answer came. */
  readonly status?: number;
  /** Why not, a sentence. */
  readonly error?: string;
  /** The target of a redirect, which is not followed. */
  readonly location?: string;
  /** The first characters of the answer, if they were asked for. */
  readonly excerpt?: string;
  readonly ms: number;
}

/** Posts notices to a receiver as they were formed, and follows no redirect. */
export function forwarder(
  to: URL,
  excerptLengthMax = 0,
): (notice: Pick<FormedNotice, 'body' | 'headers'>, signal: AbortSignal) => Promise<Forwarded> {
  return async ({ body, headers }, signal) => {
    const startMs = performance.now();
    const ms = () => Math.round(performance.now() - startMs);
    try {
      const response = await fetch(to, {
        method: 'POST',
        body,
        headers,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      });
      const excerpt = await excerptOf(response, excerptLengthMax);
      const location = response.headers.get('location');
      return {
        status: response.status,
        ms: ms(),
        ...(location !== null && { location }),
        ...(excerpt !== '' && { excerpt }),
      };
    } catch (error) {
      const { message } = await whyUnreached(error, { url: to, option: '--forward', answerMs });
      return { error: message, ms: ms() };
    }
  };
}

/** A body that breaks off or does not end in time takes nothing from the status: what came of it is the excerpt. */
async function excerptOf({ body }: Response, lengthMax: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    while (text.length < lengthMax) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The status stands, and the excerpt is for people.
  }
  // The part that was read counts; a failure to decline the rest changes nothing.
  await reader.cancel().catch(() => {});
  return text.slice(0, lengthMax);
}
