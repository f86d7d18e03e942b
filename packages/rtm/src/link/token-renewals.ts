import type { SignalingOk } from '@housecount/protocol';
import type { ErrorCodeName } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import { environment } from '../settings/environment.ts';
import { isLost, requestError } from './request-error.ts';

/** Time for the connection to come back for a new token, milliseconds. Chosen: that of a request. */
const renewMsMax = 10_000;

interface Renewal {
  readonly operation: string;
  readonly done: (serverMs: number) => void;
  readonly failed: (error: Error) => void;
}

/** The server's time, epoch milliseconds, at which it took a token; undefined if the connection was lost before its `answer`. */
export async function renewed(answer: Promise<SignalingOk>, operation: string): Promise<number | undefined> {
  try {
    return (await answer).serverMs;
  } catch (error) {
    if (isLost(error)) return undefined;
    throw requestError(operation, error, { lost: 'NOT_CONNECTED', timeout: 'RENEW_TOKEN_TIMEOUT' });
  }
}

/** Renewals of a token that wait for the connection. */
export class TokenRenewals {
  readonly #waiting = new Set<Renewal>();

  /** Waits for the connection; resolves as `done` says. Rejects −10026 if it does not come back in time. */
  wait(operation: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        this.#waiting.delete(renewal);
      };
      const renewal: Renewal = {
        operation,
        done: (serverMs) => {
          end();
          resolve(serverMs);
        },
        failed: (error) => {
          end();
          reject(error);
        },
      };
      const cancel = environment.after(renewMsMax, () =>
        renewal.failed(
          rtmError(operation, 'RENEW_TOKEN_TIMEOUT', 'The connection did not come back in time'),
        ),
      );
      this.#waiting.add(renewal);
    });
  }

  /** The connection is there, with the new token; `serverMs` is the server's time, epoch milliseconds. */
  done(serverMs: number): void {
    for (const { done } of [...this.#waiting]) done(serverMs);
  }

  /** The token was refused, or there will be no connection. */
  fail(code: ErrorCodeName | number, reason: string, cause?: unknown): void {
    for (const { operation, failed } of [...this.#waiting]) failed(rtmError(operation, code, reason, cause));
  }
}
