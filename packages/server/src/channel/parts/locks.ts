/** A lock of a channel: made once, then held by nobody or by one user. */
export interface Lock {
  readonly name: string;
  /** Time that the lock stays with a holder who went offline, milliseconds. */
  readonly ttlMs: number;
  /** User id; absent: free. */
  readonly owner?: string;
  /** When it becomes free by itself, for its holder is offline; epoch milliseconds. */
  readonly endsMs?: number;
  /** The maker of the lock, for whose share it counts; reported to nobody. Absent in locks made before this was kept. */
  readonly by?: string;
}

/** The locks by name, in the order in which they were made. */
export type Locks = Readonly<Record<string, Lock>>;

export const noLocks: Locks = {};

export type LockCommand =
  | { readonly type: 'set-lock'; readonly name: string; readonly ttlMs: number; readonly by: string }
  | { readonly type: 'remove-lock'; readonly name: string; readonly by: string }
  | { readonly type: 'acquire-lock'; readonly name: string; readonly by: string }
  | { readonly type: 'release-lock'; readonly name: string; readonly by: string }
  /** Takes it from `owner`, whoever asks. */
  | { readonly type: 'revoke-lock'; readonly name: string; readonly owner: string; readonly by: string }
  /** A holder is offline since `sinceMs`, or is back: what they hold ends by itself, but not before `endsFromMs`, or no longer does. */
  | {
      readonly type: 'lock-holder';
      readonly owner: string;
      readonly offlineSinceMs: number | undefined;
      readonly endsFromMs?: number;
    };

/** The kinds of changes of a lock; names as in the API. */
export type LockEvent = 'SET' | 'REMOVED' | 'ACQUIRED' | 'RELEASED' | 'EXPIRED';

export type LockChange =
  | {
      readonly type: 'lock-changed';
      readonly atMs: number;
      readonly event: LockEvent;
      /** After it; of a removed one, as it was. */
      readonly lock: Lock;
      /** The user who did it; for an expiry, the holder. */
      readonly by: string;
    }
  /** The locks of this holder end then; undefined: they do not. Nobody is told. */
  | {
      readonly type: 'lock-holder-changed';
      readonly atMs: number;
      readonly owner: string;
      readonly offlineSinceMs: number | undefined;
      /** They do not end before this, epoch milliseconds: nothing could be recorded for a while. */
      readonly endsFromMs?: number;
    };

export type LockRefusal = 'lock_exists' | 'lock_unknown' | 'lock_taken' | 'lock_not_held' | 'locks_full';

export interface LockLimits {
  /** Locks of a channel; the next is refused with `locks_full`. */
  readonly locksMax: number;
}

/** Decides what is asked of a channel's locks, none of which has run out by `nowMs`; undefined: nothing changes. */
export function changeLocks(
  locks: Locks,
  command: LockCommand,
  nowMs: number,
  { locksMax }: LockLimits,
): LockChange | LockRefusal | undefined {
  if (command.type === 'lock-holder') return holderChange(locks, command, nowMs);
  const { name, by } = command;
  const known = Object.hasOwn(locks, name) ? locks[name] : undefined;
  const changed = (event: LockEvent, lock: Lock): LockChange => ({
    type: 'lock-changed',
    atMs: nowMs,
    event,
    lock,
    by,
  });
  if (command.type === 'set-lock') {
    if (known) return 'lock_exists';
    if (Object.keys(locks).length >= locksMax) return 'locks_full';
    return changed('SET', { name, ttlMs: command.ttlMs });
  }
  if (!known) return 'lock_unknown';
  const { ttlMs } = known;
  switch (command.type) {
    case 'remove-lock':
      return changed('REMOVED', known);
    case 'acquire-lock':
      // A holder who asks again has the lock.
      if (known.owner === by) return undefined;
      return known.owner === undefined ? changed('ACQUIRED', { name, ttlMs, owner: by }) : 'lock_taken';
    case 'release-lock':
      return known.owner === by ? changed('RELEASED', { name, ttlMs }) : 'lock_not_held';
    case 'revoke-lock':
      return known.owner === command.owner ? changed('RELEASED', { name, ttlMs }) : 'lock_not_held';
  }
}

/** The locks that have run out by `nowMs`. */
export function expiredLocks(locks: Locks, nowMs: number): readonly LockChange[] {
  if (locks === noLocks) return [];
  return Object.values(locks).flatMap(({ name, ttlMs, owner, endsMs }) =>
    owner === undefined || endsMs === undefined || endsMs > nowMs
      ? []
      : [{ type: 'lock-changed', atMs: nowMs, event: 'EXPIRED', lock: { name, ttlMs }, by: owner } as const],
  );
}

/** What they hold of whom nobody knows whether they are there runs out as if they had gone at `sinceMs`, the end of the recovery lease. */
export const runOutAfter = (locks: Locks, sinceMs: number, isLost: (owner: string) => boolean): Locks =>
  mapped(locks, (lock) =>
    lock.owner === undefined || !isLost(lock.owner) ? lock : { ...lock, endsMs: sinceMs + lock.ttlMs },
  );

/** Makes locks that run out do so later, because no holder could come back for a while. */
export const endLater = (locks: Locks, later: (endsMs: number) => number): Locks =>
  mapped(locks, (lock) => (lock.endsMs === undefined ? lock : { ...lock, endsMs: later(lock.endsMs) }));

/** The locks with each that is another; the same if none is. */
function mapped(locks: Locks, change: (lock: Lock) => Lock): Locks {
  const names = Object.keys(locks);
  if (names.length === 0) return locks;
  const after = Object.values(locks).map(change);
  if (after.every((lock) => locks[lock.name] === lock)) return locks;
  return Object.fromEntries(after.map((lock) => [lock.name, lock]));
}

/** The locks after a change. */
export function withLocks(locks: Locks, change: LockChange): Locks {
  if (change.type === 'lock-changed') {
    const { event, lock } = change;
    const others = Object.entries(locks).filter(([name]) => event !== 'REMOVED' || name !== lock.name);
    if (event === 'REMOVED') return Object.fromEntries(others);
    const by =
      event === 'SET' ? change.by : Object.hasOwn(locks, lock.name) ? locks[lock.name]?.by : undefined;
    return Object.fromEntries([...others, [lock.name, { ...lock, ...(by !== undefined && { by }) }]]);
  }
  return Object.fromEntries(Object.entries(locks).map(([name, lock]) => [name, heldBy(lock, change)]));
}

/** When the first of them runs out, epoch milliseconds; undefined: none does. */
export function dueLocks(locks: Locks): number | undefined {
  if (locks === noLocks) return undefined;
  const ends = Object.values(locks).flatMap(({ owner, endsMs }) =>
    owner === undefined || endsMs === undefined ? [] : [endsMs],
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function holderChange(
  locks: Locks,
  { owner, offlineSinceMs, endsFromMs }: Extract<LockCommand, { type: 'lock-holder' }>,
  nowMs: number,
): LockChange | undefined {
  const held = Object.values(locks).filter((lock) => lock.owner === owner);
  // A lock that runs out already goes on doing so.
  const isNews = held.some(({ endsMs }) => (endsMs === undefined) === (offlineSinceMs !== undefined));
  if (!isNews) return undefined;
  const change = { type: 'lock-holder-changed', atMs: nowMs, owner, offlineSinceMs } as const;
  return offlineSinceMs === undefined || endsFromMs === undefined ? change : { ...change, endsFromMs };
}

function heldBy(
  lock: Lock,
  { owner, offlineSinceMs, endsFromMs = 0 }: Extract<LockChange, { type: 'lock-holder-changed' }>,
): Lock {
  if (lock.owner !== owner) return lock;
  const { endsMs: _, ...rest } = lock;
  if (offlineSinceMs === undefined) return rest;
  return { ...rest, endsMs: Math.max(offlineSinceMs + lock.ttlMs, endsFromMs) };
}
