import { type SignalingMessage, type SignalingRequest, signalingErrors } from '@housecount/protocol';
import { limits } from '../limits.ts';
import { done, refused, type SignalingAnswer } from './answer.ts';
import type { SignalingContext } from './context.ts';
import type { Session } from './session.ts';
import { changeMetadata, metadataKey } from './storage-requests.ts';
import { messagesTopic, storageTopic } from './topics.ts';

type RequestOf<Type extends SignalingRequest['type']> = Extract<SignalingRequest, { type: Type }>;

/** To a channel: encoded once, for everybody who subscribed with messages, the publisher too. Done at once, so the order is the publisher's. */
export function publish(
  { broadcast, clock, messages, audiences }: SignalingContext,
  session: Session,
  { channel, content, customType }: RequestOf<'publish'>,
): SignalingAnswer {
  const frame: SignalingMessage = {
    type: 'message',
    channelType: 'MESSAGE',
    channel,
    publisher: session.userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  };
  const text = JSON.stringify(frame);
  // Characters for bytes: what matters here is the size of it.
  const topic = messagesTopic({ app: session.app.id, channelType: 'MESSAGE', channel });
  if (!session.rates.takeDelivery(text.length * audiences.sizeOf(topic), frame.serverMs))
    return refused(signalingErrors.publishTooFrequent, tooMuch);
  broadcast.publish(topic, text);
  messages.add();
  return done();
}

/** To a user, while they are connected. */
export function tellUser(
  { sessions, clock, messages }: SignalingContext,
  session: Session,
  { channel, content, customType }: RequestOf<'publish'>,
): SignalingAnswer {
  const receiver = sessions.of(session.app.id, channel)?.connection;
  if (!receiver || receiver.isOver)
    return refused(signalingErrors.receiverOffline, 'The receiver is offline.');
  receiver.send({
    type: 'message',
    channelType: 'USER',
    channel,
    publisher: session.userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  });
  messages.add();
  return done();
}

/** Changes metadata, of which everybody who follows the set is told all. */
export function writeMetadata(
  { log, clock, audiences }: SignalingContext,
  session: Session,
  frame: RequestOf<'change-metadata'>,
): SignalingAnswer | Promise<SignalingAnswer> {
  const followers = audiences.sizeOf(storageTopic(metadataKey(session.app.id, frame.target)));
  if (!session.rates.takeDelivery(limits.metadataBytesMax * followers, clock.nowMs()))
    return refused(signalingErrors.rateExceeded, tooMuch);
  return changeMetadata(log, session.app.id, session.userId, frame);
}

const tooMuch = 'That is too much for so many receivers; wait a moment.';
