import { type Code, codes, HousecountError, type RuleScope } from '@housecount/protocol';
import { log } from './log.ts';

/** Every error code apps may compare with; most are only defined, as in the API this SDK follows. */
const names = [
  'UNEXPECTED_ERROR UNEXPECTED_RESPONSE TIMEOUT INVALID_PARAMS NOT_READABLE NOT_SUPPORTED INVALID_OPERATION',
  'OPERATION_ABORTED WEB_SECURITY_RESTRICT PROHIBITED_OPERATION NETWORK_ERROR NETWORK_TIMEOUT',
  'NETWORK_RESPONSE_ERROR API_INVOKE_TIMEOUT WS_ABORT WS_DISCONNECT WS_ERR ENUMERATE_DEVICES_FAILED',
  'DEVICE_NOT_FOUND MEDIA_OPTION_INVALID PERMISSION_DENIED CONSTRAINT_NOT_SATISFIED TRACK_IS_DISABLED',
  'SHARE_AUDIO_NOT_ALLOWED LOW_STREAM_ENCODING_ERROR SET_ENCODING_PARAMETER_ERROR TRACK_STATE_UNREACHABLE',
  'CAN_NOT_GET_GATEWAY_SERVER CAN_NOT_GET_PROXY_SERVER VOID_GATEWAY_ADDRESS UID_CONFLICT',
  'INVALID_UINT_UID_FROM_STRING_UID MULTI_UNILBS_RESPONSE_ERROR TOKEN_EXPIRE UPDATE_TICKET_FAILED',
  'INVALID_LOCAL_TRACK INVALID_TRACK SENDER_NOT_FOUND CREATE_OFFER_FAILED SET_ANSWER_FAILED',
  'EXCHANGE_SDP_FAILED ICE_FAILED PC_CLOSED SENDER_REPLACE_FAILED NO_ICE_CANDIDATE',
  'CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS EXIST_DISABLED_VIDEO_TRACK INVALID_REMOTE_USER',
  'REMOTE_USER_IS_NOT_PUBLISHED SUBSCRIBE_FAILED UNSUBSCRIBE_FAILED GATEWAY_P2P_LOST PB_ERROR',
  'ADD_CANDIDATE_FAILED DATACHANNEL_FAILED ELECTRON_IS_NULL ELECTRON_DESKTOP_CAPTURER_GET_SOURCES_ERROR',
  'CHROME_PLUGIN_NO_RESPONSE CHROME_PLUGIN_NOT_INSTALL GET_VIDEO_ELEMENT_VISIBLE_ERROR',
  'GET_LOCAL_CAPABILITIES_FAILED GET_LOCAL_CONNECTION_PARAMS_FAILED CUSTOM_REPORT_SEND_FAILED',
  'CUSTOM_REPORT_FREQUENCY_TOO_HIGH FETCH_AUDIO_FILE_FAILED READ_LOCAL_AUDIO_FILE_ERROR',
  'DECODE_AUDIO_FILE_FAILED EXTERNAL_SIGNAL_ABORT LIVE_STREAMING_TASK_CONFLICT',
  'LIVE_STREAMING_INVALID_ARGUMENT LIVE_STREAMING_INTERNAL_SERVER_ERROR WEBGL_INTERNAL_ERROR',
  'CROSS_CHANNEL_WAIT_STATUS_ERROR CROSS_CHANNEL_FAILED_JOIN_SRC CROSS_CHANNEL_FAILED_JOIN_DEST',
  'CROSS_CHANNEL_FAILED_PACKET_SENT_TO_DEST CROSS_CHANNEL_SERVER_ERROR_RESPONSE METADATA_OUT_OF_RANGE',
  'LOCAL_AEC_ERROR INVALID_PLUGIN DISCONNECT_P2P IMAGE_MODERATION_UPLOAD_FAILED P2P_MESSAGE_FAILED',
  'ERR_TOO_MANY_BROADCASTERS ERR_TOO_MANY_SUBSCRIBERS',
]
  .join(' ')
  .split(' ');

/** Error codes by name; the value is the name, but for one oddity of the API this SDK follows. */
export const AgoraRTCErrorCode: Readonly<Record<string, string>> = Object.freeze({
  ...Object.fromEntries(names.map((name) => [name, name])),
  CROSS_CHANNEL_FAILED_JOIN_SRC: 'CROSS_CHANNEL_FAILED_JOIN_SEC',
});

/** The error that every method of the SDK throws or rejects with. `data.code` is the server's own code, where there is one. */
export class AgoraRTCException extends Error {
  override readonly name = 'AgoraRTCException';
  constructor(
    readonly code: string,
    text = '',
    readonly data?: unknown,
    options?: { cause?: unknown },
  ) {
    super(`AgoraRTCError ${code}: ${text}`, options);
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
export function failure(code: string, text: string, cause?: unknown): AgoraRTCException {
  return new AgoraRTCException(code, text, undefined, cause === undefined ? undefined : { cause });
}

/** The rejection of an operation that a later leave() or an aborted signal overtook. */
export const aborted = (text = 'the operation was aborted'): AgoraRTCException =>
  failure('OPERATION_ABORTED', text);

/** Apps look for these texts in `err.message` as well as at the code. */
const translations: Partial<Record<Code, readonly [code: string, text: string]>> = {
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
