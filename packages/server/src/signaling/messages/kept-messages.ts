import {
  HousecountError,
  type SignalingKeptMessage,
  type SignalingMessagesPage,
  type SignalingRequest,
  signalingErrors,
} from '@housecount/protocol';
import type { MessagesPage } from '../../ledger/messages/messages.ts';
import { limits } from '../../limits.ts';
import { conversationOf } from '../../log/world.ts';
import type { SignalingContext } from '../context.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import { failed } from '../names/refusals.ts';
import type { Session } from '../session/session.ts';
import {
  encode,
  type Publication,
  type PublishContext,
  type Published,
  type Publisher,
  refusalOfDelivery,
  tellChannel,
  tellUser,
} from './publish.ts';

type RequestOf<Type extends SignalingRequest['type']> = Extract<SignalingRequest, { type: Type }>;

export type KeepContext = PublishContext & Pick<SignalingContext, 'apps' | 'log'>;

/**
 * Publishes what is also kept: durable first, then told, under the time by which it is found again. To a user who is not
 * connected it is kept alone (−11035); what could not be kept is still told to one who is (−11037), but to no channel.
 */
export async function publishKept(
  context: KeepContext,
  publisher: Publisher,
  { channelType, ...publication }: Publication & { readonly channelType: 'MESSAGE' | 'USER' },
): Promise<Published> {
  const { app, userId, rates } = publisher;
  const { channel, content, customType } = publication;
  if ((context.apps.get(app)?.signaling.historyDays ?? 0) === 0)
    return refused(signalingErrors.historyNotAvailable, 'This app keeps no messages.');
  if (!rates.takeKept(JSON.stringify(content).length, context.clock.steadyMs()))
    return refused(signalingErrors.rateExceeded, 'That is too much to keep in a short time.');
  const refusal =
    channelType === 'MESSAGE' &&
    refusalOfDelivery(context, publisher, encode(publisher, publication, context.clock.nowMs()));
  if (refusal) return refusal;
  const kept = await context.log.keepMessage({
    app,
    channelType,
    channel,
    publisher: userId,
    content,
    ...(customType !== undefined && { customType }),
  });
  if (channelType === 'USER') return told(kept.ok, tellUser(context, publisher, publication, timeOf(kept)));
  if (!kept.ok) {
    const { ok: _, ...why } = kept;
    const answer = failed(why, signalingErrors.historyFailed);
    return answer.ok ? refused(signalingErrors.historyFailed, 'The message could not be kept.') : answer;
  }
  return { ok: true, receivers: tellChannel(context, encode(publisher, publication, kept.atMs)) };
}

const timeOf = (kept: { ok: true; atMs: number } | { ok: false }): number | undefined =>
  kept.ok ? kept.atMs : undefined;

/** What came of a message to a user (spec: signaling 2.4). */
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
  { apps, kept }: Pick<SignalingContext, 'apps' | 'kept'>,
  { app: { id: app }, userId }: Pick<Session, 'app' | 'userId'>,
  { channelType, channel, count, start, end }: RequestOf<'get-messages'>,
): Promise<SignalingAnswer> {
  if ((apps.get(app)?.signaling.historyDays ?? 0) === 0)
    return refused(signalingErrors.historyNotAvailable, 'This app keeps no messages.');
  const conversation = conversationOf({ app, channelType, channel, publisher: userId });
  try {
    // The wait has an end of its own.
    const signal = new AbortController().signal;
    return done(pageOf(await kept.read({ conversation, start, end, limit: count }, signal)));
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
    if (last && length > limits.signalingFrameLengthMax) return { messages: page, newStart: last.timestamp };
    page.push({ ...message, timestamp: atMs });
  }
  return { messages: page, newStart: next };
}
