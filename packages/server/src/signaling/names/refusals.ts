import { type Code, type SignalingErrorCode, signalingErrors } from '@housecount/protocol';
import { sentenceOf } from '../../net/sentence.ts';
import type { SignalingAnswer } from './answer.ts';

/** As a refusal, what the log or a check answered; `otherwise` is the number of codes that have none of their own. */
export function refusalOf(
  { code, detail }: { readonly code: Code; readonly detail?: string },
  otherwise: SignalingErrorCode,
): Extract<SignalingAnswer, { ok: false }> {
  return { ok: false, code: errorCodeOf(code) ?? otherwise, reason: sentenceOf(code, detail) };
}

const {
  inconsistentAppId,
  invalidAppId,
  invalidChannelName,
  invalidToken,
  invalidUserId,
  loginAborted,
  loginRejected,
  loginTimeout,
  noServerResources,
  rateExceeded,
  tokenExpired,
} = signalingErrors;

const numbers: Partial<Record<Code, SignalingErrorCode>> = {
  invalid_app_id: invalidAppId,
  invalid_channel_name: invalidChannelName,
  invalid_user_id: invalidUserId,
  token_required: invalidToken,
  invalid_token: invalidToken,
  token_app_mismatch: inconsistentAppId,
  token_channel_mismatch: invalidToken,
  token_uid_mismatch: invalidToken,
  token_no_privilege: invalidToken,
  token_expired: tokenExpired,
  banned: loginRejected,
  kicked: loginRejected,
  replaced: loginAborted,
  lease_ended: loginAborted,
  slow_reader: loginAborted,
  going_away: noServerResources,
  too_many_connections: noServerResources,
  hello_timeout: loginTimeout,
  rate_limited: rateExceeded,
  states_full: signalingErrors.stateCountOverflow,
  topics_full: signalingErrors.tooManyTopics,
  publishers_full: signalingErrors.joinTopicFailed,
  topic_not_joined: signalingErrors.topicNotJoined,
  not_joined: signalingErrors.channelNotSubscribed,
};

/** The API's number of a code (spec: signaling section 5); undefined if it has none. */
export const errorCodeOf = (code: Code): SignalingErrorCode | undefined => numbers[code];

/** Words a refusal of the log as the API's. A rule that keeps out of one channel is not one that keeps from logging in. */
export function failed(
  outcome: { readonly code: Code; readonly detail?: string },
  otherwise: SignalingErrorCode,
): SignalingAnswer {
  const refusal = refusalOf(outcome, otherwise);
  return outcome.code === 'banned' ? { ...refusal, code: otherwise } : refusal;
}
