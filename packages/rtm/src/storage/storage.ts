import type { MetadataTarget } from '@housecount/protocol';
import { checkChannelName, checkChannelType, checkUserId } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { StorageData } from '../events/details.ts';
import type { ChannelType } from '../events/events.ts';
import type { BaseResponse } from '../events/responses.ts';
import { storageCodes } from '../session/followed-users.ts';
import type { Bucket } from '../session/rate-limits.ts';
import type { Session } from '../session/session.ts';
import {
  checkItems,
  checkMetadataOptions,
  type MetadataItem,
  type MetadataOptions,
} from './metadata-item.ts';
import { storageDataOf } from './storage-data.ts';

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

/** Metadata of channels and users: kept until it is removed, whoever is there. A change is done as a whole or not at all. */
export class RTMStorage {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Writes items; those that are there are written over. Rejects with the codes −12003 to −12014. */
  async setChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options?: MetadataOptions,
  ): Promise<SetChannelMetadataResponse> {
    return this.#changeOfChannel('set', channelName, channelType, data, options);
  }

  async getChannelMetadata(
    channelName: string,
    channelType: ChannelType,
  ): Promise<GetChannelMetadataResponse> {
    const operation = 'getChannelMetadata';
    const type = this.#checkChannel(operation, 'channelMetaGet', channelName, channelType);
    const target = { channelType: type, channel: channelName };
    return { ...(await this.#get(operation, target)), channelName, channelType };
  }

  /** Takes items out, or all that there are; the values of `data` do not matter. −12003 for one that is not there. */
  async removeChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    options?: RemoveChannelMetadataOptions,
  ): Promise<RemoveChannelMetadataResponse> {
    return this.#changeOfChannel('remove', channelName, channelType, options?.data ?? [], options);
  }

  /** Works as `setChannelMetadata`, but every item must exist already (−12003). */
  async updateChannelMetadata(
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options?: MetadataOptions,
  ): Promise<UpdateChannelMetadataResponse> {
    return this.#changeOfChannel('update', channelName, channelType, data, options);
  }

  async setUserMetadata(
    data: MetadataItem[],
    options?: SetOrUpdateUserMetadataOptions,
  ): Promise<SetUserMetadataResponse> {
    return this.#changeOfUser('set', data, options);
  }

  async getUserMetadata(options?: GetUserMetadataOptions): Promise<GetUserMetadataResponse> {
    const operation = 'getUserMetadata';
    const userId = this.#checkUser(operation, 'userMetaGet', options?.userId);
    return { ...(await this.#get(operation, { userId })), userId };
  }

  async removeUserMetadata(options?: RemoveUserMetadataOptions): Promise<RemoveUserMetadataResponse> {
    return this.#changeOfUser('remove', options?.data ?? [], options);
  }

  async updateUserMetadata(
    data: MetadataItem[],
    options?: SetOrUpdateUserMetadataOptions,
  ): Promise<UpdateUserMetadataResponse> {
    return this.#changeOfUser('update', data, options);
  }

  /** Follows the user's metadata: the present set comes first, then each change, all as `storage` events. −12017 beyond 100 users. */
  async subscribeUserMetadata(userId: string): Promise<SubscribeUserMetaResponse> {
    this.#checkUser('subscribeUserMetadata', 'userMetaSub', userId);
    return { timestamp: await this.#session.followed.follow(userId), userId };
  }

  /** Without a connection this is done here, and the server hears of it later. */
  async unsubscribeUserMetadata(userId: string): Promise<UnsubscribeUserMetaResponse> {
    checkUserId('unsubscribeUserMetadata', userId);
    return { timestamp: await this.#session.followed.unfollow(userId), userId };
  }

  async #changeOfChannel(
    mode: MetadataMode,
    channelName: string,
    channelType: ChannelType,
    data: MetadataItem[],
    options: MetadataOptions | undefined,
  ): Promise<BaseResponse & { channelName: string; channelType: ChannelType; totalCount: number }> {
    const operation = `${mode}ChannelMetadata`;
    const type = this.#checkChannel(operation, 'channelMetaModify', channelName, channelType);
    const target = { channelType: type, channel: channelName };
    return { ...(await this.#change(operation, target, mode, data, options)), channelName, channelType };
  }

  async #changeOfUser(
    mode: MetadataMode,
    data: MetadataItem[],
    options: SetOrUpdateUserMetadataOptions | undefined,
  ): Promise<BaseResponse & { userId: string; totalCount: number }> {
    const operation = `${mode}UserMetadata`;
    const userId = this.#checkUser(operation, 'userMetaModify', options?.userId);
    return { ...(await this.#change(operation, { userId }, mode, data, options)), userId };
  }

  async #change(
    operation: string,
    target: MetadataTarget,
    mode: MetadataMode,
    data: MetadataItem[],
    options: MetadataOptions = {},
  ): Promise<{ timestamp: number; totalCount: number }> {
    checkItems(operation, data);
    checkMetadataOptions(operation, options);
    const { majorRevision = -1, lockName = '', addTimeStamp = false, addUserId = false } = options;
    const { result, serverMs } = await this.#session.ask(
      {
        type: 'change-metadata',
        target,
        mode,
        items: data.map(({ key, value = '', revision = -1 }) => ({ key, value, revision })),
        majorRevision,
        lockName,
        addTimeStamp: addTimeStamp === true,
        addUserId: addUserId === true,
      },
      operation,
      storageCodes,
    );
    if (!result || !('totalCount' in result)) throw notMetadata(operation);
    return { timestamp: serverMs, totalCount: result.totalCount };
  }

  async #get(operation: string, target: MetadataTarget): Promise<StorageData & BaseResponse> {
    const body = { type: 'get-metadata', target } as const;
    const { result, serverMs } = await this.#session.ask(body, operation, storageCodes);
    if (!result || !('totalCount' in result) || !result.items) throw notMetadata(operation);
    return { timestamp: serverMs, ...storageDataOf(result.majorRevision, result.items) };
  }

  #checkChannel(
    operation: string,
    bucket: Bucket,
    channelName: string,
    channelType: ChannelType,
  ): 'MESSAGE' | 'STREAM' {
    this.#session.limit(bucket);
    const type: unknown = channelType;
    checkChannelType(operation, type, ['MESSAGE', 'STREAM']);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    checkChannelName(operation, channelName);
    return type;
  }

  #checkUser(operation: string, bucket: Bucket, userId: string | undefined): string {
    this.#session.limit(bucket);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    const whose = userId ?? this.#session.settings.userId;
    checkUserId(operation, whose);
    return whose;
  }
}

type MetadataMode = 'set' | 'update' | 'remove';

function notMetadata(operation: string): Error {
  return rtmError(operation, 'STORAGE_OPERATION_FAILED', 'The answer is not about metadata');
}
