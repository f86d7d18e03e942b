import { checkChannelName, checkChannelType, checkUserId } from './checks.ts';
import { rtmError } from './errors.ts';
import type { ChannelType } from './events.ts';
import {
  checkItems,
  checkMetadataOptions,
  type MetadataItem,
  type MetadataOptions,
} from './metadata-item.ts';
import type { Bucket } from './rate-limits.ts';
import type { BaseResponse } from './responses.ts';
import type { Session } from './session.ts';

export interface MetaDataDetail {
  value: string;
  revision: number;
  updated: number;
  authorUid: string;
}
export interface StorageData {
  totalCount: number;
  majorRevision: number;
  metadata: Record<string, MetaDataDetail>;
}
export interface ChannelMetadataOperationResponse extends BaseResponse {
  channelName: string;
  channelType: ChannelType;
}
export interface UserMetadataOperationResponse extends BaseResponse {
  userId: string;
}
export interface SetChannelMetadataResponse extends ChannelMetadataOperationResponse {
  totalCount: number;
}
export interface SetUserMetadataResponse extends UserMetadataOperationResponse {
  totalCount: number;
}
export interface UpdateChannelMetadataResponse extends ChannelMetadataOperationResponse {
  totalCount: number;
}
export interface UpdateUserMetadataResponse extends UserMetadataOperationResponse {
  totalCount: number;
}
export interface GetChannelMetadataResponse extends StorageData, ChannelMetadataOperationResponse {}
export interface GetUserMetadataResponse extends StorageData, UserMetadataOperationResponse {}
export interface RemoveChannelMetadataResponse extends ChannelMetadataOperationResponse {
  totalCount: number;
}
export interface RemoveUserMetadataResponse extends UserMetadataOperationResponse {
  totalCount: number;
}
export interface SubscribeUserMetaResponse extends UserMetadataOperationResponse {}
export interface UnsubscribeUserMetaResponse extends UserMetadataOperationResponse {}
export interface RemoveUserMetadataOptions extends MetadataOptions {
  userId?: string;
  data?: MetadataItem[];
}
export interface RemoveChannelMetadataOptions extends MetadataOptions {
  data?: MetadataItem[];
}
export interface SetOrUpdateUserMetadataOptions extends MetadataOptions {
  userId?: string;
}
export interface GetUserMetadataOptions {
  userId?: string;
}

/** Metadata of channels and users. Housecount has none yet: what passes the checks rejects −12019. */
export class RTMStorage {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  async setChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options?: MetadataOptions,
  ): Promise<SetChannelMetadataResponse> {
    return this.#changeOfChannel('setChannelMetadata', channelName, channelType, data, options);
  }

  async getChannelMetadata(
    channelName: string,
    channelType: ChannelType,
  ): Promise<GetChannelMetadataResponse> {
    this.#checkChannel('getChannelMetadata', 'channelMetaGet', channelName, channelType);
    throw unavailable('getChannelMetadata');
  }

  async removeChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    options?: RemoveChannelMetadataOptions,
  ): Promise<RemoveChannelMetadataResponse> {
    const data = options?.data ?? [];
    return this.#changeOfChannel('removeChannelMetadata', channelName, channelType, data, options);
  }

  async updateChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options?: MetadataOptions,
  ): Promise<UpdateChannelMetadataResponse> {
    return this.#changeOfChannel('updateChannelMetadata', channelName, channelType, data, options);
  }

  async setUserMetadata(
    data: MetadataItem[],
    options?: SetOrUpdateUserMetadataOptions,
  ): Promise<SetUserMetadataResponse> {
    return this.#changeOfUser('setUserMetadata', data, options);
  }

  async getUserMetadata(options?: GetUserMetadataOptions): Promise<GetUserMetadataResponse> {
    this.#checkUser('getUserMetadata', 'userMetaGet', options?.userId);
    throw unavailable('getUserMetadata');
  }

  async removeUserMetadata(options?: RemoveUserMetadataOptions): Promise<RemoveUserMetadataResponse> {
    return this.#changeOfUser('removeUserMetadata', options?.data ?? [], options);
  }

  async updateUserMetadata(
    data: MetadataItem[],
    options?: SetOrUpdateUserMetadataOptions,
  ): Promise<UpdateUserMetadataResponse> {
    return this.#changeOfUser('updateUserMetadata', data, options);
  }

  async subscribeUserMetadata(userId: string): Promise<SubscribeUserMetaResponse> {
    this.#checkUser('subscribeUserMetadata', 'userMetaSub', userId);
    throw unavailable('subscribeUserMetadata');
  }

  async unsubscribeUserMetadata(userId: string): Promise<UnsubscribeUserMetaResponse> {
    this.#session.needConnection('unsubscribeUserMetadata', 'LOGIN_TIMEOUT');
    checkUserId('unsubscribeUserMetadata', userId);
    throw unavailable('unsubscribeUserMetadata');
  }

  #changeOfChannel(
    operation: string,
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options: MetadataOptions | undefined,
  ): never {
    this.#checkChannel(operation, 'channelMetaModify', channelName, channelType);
    checkItems(operation, data);
    checkMetadataOptions(operation, options);
    throw unavailable(operation);
  }

  #changeOfUser(
    operation: string,
    data: MetadataItem[],
    options: SetOrUpdateUserMetadataOptions | undefined,
  ): never {
    this.#checkUser(operation, 'userMetaModify', options?.userId);
    checkItems(operation, data);
    checkMetadataOptions(operation, options);
    throw unavailable(operation);
  }

  #checkChannel(operation: string, bucket: Bucket, channelName: string, channelType: ChannelType): void {
    this.#session.limit(bucket);
    checkChannelType(operation, channelType, ['MESSAGE', 'STREAM']);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    checkChannelName(operation, channelName);
  }

  #checkUser(operation: string, bucket: Bucket, userId: string | undefined): void {
    this.#session.limit(bucket);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    checkUserId(operation, userId ?? this.#session.settings.userId);
  }
}

function unavailable(operation: string): Error {
  return rtmError(operation, 'STORAGE_NOT_AVAILABLE', 'Housecount has no metadata yet');
}
