import type { SignalingKeptMessage } from '@housecount/protocol';
import { checkChannelName, checkChannelType, checkOptions } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { ChannelType } from '../events/events.ts';
import type { BaseResponse } from '../events/responses.ts';
import { messageTypeOf } from '../messages/content.ts';
import type { Session } from '../session/session.ts';

export interface GetHistoryMessageOptions {
  /** 1 to 100; the default. */
  messageCount?: number;
  /** The newer bound, exclusive, epoch milliseconds; 0, the default: now. */
  start?: number;
  /** The older bound, inclusive, epoch milliseconds; 0, the default: none. */
  end?: number;
}
export interface HistoryMessage {
  message: string | Uint8Array;
  messageType: 'STRING' | 'BINARY';
  customType: string;
  publisher: string;
  timestamp: number;
}
export type HistoryChannelType = Exclude<ChannelType, 'STREAM'>;
export interface GetMessagesResponse extends BaseResponse {
  /** Newest first. */
  messageList: HistoryMessage[];
  count: number;
  /** The `start` of the next page; 0: there is none. */
  newStart: number;
}

/** Messages of the past: those that were published with `storeInHistory`, as long as the server keeps them. */
export class RTMHistory {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * A page of what was said in a channel, or (`USER`) between this user and another, from the newest to the oldest. Rejects
   * −15002 for bounds that make no sense, −15003 where the server is behind, −15005 where the app keeps no messages.
   */
  async getMessages(
    channelName: string,
    channelType: HistoryChannelType,
    options: GetHistoryMessageOptions = {},
  ): Promise<GetMessagesResponse> {
    const operation = 'getMessages';
    this.#session.limit(operation);
    checkChannelType(operation, channelType, ['MESSAGE', 'USER']);
    this.#session.needConnection(operation);
    checkChannelName(operation, channelName);
    checkOptions(operation, options, 'INVALID_PARAMETER');
    const { messageCount = 100, start = 0, end = 0 }: GetHistoryMessageOptions = options;
    if (!Number.isSafeInteger(messageCount) || messageCount < 1 || messageCount > 100)
      throw rtmError(operation, 'INVALID_PARAMETER', 'messageCount is a whole number from 1 to 100');
    for (const time of [start, end])
      if (!Number.isSafeInteger(time) || time < 0)
        throw rtmError(operation, 'HISTORY_INVALID_TIMESTAMP', 'start and end are epoch milliseconds, or 0');
    if (start !== 0 && end > start)
      throw rtmError(operation, 'HISTORY_INVALID_TIMESTAMP', 'end is the older bound, start the newer');
    const { result, serverMs } = await this.#session.ask(
      { type: 'get-messages', channelType, channel: channelName, count: messageCount, start, end },
      operation,
      { lost: 'HISTORY_OPERATION_FAILED', timeout: 'HISTORY_OPERATION_TIMEOUT' },
    );
    if (!result || !('messages' in result))
      throw rtmError(operation, 'HISTORY_OPERATION_FAILED', 'The answer is not about messages');
    const read = await Promise.all(result.messages.map((kept) => this.#read(channelName, channelType, kept)));
    const messageList = read.filter((each) => each !== undefined);
    return { timestamp: serverMs, messageList, count: messageList.length, newStart: result.newStart };
  }

  /** undefined if it cannot be read. */
  async #read(
    channelName: string,
    channelType: HistoryChannelType,
    { content, customType = '', publisher, timestamp }: SignalingKeptMessage,
  ): Promise<HistoryMessage | undefined> {
    const { userId } = this.#session.settings;
    // In a conversation of two users, a message of the other user was sent to this user.
    const channel = channelType === 'USER' && publisher !== userId ? userId : channelName;
    const about = { channelType, channel, topic: '', publisher, customType };
    const message = await this.#session.decode(content, about);
    if (message === undefined) return undefined;
    return { message, messageType: messageTypeOf(message), customType, publisher, timestamp };
  }
}
