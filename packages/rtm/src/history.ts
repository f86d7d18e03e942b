import { checkChannelName, checkChannelType, checkOptions } from './checks.ts';
import { rtmError } from './errors.ts';
import type { ChannelType } from './events.ts';
import type { BaseResponse } from './responses.ts';
import type { Session } from './session.ts';

export interface GetHistoryMessageOptions {
  messageCount?: number;
  start?: number;
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
  messageList: HistoryMessage[];
  count: number;
  newStart: number;
}

/** Messages of the past. Housecount keeps none yet: what passes the checks rejects −15005. */
export class RTMHistory {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

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
    throw rtmError(operation, 'HISTORY_NOT_AVAILABLE', 'Housecount keeps no messages yet');
  }
}
