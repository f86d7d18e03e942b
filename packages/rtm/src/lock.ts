import { checkChannelName, checkChannelType, checkName, checkOptions, checkUserId } from './checks.ts';
import { rtmError } from './errors.ts';
import type { ChannelType } from './events.ts';
import type { Bucket } from './rate-limits.ts';
import type { BaseResponse } from './responses.ts';
import type { Session } from './session.ts';

export interface LockDetail {
  lockName: string;
  owner: string;
  ttl: number;
}
export interface GetLockResponse extends BaseResponse {
  totalLocks: number;
  lockDetails: LockDetail[];
  channelName: string;
  channelType: ChannelType;
}
export interface LockOperationResponse extends BaseResponse {
  channelName: string;
  channelType: ChannelType;
  lockName: string;
}
export interface SetLockResponse extends LockOperationResponse {}
export interface RemoveLockResponse extends LockOperationResponse {}
export interface RevokeLockResponse extends LockOperationResponse {}
export interface ReleaseLockResponse extends LockOperationResponse {}
export interface AcquireLockResponse extends LockOperationResponse {}
export interface SetLockOptions {
  ttl?: number;
}
export interface AcquireLockOptions {
  retry?: boolean;
}

/** Locks of a channel. Housecount has none yet: what passes the checks rejects −14009. */
export class RTMLock {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  async setLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    options: SetLockOptions = {},
  ): Promise<SetLockResponse> {
    this.#check('setLock', channelName, channelType, lockName);
    checkOptions('setLock', options, 'INVALID_PARAMETER');
    if (options.ttl !== undefined && !Number.isFinite(options.ttl))
      throw rtmError('setLock', 'INVALID_PARAMETER', 'ttl must be a number of seconds');
    throw unavailable('setLock');
  }

  async removeLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
  ): Promise<RemoveLockResponse> {
    this.#check('removeLock', channelName, channelType, lockName);
    throw unavailable('removeLock');
  }

  async acquireLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    _options?: AcquireLockOptions,
  ): Promise<AcquireLockResponse> {
    this.#check('acquireLock', channelName, channelType, lockName);
    throw unavailable('acquireLock');
  }

  async releaseLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
  ): Promise<ReleaseLockResponse> {
    this.#check('releaseLock', channelName, channelType, lockName);
    throw unavailable('releaseLock');
  }

  async revokeLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    owner: string,
  ): Promise<RevokeLockResponse> {
    this.#check('revokeLock', channelName, channelType, lockName);
    checkUserId('revokeLock', owner);
    throw unavailable('revokeLock');
  }

  async getLock(channelName: string, channelType: ChannelType): Promise<GetLockResponse> {
    this.#checkChannel('getLock', channelName, channelType);
    throw unavailable('getLock');
  }

  #check(operation: Bucket, channelName: string, channelType: ChannelType, lockName: string): void {
    this.#checkChannel(operation, channelName, channelType);
    checkName(operation, lockName, 'LOCK_INVALID_NAME', "the lock's name");
  }

  #checkChannel(operation: Bucket, channelName: string, channelType: ChannelType): void {
    this.#session.limit(operation);
    checkChannelType(operation, channelType, ['MESSAGE', 'STREAM']);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    checkChannelName(operation, channelName);
  }
}

function unavailable(operation: string): Error {
  return rtmError(operation, 'LOCK_NOT_AVAILABLE', 'Housecount has no locks yet');
}
