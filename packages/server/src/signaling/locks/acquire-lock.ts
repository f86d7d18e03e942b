import { type SignalingRequest, signalingErrors } from '@housecount/protocol';
import type { Commands } from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';
import { refused, type SignalingAnswer } from '../names/answer.ts';
import { keyOf } from '../names/channel-key.ts';
import type { Session } from '../session/session.ts';
import { lockIdOf } from './lock-id.ts';
import { changeLock } from './lock-requests.ts';
import type { LockWaiters } from './lock-waiters.ts';

type Acquire = Extract<SignalingRequest, { type: 'acquire-lock' }>;

export interface AcquireNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly waiters: Pick<LockWaiters, 'attempt' | 'wait'>;
  readonly sessions: Holders;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** The users who are logged in, as holders of locks. */
export interface Holders {
  of(app: string, userId: string): unknown;
  /** The user is offline: their locks run out. Resolves when that is durable. */
  holderGone(app: string, userId: string): Promise<void>;
}

/** Gives the lock to the session's user, or says who has it; with `retry` the answer comes when it is theirs, or given up. */
export function acquireLock(
  needs: AcquireNeeds,
  session: Session,
  frame: Acquire,
): Promise<SignalingAnswer> | SignalingAnswer | { readonly later: true } {
  const attempt = () => attemptOnce(needs, session, frame);
  const key = keyOf(session.app.id, frame);
  const lock = lockIdOf(key, frame.lockName);
  if (!frame.retry) return needs.waiters.attempt(lock, session.userId, attempt);
  // One that takes the place of another adds none.
  if (!session.waits.has(lock) && session.waits.size >= session.limits.signalingWaitsMax)
    return refused(
      signalingErrors.tooManyWaits,
      `A user waits for at most ${session.limits.signalingWaitsMax} locks.`,
    );
  const { log, waiters, logger } = needs;
  const release = () => {
    const giveBack = { ...frame, type: 'release-lock' } as const;
    changeLock(log, session.app.id, session.userId, giveBack, session.limits).catch((cause: unknown) =>
      logger.warn('a lock that came too late could not be given back', { cause: String(cause) }),
    );
  };
  const signal = session.waits.begin(lock, key);
  // A wait that failed is answered below; what fails after that is a bug, which ends the process.
  void waiters
    .wait(lock, attempt, { userId: session.userId, isHere: () => session.isHere, signal, release })
    .catch((cause: unknown) => {
      logger.error('a wait for a lock failed', { cause: String(cause) });
      return refused(signalingErrors.tooManyWaits, 'The server could not do it.');
    })
    .then((answer) => {
      if (!signal.aborted) session.waits.end(lock);
      session.answerLate((connection) => connection.answer(frame.id, answer));
    });
  return { later: true };
}

async function attemptOnce(
  { log, sessions }: Pick<AcquireNeeds, 'log' | 'sessions'>,
  session: Session,
  frame: Acquire,
): Promise<SignalingAnswer> {
  const answer = await changeLock(log, session.app.id, session.userId, frame, session.limits);
  // Nobody is told who went meanwhile that they hold it; without this it would be theirs for ever.
  if (answer.ok && session.isOver && !sessions.of(session.app.id, session.userId))
    await sessions.holderGone(session.app.id, session.userId);
  return answer;
}
