import type { ErrorCodeName } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import { environment } from '../settings/environment.ts';

/** Time for the connection to come back for a new token, milliseconds. Chosen: that of a request. */
const renewMsMax = 10_000;

interface Renewal {
  readonly done: (answer: { timestamp: number }) => void;
  readonly failed: (error: Error) => void;
}

/** Renewals of a token that wait for the connection. */
export class TokenRenewals {
  readonly #waiting = new Set<Renewal>();

  /** Waits for the connection. Rejects −10026 if it does not come back in time. */
  wait(operation: string): Promise<{ timestamp: number }> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        this.#waiting.delete(renewal);
      };
      const renewal: Renewal = {
        done: (answer) => {
          end();
          resolve(answer);
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

  /** The connection is there, with the new token; `timestamp` is the server's time, epoch milliseconds. */
  done(timestamp: number): void {
    for (const renewal of [...this.#waiting]) renewal.done({ timestamp });
  }

  /** The token was refused, or there will be no connection. */
  fail(code: ErrorCodeName | number, reason: string, cause?: unknown): void {
    for (const renewal of [...this.#waiting]) renewal.failed(rtmError('renewToken', code, reason, cause));
  }
}
