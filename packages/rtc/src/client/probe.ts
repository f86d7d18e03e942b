import { after, passedMs } from '@housecount/link';
import { onAnyAbort } from '../timing.ts';

/** Time for one answer, milliseconds; then it counts as lost. */
const answerMsMax = 2_000;

/** Asks the server for its health, and resolves with the milliseconds until it answered; undefined if it did not, in time or at all. */
export async function roundTripMs(server: string, signal?: AbortSignal): Promise<number | undefined> {
  const request = new AbortController();
  const abort = (): void => request.abort();
  const cancel = after(answerMsMax, abort);
  const unlisten = onAnyAbort(signal ? [signal] : [], abort);
  const beginMs = passedMs();
  try {
    // Only when it comes matters, so that it need not be readable for pages from elsewhere.
    await fetch(`${server}/healthz`, { mode: 'no-cors', cache: 'no-store', signal: request.signal });
    return passedMs() - beginMs;
  } catch {
    return undefined;
  } finally {
    cancel();
    unlisten();
  }
}
