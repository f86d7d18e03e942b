import type { SignalingOccupant, SignalingPresenceEvent, SignalingStates } from '@housecount/protocol';
import type { PresenceChange } from '../presence-fold.ts';

type Interval = Extract<SignalingPresenceEvent, { type: 'INTERVAL' }>;

/** The people who are there at the interval's end. */
export interface AtEnd {
  readonly occupancy: number;
  has(userId: string): boolean;
  statesOf(userId: string): SignalingStates;
}

/**
 * The net effect of changes on who knew everything before them: present before and not after is a leave or a timeout,
 * the reverse a join, neither is neither. Then baseline + join − leave − timeout = totalOccupancy. undefined: nothing
 * is other than it was.
 */
export function netEffect(
  changes: readonly PresenceChange[],
  from: number,
  atEnd: AtEnd,
): Interval | undefined {
  /** True for users who were present before; `gone` has how the user last left. */
  const before = new Map<string, boolean>();
  const gone = new Map<string, 'leave' | 'timeout'>();
  for (const change of changes.slice(from)) {
    const { type, userId } = change;
    // A user who only changed states was there before.
    if (!before.has(userId)) before.set(userId, type !== 'join');
    if (type === 'leave' || type === 'timeout') gone.set(userId, type);
  }
  const join: string[] = [];
  const leave: string[] = [];
  const timeout: string[] = [];
  const states: SignalingOccupant[] = [];
  const stated = new Set(
    changes.slice(from).flatMap(({ type, userId }) => (type === 'states' ? [userId] : [])),
  );
  for (const [userId, wasThere] of before) {
    const isThere = atEnd.has(userId);
    if (isThere && !wasThere) join.push(userId);
    if (!isThere && wasThere) (gone.get(userId) === 'timeout' ? timeout : leave).push(userId);
    // A user who left and came back may have lost states without a change that says so.
    if (isThere && (stated.has(userId) || (wasThere && gone.has(userId))))
      states.push({ userId, states: atEnd.statesOf(userId) });
  }
  if (join.length + leave.length + timeout.length + states.length === 0) return undefined;
  return { type: 'INTERVAL', join, leave, timeout, states, totalOccupancy: atEnd.occupancy };
}
