import { isSignalingName, type SignalingLock, type SignalingRequest } from '@housecount/protocol';
import type { Lock, Locks } from '../../channel/parts/locks.ts';
import type { Commands } from '../../log/contract/commands.ts';
import { done, refused, refusedByLog, type SignalingAnswer } from '../names/answer.ts';
import { keyOf } from '../names/channel-key.ts';
import { type AppSignalingLimits, defaultAppSignalingLimits } from '../signaling-limits.ts';

type LockLimits = Pick<AppSignalingLimits, 'channelLocksMax'>;

export type LockRequest = Extract<
  SignalingRequest,
  { type: 'set-lock' | 'remove-lock' | 'acquire-lock' | 'release-lock' | 'revoke-lock' }
>;

/** Seconds that a lock may be set to stay with a holder who is offline; others are moved to the nearest (spec: signaling 4.2). */
const ttlBounds = [10, 300] as const;

/** Does once what is asked of a lock, durably, in the name of `by`. A lock that somebody else holds is −14007. */
export async function changeLock(
  log: Pick<Commands, 'submit'>,
  app: string,
  by: string,
  request: LockRequest,
  limits: LockLimits = defaultAppSignalingLimits,
): Promise<SignalingAnswer> {
  const { lockName: name } = request;
  // Anything may stand in it but what no name can hold; it is as long as a name (spec: signaling 6.2).
  if (!isSignalingName(name)) return refused(-14005, 'A lock has a name of 1 to 64 legal characters.');
  const outcome = await log.submit(keyOf(app, request), commandOf(request, name, by));
  return outcome.ok ? done() : refusedByLog(outcome.code, outcome.detail, refusals(limits), -14001);
}

/** The locks of a channel as they go to clients. */
export const locksOf = (locks: Locks): readonly SignalingLock[] => Object.values(locks).map(lockOf);

export const lockOf = ({ name, ttlMs, owner }: Lock): SignalingLock => ({
  lockName: name,
  owner: owner ?? '',
  ttl: ttlMs / 1000,
});

/** The code of a lock that is held: who wants to wait for it waits. */
export const lockTakenCode = -14007;

const refusals = ({ channelLocksMax }: LockLimits) =>
  ({
    lock_exists: [-14004, 'There is a lock of that name already.'],
    lock_unknown: [-14008, 'There is no lock of that name.'],
    lock_taken: [lockTakenCode, 'Somebody else holds the lock.'],
    lock_not_held: [-14006, 'The lock is not held by that user.'],
    locks_full: [-14001, `A channel has at most ${channelLocksMax} locks.`],
  }) as const;

function commandOf(request: LockRequest, name: string, by: string) {
  switch (request.type) {
    case 'set-lock': {
      const [least, most] = ttlBounds;
      const ttlMs = Math.round(Math.min(most, Math.max(least, request.ttl)) * 1000);
      return { type: 'set-lock', name, ttlMs, by } as const;
    }
    case 'revoke-lock':
      return { type: 'revoke-lock', name, owner: request.owner, by } as const;
    default:
      return { type: request.type, name, by } as const;
  }
}
