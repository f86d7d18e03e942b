import {
  checkChannelName,
  checkChannelType,
  checkName,
  checkOptions,
  checkUserId,
} from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { LockDetail } from '../events/details.ts';
import type { ChannelType } from '../events/events.ts';
import type { BaseResponse } from '../events/responses.ts';
import { askEndlessly } from '../link/asking.ts';
import type { FailureCodes } from '../link/request-error.ts';
import type { RequestBody } from '../link/signaling-frames.ts';
import type { Bucket } from '../session/rate-limits.ts';
import type { Session } from '../session/session.ts';

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

/** Locks of a channel: made once, then held by one user or by none, also over a loss of the holder's connection for `ttl`. */
export class RTMLock {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes a lock that nobody holds; −14004 if there is one of that name. `ttl`: seconds, moved to 10 to 300; default 10. */
  async setLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    options: SetLockOptions = {},
  ): Promise<SetLockResponse> {
    const lock = this.#check('setLock', channelName, channelType, lockName);
    checkOptions('setLock', options, 'INVALID_PARAMETER');
    const ttl: unknown = options.ttl ?? 10;
    if (typeof ttl !== 'number' || !Number.isFinite(ttl))
      throw rtmError('setLock', 'INVALID_PARAMETER', 'ttl must be a number of seconds');
    return this.#do('setLock', { type: 'set-lock', ...lock, ttl: Math.max(0, ttl) });
  }

  /** Takes a lock away for good, whoever holds it. */
  async removeLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
  ): Promise<RemoveLockResponse> {
    const lock = this.#check('removeLock', channelName, channelType, lockName);
    return this.#do('removeLock', { type: 'remove-lock', ...lock });
  }

  /**
   * Resolves once the lock is held. Rejects −14007 if somebody else holds it; with `retry` it waits instead, also over a loss of
   * the connection, until it is had, released here, or the channel is left.
   */
  async acquireLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    options: AcquireLockOptions = {},
  ): Promise<AcquireLockResponse> {
    const operation = 'acquireLock';
    const lock = this.#check(operation, channelName, channelType, lockName);
    checkOptions(operation, options, 'INVALID_PARAMETER');
    if (options.retry !== true) return this.#do(operation, { type: 'acquire-lock', ...lock, retry: false });
    const body = { type: 'acquire-lock', ...lock, retry: true } as const;
    const isIn = () => this.#session.channels(lock.channelType).of(channelName) !== undefined;
    const wasIn = isIn();
    const { serverMs } = await askEndlessly(this.#session.link, body, operation, lockCodes, async () => {
      if (!wasIn || isIn()) return;
      await this.#giveBack(lock);
      throw rtmError(
        operation,
        'LOCK_OPERATION_FAILED',
        'The channel was left while the connection was lost',
      );
    });
    return { timestamp: serverMs, channelName, channelType, lockName };
  }

  /** −14006 if it is not held by oneself. Ends a wait for it, too. */
  async releaseLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
  ): Promise<ReleaseLockResponse> {
    const lock = this.#check('releaseLock', channelName, channelType, lockName);
    return this.#do('releaseLock', { type: 'release-lock', ...lock });
  }

  /** Takes the lock from `owner`; −14006 if that is not who holds it. */
  async revokeLock(
    channelName: string,
    channelType: ChannelType,
    lockName: string,
    owner: string,
  ): Promise<RevokeLockResponse> {
    const lock = this.#check('revokeLock', channelName, channelType, lockName);
    checkUserId('revokeLock', owner);
    return this.#do('revokeLock', { type: 'revoke-lock', ...lock, owner });
  }

  async getLock(channelName: string, channelType: ChannelType): Promise<GetLockResponse> {
    const operation = 'getLock';
    const channel = this.#checkChannel(operation, channelName, channelType);
    const body = { type: 'get-locks', ...channel } as const;
    const { result, serverMs } = await this.#session.ask(body, operation, lockCodes);
    if (!result || !('locks' in result))
      throw rtmError(operation, 'LOCK_OPERATION_FAILED', 'The answer is not about locks');
    const lockDetails = result.locks.map((lock) => ({ ...lock }));
    return { timestamp: serverMs, totalLocks: lockDetails.length, lockDetails, channelName, channelType };
  }

  /** A session that lived on may have been given the lock meanwhile; that it was not is as good. */
  async #giveBack(lock: LockName): Promise<void> {
    const body = { type: 'release-lock', ...lock } as const;
    const { link, log } = this.#session;
    await askEndlessly(link, body, 'acquireLock', lockCodes).catch((error: unknown) =>
      log.debug(`${lock.lockName} was not given back`, error),
    );
  }

  async #do(operation: string, body: LockRequest): Promise<LockOperationResponse> {
    const { serverMs } = await this.#session.ask(body, operation, lockCodes);
    const { channel: channelName, channelType, lockName } = body;
    return { timestamp: serverMs, channelName, channelType, lockName };
  }

  #check(operation: Bucket, channelName: string, channelType: ChannelType, lockName: string): LockName {
    const channel = this.#checkChannel(operation, channelName, channelType);
    checkName(operation, lockName, 'LOCK_INVALID_NAME', "the lock's name");
    return { ...channel, lockName };
  }

  #checkChannel(
    operation: Bucket,
    channelName: string,
    channelType: ChannelType,
  ): Pick<LockName, 'channelType' | 'channel'> {
    this.#session.limit(operation);
    const type: unknown = channelType;
    checkChannelType(operation, type, ['MESSAGE', 'STREAM']);
    this.#session.needConnection(operation, 'LOGIN_TIMEOUT');
    checkChannelName(operation, channelName);
    return { channelType: type, channel: channelName };
  }
}

type LockName = {
  readonly channelType: 'MESSAGE' | 'STREAM';
  readonly channel: string;
  readonly lockName: string;
};
type LockRequest = Extract<RequestBody, { readonly lockName: string; readonly channel: string }>;

const lockCodes: FailureCodes = { lost: 'LOCK_OPERATION_FAILED', timeout: 'LOCK_OPERATION_TIMEOUT' };
