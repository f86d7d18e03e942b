import { type SignalingErrorCode, signalingErrors } from '@housecount/protocol';
import { needOfChannel, nothing } from '../names/need.ts';
import type { RequestLines } from '../names/request.ts';
import {
  type ChangeTopicNeeds,
  changeTopic,
  type PublishTopicNeeds,
  publishTopic,
  type SubscribeTopicNeeds,
  subscribeTopic,
  unsubscribeTopic,
} from './topic-requests.ts';

type TopicRequestType =
  | 'join-topic'
  | 'leave-topic'
  | 'publish-topic'
  | 'subscribe-topic'
  | 'unsubscribe-topic';

const needOfStream =
  (access: 'read' | 'write', code: SignalingErrorCode) =>
  ({ channel }: { readonly channel: string }) =>
    needOfChannel({ channelType: 'STREAM', channel }, [access], code);

/** The requests about the topics of stream channels. */
export const topicLines = (
  parts: ChangeTopicNeeds & PublishTopicNeeds & SubscribeTopicNeeds,
): RequestLines<TopicRequestType> => ({
  'join-topic': {
    need: needOfStream('write', signalingErrors.joinTopicFailed),
    rate: 'topic',
    handle: (session, frame) => changeTopic(parts, session, frame),
  },
  'leave-topic': {
    need: nothing,
    rate: 'topic',
    handle: (session, frame) => changeTopic(parts, session, frame),
  },
  'publish-topic': {
    need: needOfStream('write', signalingErrors.publishFailed),
    // Its rate is by topic.
    rate: 'own',
    handle: (session, frame) => publishTopic(parts, session, frame),
  },
  'subscribe-topic': {
    need: needOfStream('read', signalingErrors.subscribeFailed),
    rate: 'topic',
    handle: (session, frame) => subscribeTopic(parts, session, frame),
  },
  'unsubscribe-topic': { need: nothing, rate: 'topic', handle: unsubscribeTopic },
});
