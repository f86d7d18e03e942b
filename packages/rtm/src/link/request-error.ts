import { type RequestEnd, type RequestFailed, requestEndOf } from '@housecount/link';
import type { SignalingRefused } from '@housecount/protocol';
import type { ErrorCodeName } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import type { SignalingFrames } from './signaling-frames.ts';

/** The error codes of a request that the server did not answer. */
export interface FailureCodes {
  readonly lost: ErrorCodeName;
  readonly timeout: ErrorCodeName;
}

/** A RequestFailed in the words of the API; anything else as it is. */
export function requestError(operation: string, error: unknown, codes: FailureCodes): unknown {
  const end = endOf(error);
  if (!end) return error;
  if (end.why === 'refused') return rtmError(operation, end.code, end.reason);
  return end.why === 'timeout'
    ? rtmError(operation, codes.timeout, 'The server did not answer in time')
    : rtmError(operation, codes.lost, 'The connection was lost before the server answered');
}

/** Did the connection go away before the answer? */
export function isLost(error: unknown): boolean {
  return endOf(error)?.why === 'lost';
}

/** Did the server say no? */
export function isRefusal(error: unknown): error is RequestFailed & { readonly end: Refused } {
  return endOf(error)?.why === 'refused';
}

type Refused = { readonly why: 'refused' } & Pick<SignalingRefused, 'code' | 'reason'>;

function endOf(error: unknown): RequestEnd<SignalingRefused> | undefined {
  return requestEndOf<SignalingFrames>(error);
}
