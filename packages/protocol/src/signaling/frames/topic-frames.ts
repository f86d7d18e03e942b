import { signalingErrors } from '../signaling-errors.ts';
import { isSignalingTopic } from '../signaling-streams.ts';
import { contentUpTo, customType } from './channel-frames.ts';
import {
  type Check,
  channel,
  field,
  flag,
  id,
  invalid,
  optional,
  type SignalingFrameChecks,
  utf8Length,
} from './checks.ts';

/** Bytes of a message in a topic (spec: signaling 2.2). */
export const signalingTopicMessageBytesMax = 1024;
/** Bytes of what a publisher says of itself in a topic (spec: signaling 2.6). */
export const signalingTopicMetaBytesMax = 256;
/** Publishers in a topic whose messages one user gets (spec: signaling 2.6). */
export const signalingTopicUsersMax = 64;

const topic = field(
  '1 to 16 characters of the legal set, not beginning with "_"',
  isSignalingTopic,
  signalingErrors.invalidTopicName,
);

const meta: Check = (value, name) => {
  if (typeof value === 'string' && utf8Length(value) <= signalingTopicMetaBytesMax) return undefined;
  return invalid(
    `"${name}" must be a text of at most ${signalingTopicMetaBytesMax} bytes.`,
    signalingErrors.invalidTopicMeta,
  );
};

/** The server answers for each text whether it is a user id. */
const users: Check = (value, name) => {
  if (!Array.isArray(value) || value.some((user) => typeof user !== 'string' || user.length > 256))
    return invalid(`"${name}" must be a list of texts.`, signalingErrors.invalidUserList);
  return value.length <= signalingTopicUsersMax
    ? undefined
    : invalid(
        `A topic has at most ${signalingTopicUsersMax} subscribed users.`,
        signalingErrors.tooManyTopicUsers,
      );
};

const place = { id, channel, topic };

/** The frames of topics, all of stream channels. */
export const topicFrames: SignalingFrameChecks = {
  'join-topic': { ...place, meta },
  'leave-topic': place,
  'publish-topic': {
    ...place,
    content: contentUpTo(signalingTopicMessageBytesMax),
    customType: optional(customType),
  },
  'subscribe-topic': { ...place, users: optional(users), absent: optional(flag) },
  'unsubscribe-topic': { ...place, users: optional(users) },
};
