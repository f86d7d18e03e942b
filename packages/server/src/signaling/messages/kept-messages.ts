import {
  HousecountError,
  type SignalingKeptMessage,
  type SignalingMessagesPage,
  signalingErrors,
} from '@housecount/protocol';
import { fixed } from '../../fixed-limits.ts';
import type { Messages, MessagesPage } from '../../ledger/messages/messages.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { MessageLog } from '../../log/contract/messages.ts';
import { conversationOf } from '../../log/record/conversation.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import type { SignalingApps } from '../names/app.ts';
import { failed } from '../names/refusals.ts';
import type { RequestOf } from '../names/request.ts';
import type { Session } from '../session/session.ts';
import {
  connectionOf,
  encode,
  messagesTopic,
  type Publication,
  type Published,
  type Publisher,
  type PublishNeeds,
  receiverOffline,
  refusalOfDelivery,
  tellUser,
} from './publish.ts';

export interface KeepNeeds extends PublishNeeds {
  readonly apps: SignalingApps;
  readonly log: Pick<MessageLog, 'keepMessage'> & Pick<Feed, 'lastPosition'>;
  /** Resolves when what the log has up to this position was told to those whose sockets are here. */
  readonly toldTo: (position: number) => Promise<void>;
}

export interface ReadNeeds {
  readonly apps: SignalingApps;
  /** The messages that are kept. */
  readonly kept: Pick<Messages, 'read'>;
}

/**
 * Publishes what is also kept: durable first, then told from its record (message-events.ts), under the time by which it is found
 * again; answered when those here were told, so that what its publisher says next comes after it. To a user who is not
 * connected it is kept alone (−11035); what could not be kept is still told to one who is (−11037), but to no channel.
 */
export async function publishKept(
  needs: KeepNeeds,
  publisher: Publisher,
  { channelType, ...publication }: Publication & { readonly channelType: 'MESSAGE' | 'USER' },
): Promise<Published> {
  const { app, userId, rates } = publisher;
  const { channel, content, customType } = publication;
  if ((needs.apps.get(app)?.signaling.historyDays ?? 0) === 0)
    return refused(signalingErrors.historyNotAvailable, 'This app keeps no messages.');
  if (!rates.takeKept(JSON.stringify(content).length, needs.clock.steadyMs()))
    return refused(signalingErrors.rateExceeded, 'That is too much to keep in a short time.');
  const refusal =
    channelType === 'MESSAGE' &&
    refusalOfDelivery(needs, publisher, encode(publisher, publication, needs.clock.nowMs()));
  if (refusal) return refusal;
  const kept = await needs.log.keepMessage({
    app,
    channelType,
    channel,
    publisher: userId,
    content,
    ...(customType !== undefined && { customType }),
  });
  if (kept.ok) await needs.toldTo(needs.log.lastPosition);
  if (channelType === 'USER') {
    if (!kept.ok) return told(false, tellUser(needs, publisher, publication));
    return told(true, connectionOf(needs, app, channel) ? { ok: true, receivers: 1 } : receiverOffline());
  }
  if (!kept.ok) {
    const { ok: _, ...why } = kept;
    const answer = failed(why, signalingErrors.historyFailed);
    return answer.ok ? refused(signalingErrors.historyFailed, 'The message could not be kept.') : answer;
  }
  return { ok: true, receivers: needs.audiences.sizeOf(messagesTopic(app, channel)) };
}

/** The outcome of a message to a user (spec: signaling 2.4). */
function told(isKept: boolean, published: Published): Published {
  if (isKept && published.ok) return published;
  if (published.ok)
    return refused(signalingErrors.deliveredButNotKept, 'It was delivered, but could not be kept.');
  return isKept
    ? refused(signalingErrors.receiverOfflineButKept, 'The receiver is offline, and finds it in the history.')
    : refused(
        signalingErrors.receiverOfflineAndNotKept,
        'The receiver is offline, and it could not be kept.',
      );
}

/** A page of what was kept: of a channel, or between the session's user and another. */
export async function getMessages(
  { apps, kept }: ReadNeeds,
  { app: { id: app }, userId }: Pick<Session, 'app' | 'userId'>,
  { channelType, channel, count, start, end }: RequestOf<'get-messages'>,
): Promise<SignalingAnswer> {
  if ((apps.get(app)?.signaling.historyDays ?? 0) === 0)
    return refused(signalingErrors.historyNotAvailable, 'This app keeps no messages.');
  const conversation = conversationOf({ app, channelType, channel, publisher: userId });
  try {
    // The wait has an end of its own.
    const signal = new AbortController().signal;
    return done(pageOf(await kept.read({ app, conversation, start, end, limit: count }, signal)));
  } catch (error) {
    if (!(error instanceof HousecountError)) throw error;
    return refused(signalingErrors.historyTimeout, 'The history is behind; try again in a moment.');
  }
}

/** As it goes over the wire: shorter than it was read, where that would be too long for one frame. */
export function pageOf({ messages, next }: MessagesPage): SignalingMessagesPage {
  const page: SignalingKeptMessage[] = [];
  let length = 0;
  for (const { atMs, ...message } of messages) {
    length += JSON.stringify(message.content).length;
    const last = page.at(-1);
    if (last && length > fixed.signalingFrameLengthMax) return { messages: page, newStart: last.timestamp };
    page.push({ ...message, timestamp: atMs });
  }
  return { messages: page, newStart: next };
}
