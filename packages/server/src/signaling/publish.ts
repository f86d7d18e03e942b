import { type SignalingMessage, type SignalingRequest, signalingErrors } from '@housecount/protocol';
import { limits } from '../limits.ts';
import { refused, type SignalingAnswer } from './answer.ts';
import type { SignalingContext } from './context.ts';
import type { Rates } from './rates.ts';
import type { Session } from './session.ts';
import { changeMetadata, metadataKey } from './storage-requests.ts';
import { messagesTopic, storageTopic } from './topics.ts';

type RequestOf<Type extends SignalingRequest['type']> = Extract<SignalingRequest, { type: Type }>;

/** Who publishes: the user of a session, or the name that the server's owner gives; with the budget of its deliveries. */
export interface Publisher {
  readonly app: string;
  readonly userId: string;
  readonly rates: Pick<Rates, 'takeDelivery'>;
}

/** What is published; its fields are legal. */
export type Publication = Pick<RequestOf<'publish'>, 'channel' | 'content' | 'customType'>;

/** To how many connections it went, or why it did not. */
export type Published = { readonly ok: true; readonly receivers: number } | Refusal;
type Refusal = Extract<SignalingAnswer, { ok: false }>;

export const publisherOf = ({ app, userId, rates }: Session): Publisher => ({ app: app.id, userId, rates });

/** To a channel: encoded once, for everybody who subscribed with messages, the publisher too. Done at once, so the order is the publisher's. */
export function publish(
  { broadcast, clock, messages, audiences }: PublishContext,
  { app, userId, rates }: Publisher,
  { channel, content, customType }: Publication,
): Published {
  const frame: SignalingMessage = {
    type: 'message',
    channelType: 'MESSAGE',
    channel,
    publisher: userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  };
  const text = JSON.stringify(frame);
  // Characters for bytes: what matters here is the size of it.
  const topic = messagesTopic({ app, channelType: 'MESSAGE', channel });
  const receivers = audiences.sizeOf(topic);
  if (!rates.takeDelivery(text.length * receivers, frame.serverMs))
    return refused(signalingErrors.publishTooFrequent, tooMuch);
  broadcast.publish(topic, text);
  messages.add();
  return { ok: true, receivers };
}

/** To a user, while they are connected. */
export function tellUser(
  { sessions, clock, messages }: PublishContext,
  { app, userId }: Publisher,
  { channel, content, customType }: Publication,
): Published {
  const receiver = sessions.of(app, channel)?.connection;
  if (!receiver || receiver.isOver)
    return refused(signalingErrors.receiverOffline, 'The receiver is offline.');
  receiver.send({
    type: 'message',
    channelType: 'USER',
    channel,
    publisher: userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  });
  messages.add();
  return { ok: true, receivers: 1 };
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

export type PublishContext = Pick<
  SignalingContext,
  'broadcast' | 'clock' | 'messages' | 'audiences' | 'sessions'
>;

const tooMuch = 'That is too much for so many receivers; wait a moment.';
