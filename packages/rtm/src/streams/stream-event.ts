import type { SignalingTopic, SignalingTopicEvent } from '@housecount/protocol';
import { LinkStateChangeReasonDescription } from '../events/constants.ts';
import type {
  LinkOperation,
  LinkStateChangeReasonCode,
  LinkStateEvent,
  TopicEvent,
  topicDetail,
} from '../events/events.ts';
import { rejectionOf } from '../link/rejection.ts';
import { isRefusal } from '../link/request-error.ts';
import { environment } from '../settings/environment.ts';

/** States of a stream channel's link: a loss is tried again at once, so there are fewer than of the session's. */
export type StreamState = 'IDLE' | 'CONNECTING' | 'CONNECTED' | 'FAILED';
export type Cause = readonly [operation: LinkOperation, reasonCode: LinkStateChangeReasonCode];

/** A change of the link of a stream channel, as the API tells it. */
export function streamEvent(
  channel: string,
  currentState: StreamState,
  previousState: StreamState,
  [operation, reasonCode]: Cause,
  more: Partial<LinkStateEvent>,
): LinkStateEvent {
  return {
    currentState,
    previousState,
    serviceType: 'STREAM',
    operation,
    reason: LinkStateChangeReasonDescription[reasonCode],
    reasonCode,
    affectedChannels: [channel],
    unrestoredChannels: [],
    isResumed: false,
    timestamp: environment.nowMs(),
    ...more,
  };
}

/** Why a join failed: what the server said of the token, or that it failed. */
export function causeOfRefusal(error: unknown): Cause {
  if (!isRefusal(error)) return ['JOIN', 'JOIN_FAILED'];
  const { reasonCode } = rejectionOf({
    type: 'closing',
    code: '',
    errorCode: error.end.code,
    message: '',
    retry: false,
  });
  return ['SERVER_REJECT', reasonCode === 'LOGIN_REJECTED' ? 'JOIN_FAILED' : reasonCode];
}

/** The topic event of the API for a frame; undefined for a change by this user, which the API does not report. */
export function topicEventOf(
  { event, channel, serverMs }: SignalingTopicEvent,
  self: string,
): TopicEvent | undefined {
  const publisher = 'userId' in event ? event.userId : '';
  if (event.type !== 'SNAPSHOT' && publisher === self) return undefined;
  const topicInfos = event.topics.map(topicInfo);
  return {
    eventType: event.type,
    channelName: channel,
    publisher,
    topicInfos,
    totalTopics: topicInfos.length,
    timestamp: serverMs,
  };
}

const topicInfo = ({ topic, publishers }: SignalingTopic): topicDetail => ({
  topicName: topic,
  publishers: publishers.map(({ userId, meta }) => ({ publisherUserId: userId, publisherMeta: meta })),
  totalPublisher: publishers.length,
});
