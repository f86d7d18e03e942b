import { type SignalingMessage, type SignalingRequest, signalingErrors } from '@housecount/protocol';
import { limits } from '../../limits.ts';
import type { SignalingContext } from '../context.ts';
import { refused, type SignalingAnswer } from '../names/answer.ts';
import { messagesTopic, storageTopic } from '../names/topics.ts';
import type { Rates } from '../session/rates.ts';
import type { Session } from '../session/session.ts';
import { storageLength } from '../storage/storage-frames.ts';
import { changeMetadata, type MetadataChange, metadataKey } from '../storage/storage-requests.ts';

type RequestOf<Type extends SignalingRequest['type']> = Extract<SignalingRequest, { type: Type }>;

/** Who publishes: the user of a session, or the name that the server's owner gives; with the budget of its deliveries. */
export interface Publisher {
  readonly app: string;
  readonly userId: string;
  readonly rates: Pick<Rates, 'takeDelivery' | 'takeKept'>;
}

/** What is published; its fields are legal. */
export type Publication = Pick<RequestOf<'publish'>, 'channel' | 'content' | 'customType'>;

/** To how many connections it went, or why it did not. */
export type Published = { readonly ok: true; readonly receivers: number } | Refusal;
export type Refusal = Extract<SignalingAnswer, { ok: false }>;

export const publisherOf = ({ app, userId, rates }: Session): Publisher => ({ app: app.id, userId, rates });

/** To a channel: encoded once, for everybody who subscribed with messages, the publisher too. Done at once, so the order is the publisher's. */
export function publish(context: PublishContext, publisher: Publisher, publication: Publication): Published {
  const told = encode(publisher, publication, context.clock.nowMs());
  const refusal = refusalOfDelivery(context, publisher, told);
  return refusal ?? { ok: true, receivers: tellChannel(context, told) };
}

/** A message as it goes to everybody in its channel. */
export interface Told {
  readonly topic: string;
  readonly text: string;
}

export const encode = (publisher: Publisher, publication: Publication, serverMs: number): Told => ({
  topic: messagesTopic({ app: publisher.app, channelType: 'MESSAGE', channel: publication.channel }),
  text: JSON.stringify(frameOf('MESSAGE', publisher, publication, serverMs)),
});

/** To a user, while they are connected. */
export function tellUser(
  context: PublishContext,
  publisher: Publisher,
  publication: Publication,
  serverMs = context.clock.nowMs(),
): Published {
  const { app } = publisher;
  const receiver = context.sessions.of(app, publication.channel)?.connection;
  if (!receiver || receiver.isOver)
    return refused(signalingErrors.receiverOffline, 'The receiver is offline.');
  receiver.send(frameOf('USER', publisher, publication, serverMs));
  context.messages.add();
  context.deliveries.add();
  return { ok: true, receivers: 1 };
}

/** Why a user can get no more messages now: they are behind in reading, and more would cut them off. */
export function refusalOfReceiver(
  { sessions }: Pick<PublishContext, 'sessions'>,
  app: string,
  userId: string,
): Refusal | undefined {
  const waiting = sessions.of(app, userId)?.connection?.socket.bufferedBytes() ?? 0;
  if (waiting <= limits.signalingUserBacklogBytesMax) return undefined;
  return refused(signalingErrors.publishTooFrequent, 'The receiver is behind in reading; wait a moment.');
}

function frameOf(
  channelType: 'MESSAGE' | 'USER',
  { userId }: Publisher,
  { channel, content, customType }: Publication,
  serverMs: number,
): SignalingMessage {
  return {
    type: 'message',
    channelType,
    channel,
    publisher: userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs,
  };
}

/** Why the publisher may not put this on so many connections now. */
export function refusalOfDelivery(
  { audiences, clock }: PublishContext,
  { rates }: Publisher,
  { topic, text }: Told,
): Refusal | undefined {
  // Characters for bytes: what matters here is the size of it.
  if (rates.takeDelivery(text.length * audiences.sizeOf(topic), clock.steadyMs())) return undefined;
  return refused(signalingErrors.publishTooFrequent, tooMuch);
}

/** Returns how many are told. */
export function tellChannel(
  { broadcast, audiences, messages, deliveries }: PublishContext,
  { topic, text }: Told,
): number {
  broadcast.publish(topic, text);
  messages.add();
  const receivers = audiences.sizeOf(topic);
  deliveries.add(receivers);
  return receivers;
}

/** Changes metadata, of which everybody who follows the set is told all. */
export function writeMetadata(
  context: SignalingContext,
  session: Session,
  frame: RequestOf<'change-metadata'>,
): SignalingAnswer | Promise<SignalingAnswer> {
  if (!mayTellMetadata(context, publisherOf(session), frame))
    return refused(signalingErrors.rateExceeded, tooMuch);
  return changeMetadata(context.log, session.app.id, session.userId, frame);
}

/** Takes what a change of metadata costs: the whole set, for everybody who follows it. */
export function mayTellMetadata(
  { log, clock, audiences }: Pick<SignalingContext, 'log' | 'clock' | 'audiences'>,
  { app, userId, rates }: Publisher,
  { target, items }: MetadataChange,
): boolean {
  const key = metadataKey(app, target);
  const followers = audiences.sizeOf(storageTopic(key));
  if (followers === 0) return true;
  const length = storageLength(log.signalingState(key).metadata, items, userId);
  return rates.takeDelivery(length * followers, clock.steadyMs());
}

export type PublishContext = Pick<
  SignalingContext,
  'broadcast' | 'clock' | 'messages' | 'deliveries' | 'audiences' | 'sessions'
>;

const tooMuch = 'That is too much for so many receivers; wait a moment.';
