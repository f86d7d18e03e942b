import { rtmError } from '../errors/errors.ts';
import { environment } from '../settings/environment.ts';

const windowMs = 1000;

/** Calls of each kind within a second, over which they are refused here; what has no entry is not limited. */
export const callsPerSecondMax = {
  publish: 60,
  subscribe: 20,
  getOnlineUsers: 20,
  getState: 20,
  getUserChannels: 20,
  modifyState: 20,
  channelMetaModify: 20,
  channelMetaGet: 20,
  userMetaModify: 20,
  userMetaGet: 20,
  userMetaSub: 20,
  setLock: 20,
  removeLock: 20,
  releaseLock: 20,
  revokeLock: 20,
  getLock: 20,
  getMessages: 20,
  renewToken: 20,
  joinTopic: 20,
  subscribeTopic: 20,
  acquireLock: 10,
} as const;
export type Bucket = keyof typeof callsPerSecondMax;

/** Counts calls of a client by kind, over the last second. */
export class RateLimits {
  /** When calls were let through, by `passedMs`; never more than the limit. */
  readonly #times = new Map<Bucket, number[]>();

  /** Counts a call; throws −10021 in the name of `operation` if there were too many. A refused call does not count. */
  take(bucket: Bucket, operation: string = bucket): void {
    const nowMs = environment.passedMs();
    const recent = (this.#times.get(bucket) ?? []).filter((atMs) => nowMs - atMs < windowMs);
    this.#times.set(bucket, recent);
    const most = callsPerSecondMax[bucket];
    if (recent.length >= most)
      throw rtmError(
        operation,
        'OPERATION_RATE_EXCEED_LIMITATION',
        `More than ${most} such calls within a second`,
      );
    recent.push(nowMs);
  }
}
