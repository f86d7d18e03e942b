import type { SignalingOk } from '@housecount/protocol';
import { errorCodes } from '../errors/error-codes.ts';
import { environment } from '../settings/environment.ts';
import { type FailureCodes, isLost, isRefusal, requestError } from './request-error.ts';
import type { RequestBody } from './signaling-frames.ts';
import type { SignalingLink } from './signaling-link.ts';

/** Attempts at what the app does not ask for again by itself, and the time between them, milliseconds. Chosen. */
const attemptsMax = 8;
const waitMs = 1_000;

/** Asks the server. Rejects with its refusal in the words of the API, or with one of `codes`. */
export async function ask(
  link: SignalingLink,
  body: RequestBody,
  operation: string,
  codes: FailureCodes,
): Promise<SignalingOk> {
  try {
    return await link.request(body);
  } catch (error) {
    throw requestError(operation, error, codes);
  }
}

/**
 * Asks the server what it may answer at any time; again after each loss, while the link is alive and `goesOn` does not throw. Rejects
 * as `ask`.
 */
export async function askEndlessly(
  link: SignalingLink,
  body: RequestBody,
  operation: string,
  codes: FailureCodes,
  goesOn?: () => Promise<void>,
): Promise<SignalingOk> {
  for (;;) {
    try {
      return await link.request(body, true);
    } catch (error) {
      if (!isLost(error) || !(await link.connected())) throw requestError(operation, error, codes);
      await goesOn?.();
    }
  }
}

/** Asks the server, and again while it says that this was too much in too short a time. */
export async function askPatiently(link: SignalingLink, body: RequestBody): Promise<SignalingOk> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await link.request(body);
    } catch (error) {
      if (attempt === attemptsMax || !isRateRefusal(error)) throw error;
    }
    await new Promise<void>((resolve) => environment.after(waitMs, resolve));
  }
}

function isRateRefusal(error: unknown): boolean {
  return isRefusal(error) && error.end.code === errorCodes.OPERATION_RATE_EXCEED_LIMITATION;
}
