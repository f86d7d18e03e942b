import { type Code, codes, HousecountError, type RuleScope } from '@housecount/protocol';
import type { AgoraRTCErrorCode, ErrorName, IAgoraRTCError } from './api/errors.ts';
import { log } from './log.ts';

export { AgoraRTCErrorCode, HousecountErrorCode } from './api/errors.ts';

/** The error that every method of the SDK throws or rejects with. `data.code` is the server's own code, where there is one. */
export class AgoraRTCException extends Error implements IAgoraRTCError {
  override readonly name = 'AgoraRTCException';
  /** One of AgoraRTCErrorCode, or of HousecountErrorCode, which the original's type does not know. */
  readonly code: AgoraRTCErrorCode;
  constructor(
    code: AgoraRTCErrorCode | ErrorName,
    text = '',
    // biome-ignore lint/suspicious/noExplicitAny: the original's type says so, and apps read fields of it.
    readonly data?: any,
    options?: { cause?: unknown },
  ) {
    super(`AgoraRTCError ${code}: ${text}`, options);
    this.code = code as AgoraRTCErrorCode;
  }

  override toString(): string {
    return this.message;
  }

  /** Writes the error to the console and returns it. */
  print(level: 'error' | 'warning' = 'error'): this {
    if (level === 'error') log.error(this.message);
    else log.warn(this.message);
    return this;
  }

  /** Throws itself. */
  throw(): never {
    throw this;
  }
}

/** An AgoraRTCException with `code` and a text for a person. */
export function failure(code: ErrorName, text: string, cause?: unknown): AgoraRTCException {
  return new AgoraRTCException(code, text, undefined, cause === undefined ? undefined : { cause });
}

/** The rejection of an operation that a later leave() or an aborted signal overtook. */
export const aborted = (text = 'the operation was aborted'): AgoraRTCException =>
  failure('OPERATION_ABORTED', text);

/** Apps look for these texts in `err.message` as well as at the code. */
const translations: Partial<Record<Code, readonly [code: ErrorName, text: string]>> = {
  invalid_app_id: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid vendor key, can not find appid'],
  token_required: ['CAN_NOT_GET_GATEWAY_SERVER', 'dynamic use static key: a token is required'],
  invalid_token: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid token, authorized failed'],
  token_app_mismatch: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid token, authorized failed'],
  token_channel_mismatch: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid token, authorized failed'],
  token_uid_mismatch: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid token, authorized failed'],
  token_no_privilege: ['CAN_NOT_GET_GATEWAY_SERVER', 'invalid token, authorized failed'],
  token_expired: ['CAN_NOT_GET_GATEWAY_SERVER', 'dynamic key expired, token expired'],
  banned: ['CAN_NOT_GET_GATEWAY_SERVER', 'UID-BANNED, BANNED'],
  invalid_channel_name: ['INVALID_PARAMS', 'invalid channel name'],
  invalid_uid: ['INVALID_PARAMS', 'invalid uid'],
  invalid_account: ['INVALID_PARAMS', 'invalid string uid'],
  hosts_full: ['ERR_TOO_MANY_BROADCASTERS', 'too many broadcasters'],
  channel_full: ['ERR_TOO_MANY_SUBSCRIBERS', 'the channel is full'],
  replaced: ['UID_CONFLICT', 'the same uid joined from another device'],
  uid_taken: ['UID_CONFLICT', 'the uid is that of a string account in the channel'],
  profile_mismatch: ['INVALID_OPERATION', 'the channel is open in another mode'],
  role_invalid: ['INVALID_OPERATION', 'the role does not fit the mode'],
  role_forbidden: ['INVALID_OPERATION', 'audience can not publish stream'],
  not_joined: ['INVALID_OPERATION', 'not joined'],
  frame_unexpected: ['INVALID_OPERATION', 'not allowed in this state'],
  windows_full: ['INVALID_OPERATION', 'too many different windows of the roster are being looked at'],
  no_stream: ['REMOTE_USER_IS_NOT_PUBLISHED', 'the user is not published'],
  host_not_found: ['REMOTE_USER_IS_NOT_PUBLISHED', 'the user is not published'],
  sdp_invalid: ['EXCHANGE_SDP_FAILED', 'the server can not use the offer'],
  media_unavailable: ['EXCHANGE_SDP_FAILED', 'the media engine is not running'],
};

/** The rejection of a join that a kicking rule forbids. Apps look for these words in `err.message`. */
export function banned(scope: RuleScope = 'uid', cause?: unknown): AgoraRTCException {
  const text = `${scope.toUpperCase()}-BANNED, ${scope.toUpperCase()}_BANNED: ${codes.banned.message}`;
  const data = { code: 'banned' satisfies Code, scope };
  return new AgoraRTCException('CAN_NOT_GET_GATEWAY_SERVER', text, data, { cause });
}

/** The rejection of a new token that the server does not take. The old one stays. */
export function renewalRefused(cause: HousecountError): AgoraRTCException {
  return new AgoraRTCException('UPDATE_TICKET_FAILED', cause.message, { code: cause.code }, { cause });
}

/** Any failure as the exception that apps expect; one that is one already is returned as it is. */
export function toException(error: unknown): AgoraRTCException {
  if (error instanceof AgoraRTCException) return error;
  if (error instanceof HousecountError) {
    const [code, text] = translations[error.code] ?? ['UNEXPECTED_RESPONSE', 'the server refused'];
    return new AgoraRTCException(code, `${text} (${error.message})`, { code: error.code }, { cause: error });
  }
  if (error instanceof DOMException && error.name === 'AbortError') return aborted();
  return failure('UNEXPECTED_ERROR', error instanceof Error ? error.message : String(error), error);
}
