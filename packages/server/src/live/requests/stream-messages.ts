import type { StreamMessagesFrame, TellInfoFrame } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Rate } from '../../net/token-bucket.ts';
import { TokenBuckets } from '../../net/token-buckets.ts';
import type { StreamMessageLimits } from '../live-limits.ts';
import type { FanOut } from '../roster/fan-out.ts';
import type { Answer, Requester } from './request.ts';

/** A rate of which a second's worth may come at once. */
const perSecond = (most: number): Rate => ({ perSecond: most, burst: most });

/** Budgets of the messages that broadcasters send: of each connection, and of each channel, where every message goes to everybody. */
export class StreamMessageBudgets {
  readonly #messages: TokenBuckets;
  readonly #bytes: TokenBuckets;
  readonly #channels: TokenBuckets;

  constructor(clock: Pick<Clock, 'steadyMs'>, limits: StreamMessageLimits) {
    const buckets = (most: number) => new TokenBuckets(clock, perSecond(most), limits.joinBucketsMax);
    this.#messages = buckets(limits.streamMessagesPerSecondMax);
    this.#bytes = buckets(limits.streamMessageBytesPerSecondMax);
    this.#channels = buckets(limits.channelStreamMessagesPerSecondMax);
  }

  /** Takes these messages; false if the connection or its channel has not so many left now. What one of them had left is then spent all the same. */
  take(connectionId: string, channel: string, messages: number, bytes: number): boolean {
    return (
      this.#messages.take(connectionId, messages) &&
      this.#bytes.take(connectionId, bytes) &&
      this.#channels.take(channel, messages)
    );
  }
}

export interface StreamMessageNeeds {
  readonly streamMessages: Pick<StreamMessageBudgets, 'take'>;
  readonly fanOut: Pick<FanOut, 'tell'>;
}

/** Sends the messages of a broadcaster on, to all others who are connected to the channel now. */
export function sendStreamMessages(
  { streamMessages, fanOut }: StreamMessageNeeds,
  { member, socket }: Requester,
  { messages }: StreamMessagesFrame,
): Answer {
  const { app, channel, uid, account, connectionId } = member;
  const bytes = messages.reduce((sum, message) => sum + bytesOf(message), 0);
  if (!streamMessages.take(connectionId, `${app.id}/${channel}`, messages.length, bytes))
    return { code: 'rate_limited' };
  const sender = { uid, ...(account !== undefined && { account }) };
  if (messages.length > 0)
    fanOut.tell(app.id, channel, { type: 'host-messages', ...sender, messages }, socket);
  return undefined;
}

/** Tells all others why the streams of a broadcaster are about to be other ones. It takes as much of the budgets as a message without bytes. */
export function tellInfo(
  { streamMessages, fanOut }: StreamMessageNeeds,
  { member, socket }: Requester,
  { what }: TellInfoFrame,
): Answer {
  const { app, channel, uid, connectionId } = member;
  if (!streamMessages.take(connectionId, `${app.id}/${channel}`, 1, 0)) return { code: 'rate_limited' };
  fanOut.tell(app.id, channel, { type: 'host-info', uid, what }, socket);
  return undefined;
}

/** Bytes that a base64 text stands for, to two: what is taken of a budget need not be exact. */
const bytesOf = (base64: string): number => (base64.length / 4) * 3;
