import { type SignalingMessage, signalingErrors } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import { refused, type SignalingAnswer } from '../names/answer.ts';
import type { Audiences } from '../names/audiences.ts';
import { messagesBusTopic, storageBusTopic } from '../names/bus-topics.ts';
import type { RequestOf } from '../names/request.ts';
import type { Rates } from '../session/rates/rates.ts';
import type { Session } from '../session/session.ts';
import { storageLength } from '../storage/storage-frames.ts';
import { changeMetadata, type MetadataChange, metadataKey } from '../storage/storage-requests.ts';

/** The sessions of users, as who publishes to one needs them. */
export interface Receivers {
  of(app: string, userId: string): Pick<Session, 'connection' | 'limits'> | undefined;
}

/** Counts messages, and to how many sockets they go. */
export interface Counted {
  add(receivers: number): void;
}

export interface PublishNeeds {
  readonly broadcast: Broadcast;
  readonly clock: Pick<Clock, 'nowMs' | 'steadyMs'>;
  readonly audiences: Audiences;
  readonly sessions: Receivers;
  readonly counted: Counted;
}

export interface MetadataNeeds extends Pick<PublishNeeds, 'clock' | 'audiences'> {
  readonly log: Pick<Commands, 'submit'> & Pick<Channels, 'known'>;
}

/** Whose message it is. */
export interface Author {
  readonly app: string;
  readonly userId: string;
}

/** The publisher: the user of a session, or the name that the server's owner gives; with the budget of its deliveries. */
export interface Publisher extends Author {
  readonly rates: Pick<Rates, 'takeDelivery' | 'takeKept'>;
}

/** The part of a request that is published; its fields are legal. */
export type Publication = Pick<RequestOf<'publish'>, 'channel' | 'content' | 'customType'>;

/** The number of connections that the message went to, or the refusal. */
export type Published = { readonly ok: true; readonly receivers: number } | Refusal;
export type Refusal = Extract<SignalingAnswer, { ok: false }>;

export const publisherOf = ({ app, userId, rates }: Session): Publisher => ({ app: app.id, userId, rates });

/** Publishes to a channel: encoded once, for all subscribers with messages, the publisher included. Done at once, so the order is the publisher's. */
export function publish(needs: PublishNeeds, publisher: Publisher, publication: Publication): Published {
  const told = encode(publisher, publication, needs.clock.nowMs());
  const refusal = refusalOfDelivery(needs, publisher, told);
  return refusal ?? { ok: true, receivers: tellChannel(needs, told) };
}

/** A message as it goes to everybody in its channel. */
export interface Told {
  readonly topic: string;
  readonly text: string;
}

export const messagesTopic = (app: string, name: string): string =>
  messagesBusTopic({ app, kind: 'message', name });

export const encode = (publisher: Author, publication: Publication, serverMs: number): Told => ({
  topic: messagesTopic(publisher.app, publication.channel),
  text: JSON.stringify(frameOf('MESSAGE', publisher, publication, serverMs)),
});

/** Publishes to a user, if they are connected. `serverMs`: the time of the message; that of now if it is left out. */
export function tellUser(
  needs: Omit<PublishNeeds, 'broadcast' | 'audiences'>,
  publisher: Author,
  publication: Publication,
  serverMs = needs.clock.nowMs(),
): Published {
  const receiver = connectionOf(needs, publisher.app, publication.channel);
  if (!receiver) return receiverOffline();
  receiver.send(frameOf('USER', publisher, publication, serverMs));
  needs.counted.add(1);
  return { ok: true, receivers: 1 };
}

/** The connection of a user, if they are connected. */
export function connectionOf({ sessions }: Pick<PublishNeeds, 'sessions'>, app: string, userId: string) {
  const connection = sessions.of(app, userId)?.connection;
  return connection?.isOver === false ? connection : undefined;
}

export const receiverOffline = (): Refusal =>
  refused(signalingErrors.receiverOffline, 'The receiver is offline.');

/** Why a user can get no more messages now: they are behind in reading, and more would cut them off. */
export function refusalOfReceiver(
  { sessions }: Pick<PublishNeeds, 'sessions'>,
  app: string,
  userId: string,
): Refusal | undefined {
  const receiver = sessions.of(app, userId);
  const waiting = receiver?.connection?.socket.bufferedBytes() ?? 0;
  if (!receiver || waiting <= receiver.limits.signalingUserBacklogBytesMax) return undefined;
  return refused(signalingErrors.publishTooFrequent, 'The receiver is behind in reading; wait a moment.');
}

function frameOf(
  channelType: 'MESSAGE' | 'USER',
  { userId }: Author,
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
  { audiences, clock }: PublishNeeds,
  { rates }: Publisher,
  { topic, text }: Told,
): Refusal | undefined {
  // Characters for bytes: what matters here is the size of it.
  if (rates.takeDelivery(text.length * audiences.sizeOf(topic), clock.steadyMs())) return undefined;
  return refused(signalingErrors.publishTooFrequent, tooMuch);
}

/** Returns how many are told. */
export function tellChannel(
  { broadcast, audiences, counted }: Omit<PublishNeeds, 'clock' | 'sessions'>,
  { topic, text }: Told,
): number {
  broadcast.publish(topic, text);
  const receivers = audiences.sizeOf(topic);
  counted.add(receivers);
  return receivers;
}

/** Changes metadata, of which everybody who follows the set is told all. */
export function writeMetadata(
  needs: MetadataNeeds,
  session: Session,
  frame: RequestOf<'change-metadata'>,
): SignalingAnswer | Promise<SignalingAnswer> {
  if (!mayTellMetadata(needs, publisherOf(session), frame))
    return refused(signalingErrors.rateExceeded, tooMuch);
  return changeMetadata(needs.log, session.app.id, session.userId, frame, session.limits);
}

/** Takes what a change of metadata costs: the whole set, for everybody who follows it. */
export function mayTellMetadata(
  { log, clock, audiences }: MetadataNeeds,
  { app, userId, rates }: Publisher,
  { target, items }: MetadataChange,
): boolean {
  const key = metadataKey(app, target);
  const followers = audiences.sizeOf(storageBusTopic(key));
  if (followers === 0) return true;
  const length = storageLength(log.known(key).metadata, items, userId);
  return rates.takeDelivery(length * followers, clock.steadyMs());
}

const tooMuch = 'That is too much for so many receivers; wait a moment.';
