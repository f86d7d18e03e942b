import type { Clock } from '../../clock.ts';
import { GrowingBytes } from './growing-bytes.ts';

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
  const received = new GrowingBytes();
  const reader = request.body.getReader();
  // One promise for each read: a race with one for all of them would keep something of every read until the end.
  let giveUp: ((late: 'too-slow') => void) | undefined;
  let isLate = false;
  const cancel = clock.after(withinMs, () => {
    isLate = true;
    giveUp?.('too-slow');
  });
  const read = () =>
    new Promise<Awaited<ReturnType<typeof reader.read>> | 'too-slow' | undefined>((resolve) => {
      giveUp = resolve;
      if (isLate) resolve('too-slow');
      // Nothing but the peer can make this fail.
      else void reader.read().then(resolve, () => resolve(undefined));
    });
  for (;;) {
    const part = await read();
    if (part === undefined || part === 'too-slow') {
      cancel();
      // Nobody waits for the rest.
      void reader.cancel().catch(() => undefined);
      return part ?? 'broken-off';
    }
    const { done, value } = part;
    if (done) break;
    if (received.length + value.byteLength > bytesMax) {
      cancel();
      await reader.cancel();
      return 'too-large';
    }
    received.push(value);
  }
  cancel();
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: received.bytes() });
}
