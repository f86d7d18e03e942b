import type { Clock } from '../../clock.ts';
import type { Ending } from './deadline.ts';
import { type HttpConnection, SendFailure } from './http-connection.ts';
import type { Way } from './send-route.ts';

/**
 * An address that has not let itself be connected to by then gets company from the next, milliseconds ("happy eyeballs",
 * RFC 8305). That proposes 250 ms for TCP alone; this is the time for TCP and TLS, across an ocean.
 */
export const nextAddressMs = 500;

/**
 * Opens a connection to the first of the addresses that has one, in their order: the next begins when the one before it
 * has failed, or has not managed it within nextAddressMs. Who loses is closed without a byte of a request. Rejects with
 * the SendFailure that says most when all have failed, or `ending` ends them.
 */
export function openFirst(
  ways: readonly Way[],
  { open, clock }: { readonly open: typeof HttpConnection.open; readonly clock: Clock },
  ending: Ending,
): Promise<{ readonly way: Way; readonly connection: HttpConnection }> {
  const [only] = ways;
  if (!only) return Promise.reject(new SendFailure('connect', 'no address'));
  // Nobody to race against: the usual case, which needs none of what follows.
  if (ways.length === 1) return open(only.target, ending).then((connection) => ({ way: only, connection }));
  return new Promise((resolve, reject) => {
    const losers = new AbortController();
    const waiting = [...ways];
    let underWay = 0;
    let failure: SendFailure | undefined;
    let cancelNext = () => {};
    const timeOut = () => losers.abort();
    const finish = () => {
      cancelNext();
      ending.removeEventListener('abort', timeOut);
      losers.abort();
    };
    const failed = (error: unknown) => {
      underWay -= 1;
      if (!(error instanceof SendFailure)) {
        finish();
        reject(error);
        return;
      }
      // A certificate that does not fit says more than an address that is not there.
      if (failure?.stage !== 'tls') failure = error;
      if (waiting.length > 0 && !losers.signal.aborted) begin();
      else if (underWay === 0) {
        finish();
        reject(failure);
      }
    };
    ending.addEventListener('abort', timeOut, { once: true });
    if (ending.aborted) timeOut();
    begin();

    function begin(): void {
      cancelNext();
      const way = waiting.shift();
      if (!way) return;
      if (waiting.length > 0) cancelNext = clock.after(nextAddressMs, begin);
      underWay += 1;
      open(way.target, losers.signal).then((connection) => {
        // It was opened in the moment in which another had won.
        if (losers.signal.aborted) {
          connection.destroy();
          failed(new SendFailure('connect', 'timed out'));
          return;
        }
        finish();
        resolve({ way, connection });
      }, failed);
    }
  });
}
