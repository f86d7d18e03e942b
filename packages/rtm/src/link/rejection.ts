import type { SignalingClosing } from '@housecount/protocol';
import { errorCodes } from '../errors/error-codes.ts';
import type { LinkStateChangeReasonCode } from '../events/events.ts';

/** The codes of the API for an end of the session by the server. */
export interface Rejection {
  readonly errorCode: number;
  readonly reasonCode: LinkStateChangeReasonCode;
}

const byCode: Readonly<Record<string, Rejection>> = {
  replaced: { errorCode: errorCodes.LOGIN_ABORTED, reasonCode: 'SAME_UID_LOGIN' },
  kicked: { errorCode: errorCodes.LOGIN_REJECTED, reasonCode: 'KICKED_OUT_BY_SERVER' },
  banned: { errorCode: errorCodes.LOGIN_REJECTED, reasonCode: 'KICKED_OUT_BY_SERVER' },
  token_expired: { errorCode: errorCodes.TOKEN_EXPIRED, reasonCode: 'TOKEN_EXPIRED' },
  token_required: { errorCode: errorCodes.INVALID_TOKEN, reasonCode: 'INVALID_TOKEN' },
  invalid_token: { errorCode: errorCodes.INVALID_TOKEN, reasonCode: 'INVALID_TOKEN' },
  token_uid_mismatch: { errorCode: errorCodes.INVALID_TOKEN, reasonCode: 'INVALID_TOKEN' },
  token_app_mismatch: { errorCode: errorCodes.INCONSISTENT_APP_ID, reasonCode: 'INCONSISTENT_APP_ID' },
  token_no_privilege: { errorCode: errorCodes.LOGIN_NOT_AUTHORIZED, reasonCode: 'LOGIN_NOT_AUTHORIZED' },
  invalid_app_id: { errorCode: errorCodes.INVALID_APP_ID, reasonCode: 'LOGIN_REJECTED' },
  invalid_account: { errorCode: errorCodes.INVALID_USER_ID, reasonCode: 'INVALID_USER_ID' },
  rate_limited: { errorCode: errorCodes.LOGIN_REJECTED, reasonCode: 'LOGIN_TOO_FREQUENT' },
};

const reasonOfErrorCode: Readonly<Record<number, LinkStateChangeReasonCode>> = {
  [errorCodes.INVALID_TOKEN]: 'INVALID_TOKEN',
  [errorCodes.TOKEN_EXPIRED]: 'TOKEN_EXPIRED',
  [errorCodes.INVALID_USER_ID]: 'INVALID_USER_ID',
  [errorCodes.LOGIN_ABORTED]: 'SAME_UID_LOGIN',
  [errorCodes.LOGIN_NOT_AUTHORIZED]: 'LOGIN_NOT_AUTHORIZED',
  [errorCodes.INCONSISTENT_APP_ID]: 'INCONSISTENT_APP_ID',
};

/** The server's last words in the words of the API; the code it names itself comes first. */
export function rejectionOf(closing: SignalingClosing): Rejection {
  const known = byCode[closing.code];
  const errorCode = closing.errorCode ?? known?.errorCode ?? errorCodes.LOGIN_REJECTED;
  return {
    errorCode,
    reasonCode: known?.reasonCode ?? reasonOfErrorCode[errorCode] ?? 'LOGIN_REJECTED',
  };
}
