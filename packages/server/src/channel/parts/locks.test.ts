import { expect, test } from 'bun:test';
import {
  changeLocks,
  dueLocks,
  expiredLocks,
  type LockCommand,
  type LockRefusal,
  type Locks,
  noLocks,
  runOutAfter,
  withLocks,
} from './locks.ts';

/** Locks that keep what happened to them. */
class Table {
  locks: Locks = noLocks;
  readonly said: string[] = [];

  ask(nowMs: number, command: LockCommand): LockRefusal | undefined {
    for (const change of expiredLocks(this.locks, nowMs)) this.#take(change);
    const change = changeLocks(this.locks, command, nowMs, { locksMax: 2 });
    if (typeof change === 'string') return change;
    if (change) this.#take(change);
    return undefined;
  }

  recover(nowMs: number, recoveryMs: number): void {
    this.locks = runOutAfter(this.locks, nowMs + recoveryMs, () => true);
  }

  #take(change: Parameters<typeof withLocks>[1]): void {
    this.locks = withLocks(this.locks, change);
    if (change.type === 'lock-changed')
      this.said.push(`${change.event} ${change.lock.name} ${change.lock.owner ?? '-'} by ${change.by}`);
  }
}

const ask = (type: 'acquire-lock' | 'release-lock' | 'remove-lock', by: string, name = 'l') =>
  ({ type, name, by }) as const;
const made = (): Table => {
  const table = new Table();
  table.ask(0, { type: 'set-lock', name: 'l', ttlMs: 10_000, by: 'ann' });
  return table;
};

test('SIG7: a lock is made, taken by one, released, taken by another, removed', () => {
  const table = made();
  expect(table.ask(1, { type: 'set-lock', name: 'l', ttlMs: 1, by: 'bob' })).toBe('lock_exists');
  expect(table.ask(1, ask('acquire-lock', 'ann'))).toBeUndefined();
  expect(table.ask(2, ask('acquire-lock', 'bob'))).toBe('lock_taken');
  expect(table.ask(2, ask('acquire-lock', 'ann'))).toBeUndefined();
  expect(table.ask(3, ask('release-lock', 'bob'))).toBe('lock_not_held');
  expect(table.ask(3, ask('release-lock', 'ann'))).toBeUndefined();
  expect(table.ask(4, ask('acquire-lock', 'bob'))).toBeUndefined();
  expect(table.ask(5, ask('remove-lock', 'cid'))).toBeUndefined();
  expect(table.ask(6, ask('acquire-lock', 'bob'))).toBe('lock_unknown');
  expect(table.said).toEqual([
    'SET l - by ann',
    'ACQUIRED l ann by ann',
    'RELEASED l - by ann',
    'ACQUIRED l bob by bob',
    'REMOVED l bob by cid',
  ]);
});

test('SIG7: anybody may revoke a lock from who holds it', () => {
  const table = made();
  const revoke = { type: 'revoke-lock', name: 'l', owner: 'ann', by: 'bob' } as const;
  expect(table.ask(1, revoke)).toBe('lock_not_held');
  table.ask(2, ask('acquire-lock', 'ann'));
  expect(table.ask(3, { ...revoke, owner: 'cid' })).toBe('lock_not_held');
  expect(table.ask(4, revoke)).toBeUndefined();
  expect(table.said.at(-1)).toBe('RELEASED l - by bob');
});

test('SIG7: it stays with a holder who is offline for its time to live, and no longer', () => {
  const table = made();
  table.ask(1, ask('acquire-lock', 'ann'));
  table.ask(2_000, { type: 'lock-holder', owner: 'ann', offlineSinceMs: 1_000 });
  expect(dueLocks(table.locks)).toBe(11_000);
  expect(table.ask(10_999, ask('acquire-lock', 'bob'))).toBe('lock_taken');
  expect(table.ask(11_000, ask('acquire-lock', 'bob'))).toBeUndefined();
  expect(table.said.slice(-2)).toEqual(['EXPIRED l - by ann', 'ACQUIRED l bob by bob']);
});

test('SIG7: who is back in time keeps it, and its end is not told twice', () => {
  const table = made();
  table.ask(1, ask('acquire-lock', 'ann'));
  table.ask(2, { type: 'lock-holder', owner: 'ann', offlineSinceMs: 2 });
  const before = table.locks;
  table.ask(3, { type: 'lock-holder', owner: 'ann', offlineSinceMs: 3 });
  expect(table.locks).toBe(before);
  table.ask(4, { type: 'lock-holder', owner: 'ann', offlineSinceMs: undefined });
  expect(dueLocks(table.locks)).toBeUndefined();
  expect(table.ask(99_999, ask('acquire-lock', 'bob'))).toBe('lock_taken');
});

test('SIG7: after a restart holders have the recovery lease, and the time to live after it', () => {
  const table = made();
  table.ask(1, ask('acquire-lock', 'ann'));
  table.recover(5_000, 15_000);
  expect(dueLocks(table.locks)).toBe(30_000);
  table.ask(6_000, { type: 'lock-holder', owner: 'ann', offlineSinceMs: undefined });
  expect(dueLocks(table.locks)).toBeUndefined();
});

test('SIG7: a channel has so many locks; names that objects have by themselves are names like others', () => {
  const table = made();
  expect(table.ask(1, ask('acquire-lock', 'ann', 'toString'))).toBe('lock_unknown');
  expect(table.ask(1, { type: 'set-lock', name: '__proto__', ttlMs: 1, by: 'ann' })).toBeUndefined();
  expect(table.ask(1, { type: 'set-lock', name: 'third', ttlMs: 1, by: 'ann' })).toBe('locks_full');
  expect(Object.keys(table.locks)).toEqual(['l', '__proto__']);
});
