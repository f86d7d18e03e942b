import {
  isSignalingName,
  type SignalingMessage,
  type SignalingTopicResult,
  signalingErrors,
  signalingTopicUserCodes,
  signalingTopicUsersMax,
} from '@housecount/protocol';
import { userIdOf } from '../../channel/membership/member.ts';
import type { Topics } from '../../channel/parts/topics.ts';
import type { Clock, Random } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Identities } from '../../log/contract/identities.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import type { Audiences } from '../names/audiences.ts';
import { publishersBusTopic, topicMessagesBusTopic } from '../names/bus-topics.ts';
import { type ChannelKey, streamKey } from '../names/channel-key.ts';
import { uidOf } from '../names/identity.ts';
import { failed } from '../names/refusals.ts';
import type { RequestOf } from '../names/request.ts';
import type { Session } from '../session/session.ts';
import type { StreamMembership } from '../session/subscription/stream-membership.ts';
import { type ModerationNeeds, muted } from './moderation.ts';
import type { PublishNeeds } from './publish.ts';

export interface ChangeTopicNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly audiences: Audiences;
  readonly clock: Pick<Clock, 'steadyMs'>;
}

/** The ports of the log that tell who publishes in the topics of a channel. */
type Publishing = Pick<Channels, 'channel'> & Pick<Identities, 'uidOf'>;

export interface PublishTopicNeeds extends ModerationNeeds, Omit<PublishNeeds, 'sessions'> {
  readonly log: ModerationNeeds['log'] & Publishing;
}

export interface SubscribeTopicNeeds {
  readonly log: Publishing;
  readonly random: Pick<Random, 'fraction'>;
}

const notJoined = () => refused(signalingErrors.channelNotJoined, 'The user is not in the stream channel.');
const tooMuch = 'That is too much for so many receivers; wait a moment.';
/** Approximate bytes that a frame has around its content. */
const frameBytes = 200;

/** Begins or ends to publish in a topic; resolves when that is durable. */
export async function changeTopic(
  { log, audiences, clock }: ChangeTopicNeeds,
  session: Session,
  frame: RequestOf<'join-topic' | 'leave-topic'>,
): Promise<SignalingAnswer> {
  const key = streamKey(session.app.id, frame.channel);
  if (!session.subscriptions.stream(key)) return notJoined();
  const bytes = frameBytes + (frame.type === 'join-topic' ? frame.meta.length : 0);
  if (!session.rates.takeDelivery(bytes * audiences.sizeOf(publishersBusTopic(key)), clock.steadyMs()))
    return refused(signalingErrors.rateExceeded, tooMuch);
  const { topic } = frame;
  const connectionId = session.id;
  const outcome = await log.submit(
    key,
    frame.type === 'join-topic'
      ? { type: 'join-topic', connectionId, topic, meta: frame.meta }
      : { type: 'leave-topic', connectionId, topic },
  );
  if (outcome.ok) return done();
  return outcome.code === 'not_joined' ? notJoined() : failed(outcome, signalingErrors.joinTopicFailed);
}

/** Publishes to all who subscribed to this publisher in the topic: encoded once, done at once, so the order is the publisher's. */
export function publishTopic(
  needs: PublishTopicNeeds,
  session: Session,
  { channel, topic, content, customType }: RequestOf<'publish-topic'>,
): SignalingAnswer {
  const { broadcast, clock, counted, audiences, log } = needs;
  const key = streamKey(session.app.id, channel);
  const stream = session.subscriptions.stream(key);
  if (!stream) return notJoined();
  const mute = muted(needs, session, channel);
  if (mute) return mute;
  if (!Object.hasOwn(ownTopics(log, session, key), topic))
    return refused(signalingErrors.topicNotJoined, 'The user does not publish in that topic.');
  const frame: SignalingMessage = {
    type: 'message',
    channelType: 'STREAM',
    channel,
    topic,
    publisher: session.userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  };
  if (!stream.takeMessage(topic, clock.steadyMs()))
    return refused(signalingErrors.publishTooFrequent, 'Too many messages in the topic in a short time.');
  const text = JSON.stringify(frame);
  const to = topicMessagesBusTopic(key, topic, session.userId);
  const receivers = audiences.sizeOf(to);
  if (!session.rates.takeDelivery(text.length * receivers, clock.steadyMs()))
    return refused(signalingErrors.publishTooFrequent, tooMuch);
  broadcast.publish(to, text);
  counted.add(receivers);
  return done();
}

/** Adds publishers to those whose messages the session gets (spec: signaling 2.6). */
export function subscribeTopic(
  needs: SubscribeTopicNeeds,
  session: Session,
  { channel, topic, users, absent = false }: RequestOf<'subscribe-topic'>,
): SignalingAnswer {
  const key = streamKey(session.app.id, channel);
  const stream = session.subscriptions.stream(key);
  if (!stream) return notJoined();
  const before = stream.subscribed(topic);
  if (before.length === 0 && stream.topics >= session.limits.signalingTopicsMax)
    return refused(
      signalingErrors.tooManyTopics,
      `At most ${session.limits.signalingTopicsMax} topics of a channel can be subscribed.`,
    );
  const { log } = needs;
  const publishes = (userId: string) => isPublisher(log, key, topic, userId);
  const wanted = users ?? anyPublishers(needs, session, key, topic).filter((user) => !before.includes(user));
  let total = session.subscriptions.followedPublishers;
  const succeeded: string[] = [];
  const fail: { userId: string; code: number }[] = [];
  const { notPublishing, invalidUser, alreadySubscribed, tooMany } = signalingTopicUserCodes;
  for (const userId of wanted) {
    const no = (code: number) => fail.push({ userId, code });
    if (!isSignalingName(userId) || userId === session.userId) no(invalidUser);
    else if (stream.subscribed(topic).includes(userId)) no(alreadySubscribed);
    else if (!absent && !publishes(userId)) no(notPublishing);
    else {
      const count = stream.subscribed(topic).length;
      if (total < session.limits.signalingFollowedPublishersMax && makeRoom(stream, topic, publishes)) {
        stream.subscribe(topic, userId);
        total += stream.subscribed(topic).length - count;
        succeeded.push(userId);
      }
      // Whoever was not named was not asked for.
      else if (users) no(tooMany);
    }
  }
  return done({
    subscribed: stream.subscribed(topic),
    succeeded,
    failed: fail,
  } satisfies SignalingTopicResult);
}

/** Takes publishers, or a whole topic, out of what the session gets. */
export function unsubscribeTopic(
  session: Session,
  { channel, topic, users }: RequestOf<'unsubscribe-topic'>,
): SignalingAnswer {
  const stream = session.subscriptions.stream(streamKey(session.app.id, channel));
  if (!stream) return notJoined();
  const before = stream.subscribed(topic);
  if (before.length === 0) return refused(signalingErrors.topicNotSubscribed, 'The topic is not subscribed.');
  for (const userId of users ?? before) stream.unsubscribe(topic, userId);
  return done({
    subscribed: stream.subscribed(topic),
    succeeded: [],
    failed: [],
  } satisfies SignalingTopicResult);
}

/** Makes room, if need be by letting go who was asked for first and does not publish any more. */
function makeRoom(stream: StreamMembership, topic: string, publishes: (userId: string) => boolean): boolean {
  const subscribed = stream.subscribed(topic);
  if (subscribed.length < signalingTopicUsersMax) return true;
  const gone = subscribed.find((userId) => !publishes(userId));
  if (gone === undefined) return false;
  stream.unsubscribe(topic, gone);
  return true;
}

function isPublisher(log: Publishing, key: ChannelKey, topic: string, userId: string): boolean {
  const uid = uidOf(log, key.app, userId);
  const state = log.channel(key);
  if (uid === undefined || !state) return false;
  const member = state.roster.get(uid);
  const topics = state.publishers.byUid.get(uid)?.topics ?? {};
  return member !== undefined && userIdOf(member) === userId && Object.hasOwn(topics, topic);
}

/** Up to as many of those who publish in the topic now as one user may subscribe to, by chance, without the asker. */
function anyPublishers(
  { log, random }: SubscribeTopicNeeds,
  session: Session,
  key: ChannelKey,
  topic: string,
): readonly string[] {
  const state = log.channel(key);
  if (!state) return [];
  const all: string[] = [];
  for (const { uid, topics } of state.publishers.byUid.values()) {
    const member = Object.hasOwn(topics, topic) ? state.roster.get(uid) : undefined;
    if (member && userIdOf(member) !== session.userId) all.push(userIdOf(member));
  }
  for (let at = 0; at < Math.min(all.length, signalingTopicUsersMax); at++) {
    const from = at + Math.floor(random.fraction() * (all.length - at));
    const [one = '', other = ''] = [all[at], all[from]];
    all[at] = other;
    all[from] = one;
  }
  return all.slice(0, signalingTopicUsersMax);
}

function ownTopics(log: Publishing, session: Session, key: ChannelKey): Topics {
  const state = log.channel(key);
  const member = state?.roster.getByConnection(session.id);
  return (member && state?.publishers.byUid.get(member.uid)?.topics) ?? {};
}
