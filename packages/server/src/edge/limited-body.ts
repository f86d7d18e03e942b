import type { Clock } from '../clock.ts';

export interface BodyLimits {
  readonly bytesMax: number;
  /** From now on, milliseconds. */
  readonly withinMs: number;
  readonly clock: Clock;
}

/**
 * The request with its body read into memory; `too-large` if that is more than `bytesMax`; `broken-off` if the peer went away
 * before its end, or sent what HTTP does not allow; `too-slow` if it is not whole within `withinMs`, however little is missing. A
 * declared length is believed only when it is too large; what comes is counted.
 */
export async function withLimitedBody(
  request: Request,
  { bytesMax, withinMs, clock }: BodyLimits,
): Promise<Request | 'too-large' | 'too-slow' | 'broken-off'> {
  if (request.body === null) return request;
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return 'too-large';
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  const late = Promise.withResolvers<'too-slow'>();
  const cancel = clock.after(withinMs, () => late.resolve('too-slow'));
  for (;;) {
    // Nothing but the peer can make this fail.
    const part = await Promise.race([reader.read().catch(() => undefined), late.promise]);
    if (part === undefined || part === 'too-slow') {
      cancel();
      // Nobody waits for the rest.
      void reader.cancel().catch(() => undefined);
      return part ?? 'broken-off';
    }
    const { done, value } = part;
    if (done) break;
    length += value.byteLength;
    if (length > bytesMax) {
      cancel();
      await reader.cancel();
      return 'too-large';
    }
    chunks.push(value);
  }
  cancel();
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks, length) });
}
