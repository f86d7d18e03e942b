import { rtmError } from './errors.ts';
import type { BaseResponse } from './responses.ts';
import type { Session } from './session.ts';
import type { SubscribeTopicErrorCode } from './stream-status.ts';

export interface StreamChannelOperationResponse extends BaseResponse {
  topicName: string;
}
export interface JoinChannelResponse extends BaseResponse {}
export interface LeaveChannelResponse extends JoinChannelResponse {}
export interface JoinTopicResponse extends StreamChannelOperationResponse {}
export interface LeaveTopicResponse extends JoinTopicResponse {}
export interface PublishTopicMessageResponse extends StreamChannelOperationResponse {}
export interface SubscribedFailedReason extends StreamChannelOperationResponse {
  user: string;
  errorCode?: SubscribeTopicErrorCode;
  reason?: string;
}
export interface SubscribeTopicResponse extends StreamChannelOperationResponse {
  succeedUsers: string[];
  failedUsers: string[];
  failedDetails: SubscribedFailedReason[];
}
export interface UnsubscribeTopicResponse extends BaseResponse {}
export interface GetSubscribedUserListResponse extends StreamChannelOperationResponse {
  subscribed: string[];
}
export interface JoinOptions {
  token?: string;
  withPresence?: boolean;
  beQuiet?: boolean;
  withMetadata?: boolean;
  withLock?: boolean;
}
export interface joinTopicOptions {
  // biome-ignore lint/suspicious/noExplicitAny: as the API has it.
  meta?: any;
}
export interface PublishTopicMessageOptions {
  customType?: string;
}
export interface SubscribeTopicOptions {
  users?: string[];
}
export interface UnsubscribeTopicOptions {
  users?: string[];
}

/** As names of channels, but shorter (the API's figure). */
const topicNamePattern = /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,16}$/;

/** A channel of topics. Housecount has none yet: what passes the checks rejects −11012. */
export class RTMStreamChannel {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  async join(_options?: JoinOptions): Promise<JoinChannelResponse> {
    return this.#refuse('join');
  }

  async leave(): Promise<LeaveChannelResponse> {
    return this.#refuse('leave');
  }

  async joinTopic(topicName: string, _options?: joinTopicOptions): Promise<JoinTopicResponse> {
    return this.#refuseTopic('joinTopic', topicName);
  }

  async publishTopicMessage(
    topicName: string,
    _message: string | Uint8Array,
    _options?: PublishTopicMessageOptions,
  ): Promise<PublishTopicMessageResponse> {
    return this.#refuseTopic('publishTopicMessage', topicName);
  }

  async leaveTopic(topicName: string): Promise<LeaveTopicResponse> {
    return this.#refuseTopic('leaveTopic', topicName);
  }

  async subscribeTopic(topicName: string, _options?: SubscribeTopicOptions): Promise<SubscribeTopicResponse> {
    return this.#refuseTopic('subscribeTopic', topicName);
  }

  async unsubscribeTopic(
    topicName: string,
    _options?: UnsubscribeTopicOptions,
  ): Promise<UnsubscribeTopicResponse> {
    return this.#refuseTopic('unsubscribeTopic', topicName);
  }

  getSubscribedUserList(topicName: string): GetSubscribedUserListResponse {
    return this.#refuseTopic('getSubscribedUserList', topicName);
  }

  #refuseTopic(operation: string, topicName: unknown): never {
    this.#session.needConnection(operation);
    if (typeof topicName !== 'string' || !topicNamePattern.test(topicName))
      throw rtmError(
        operation,
        'CHANNEL_INVALID_TOPIC_NAME',
        "The topic's name must have 1 to 16 legal characters and not begin with _",
      );
    return this.#refuse(operation);
  }

  #refuse(operation: string): never {
    this.#session.needConnection(operation);
    throw rtmError(operation, 'CHANNEL_NOT_AVAILABLE', 'Housecount has no stream channels yet');
  }
}
