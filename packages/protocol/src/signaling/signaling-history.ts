import type { SignalingContent } from './signaling-channel.ts';

/** Messages that were kept, newest first (spec: signaling 4.3). */
export interface SignalingGetMessages {
  readonly type: 'get-messages';
  /** `USER`: between oneself and the user whom `channel` names, in both directions. */
  readonly channelType: 'MESSAGE' | 'USER';
  readonly channel: string;
  /** The number of messages at most, 1 to 100. */
  readonly count: number;
  /** Only messages earlier than this, epoch milliseconds; 0: all. */
  readonly start: number;
  /** Only messages not earlier than this, epoch milliseconds; 0: all. Not later than `start`. */
  readonly end: number;
}

export interface SignalingMessagesPage {
  readonly messages: readonly SignalingKeptMessage[];
  /** The `start` of the next page; 0: this is the last. */
  readonly newStart: number;
}

/** Within a channel, or between two users, no two have the same time. */
export interface SignalingKeptMessage {
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
  /** Epoch milliseconds: the `serverMs` with which it was told. */
  readonly timestamp: number;
}
