import { signalingErrors } from '@housecount/protocol';
import { needOfUser } from '../names/need.ts';
import type { RequestOf } from '../names/request.ts';
import { refusalOfNeed } from '../permissions.ts';
import type { Session } from '../session/session.ts';
import { type KeepNeeds, publishKept } from './kept-messages.ts';
import { type ModerationNeeds, muted } from './moderation.ts';
import { type Published, publish, publisherOf, refusalOfReceiver, tellUser } from './publish.ts';
import { type ReceiverNeeds, receiverOf } from './receiver.ts';

/** Publishes to a channel or a user, unless a rule mutes the session's user, or the receiver is behind. */
export function publishAsked(
  parts: KeepNeeds & ModerationNeeds & ReceiverNeeds,
  session: Session,
  asked: RequestOf<'publish'>,
): Published | Promise<Published> {
  const toUser = asked.channelType === 'USER';
  const frame = toUser ? { ...asked, channel: receiverOf(parts, session.app.id, asked.channel) } : asked;
  if (frame.channel !== asked.channel) {
    // The token was asked for the name that was given.
    const forbidden = session.permissions && refusalOfNeed(session.permissions, needOf(session, frame));
    if (forbidden) return forbidden;
  }
  const mute = muted(parts, session, toUser ? undefined : frame.channel);
  if (mute) return mute;
  const busy = toUser && refusalOfReceiver(parts, session.app.id, frame.channel);
  if (busy) return busy;
  const publisher = publisherOf(session);
  if (frame.storeInHistory) return publishKept(parts, publisher, frame);
  return toUser ? tellUser(parts, publisher, frame) : publish(parts, publisher, frame);
}

const needOf = ({ userId }: Session, { channel }: RequestOf<'publish'>) =>
  needOfUser(userId, channel, 'write', signalingErrors.publishFailed);
