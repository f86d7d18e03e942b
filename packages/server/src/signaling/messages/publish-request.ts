import type { RequestOf } from '../names/request.ts';
import type { Session } from '../session/session.ts';
import { type KeepNeeds, publishKept } from './kept-messages.ts';
import { type ModerationNeeds, muted } from './moderation.ts';
import { type Published, publish, publisherOf, refusalOfReceiver, tellUser } from './publish.ts';

/** Publishes to a channel or a user, unless a rule mutes the session's user, or the receiver is behind. */
export function publishAsked(
  parts: KeepNeeds & ModerationNeeds,
  session: Session,
  frame: RequestOf<'publish'>,
): Published | Promise<Published> {
  const toUser = frame.channelType === 'USER';
  const mute = muted(parts, session, toUser ? undefined : frame.channel);
  if (mute) return mute;
  const busy = toUser && refusalOfReceiver(parts, session.app.id, frame.channel);
  if (busy) return busy;
  const publisher = publisherOf(session);
  if (frame.storeInHistory) return publishKept(parts, publisher, frame);
  return toUser ? tellUser(parts, publisher, frame) : publish(parts, publisher, frame);
}
