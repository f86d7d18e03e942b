import type { SignalingAnswer } from '../names/answer.ts';
import { refused } from '../names/answer.ts';
import { lockTakenCode } from './lock-requests.ts';

/** Requests that wait for locks, of all users; the next is refused with −14003. */
export const lockWaitersMax = 10_000;

interface Waiter {
  readonly userId: string;
  readonly isHere: () => boolean;
  readonly attempt: () => Promise<SignalingAnswer>;
  readonly settle: (answer: SignalingAnswer) => void;
  readonly release: () => void;
  /** `again`: it was freed while an attempt was under way, which may have been decided before. */
  state: 'waiting' | 'trying' | 'again' | 'settled';
}

export interface Wait {
  readonly userId: string;
  readonly signal: AbortSignal;
  /** Tells whether the user is connected: while they are not, others come first. */
  readonly isHere: () => boolean;
  /** Gives the lock back in the user's name. */
  readonly release: () => void;
}

/**
 * Users that asked for a lock with `retry` and did not get it. The first one that is connected is tried again whenever the lock may be free, with no priority
 * over others that ask then (spec: signaling 4.2).
 */
export class LockWaiters {
  /** Waiters by the id of the lock. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  /** For each attempt of a waiter that is under way, by lock and user: the answers to later requests of that user for the lock. */
  readonly #underway = new Map<string, Set<Promise<SignalingAnswer>[]>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Makes `attempt`, and makes it again when its turn comes after `freed` or `removed`, until its answer is another than that the
   * lock is taken, or the signal aborts. A lock that is had after that is given back by `release`, unless the user asked for it
   * once more and has it for that.
   */
  wait(
    lock: string,
    attempt: () => Promise<SignalingAnswer>,
    { userId, isHere, signal, release }: Wait,
  ): Promise<SignalingAnswer> {
    if (this.#size >= lockWaitersMax)
      return Promise.resolve(refused(-14003, 'Too many are waiting for locks.'));
    return new Promise((resolve) => {
      const onAbort = () => waiter.settle(refused(-14001, 'It was given up.'));
      const waiter: Waiter = {
        userId,
        isHere,
        attempt: () => this.attempt(lock, userId, attempt),
        release,
        state: 'waiting',
        settle: (answer) => {
          waiter.state = 'settled';
          signal.removeEventListener('abort', onAbort);
          this.#remove(lock, waiter);
          resolve(answer);
        },
      };
      const waiters = this.#waiting.get(lock) ?? new Set();
      this.#waiting.set(lock, waiters.add(waiter));
      this.#size += 1;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      // It is in the list before it is tried: what is freed meanwhile is not missed.
      else void this.#try(lock, waiter);
    });
  }

  /** Makes an attempt in a user's name, of who waits or not: what the user asked before has no say in what comes of it. */
  attempt(lock: string, userId: string, run: () => Promise<SignalingAnswer>): Promise<SignalingAnswer> {
    const answer = run();
    for (const later of this.#underway.get(keyOf(lock, userId)) ?? []) later.push(answer);
    return answer;
  }

  /**
   * The lock may be had: one is tried, for only one can have it. Those who are away are passed over: they would keep it from all
   * others until their session has ended and its time to live is over. Call it again when one of them is back.
   */
  freed(lock: string): void {
    for (const waiter of this.#waiting.get(lock) ?? [])
      if (waiter.isHere()) {
        void this.#try(lock, waiter);
        return;
      }
  }

  /** The lock is no more: all are told. */
  removed(lock: string): void {
    for (const waiter of [...(this.#waiting.get(lock) ?? [])]) void this.#try(lock, waiter);
  }

  async #try(lock: string, waiter: Waiter): Promise<void> {
    if (waiter.state !== 'waiting') {
      if (waiter.state === 'trying') waiter.state = 'again';
      return;
    }
    waiter.state = 'trying';
    const attempt = waiter.attempt();
    const { later, done } = this.#begin(keyOf(lock, waiter.userId));
    const answer = await attempt;
    // It may have been given up meanwhile, or freed.
    const { state } = waiter as { state: Waiter['state'] };
    if (state === 'settled' && answer.ok) await giveBack(waiter, later);
    done();
    if (state === 'settled') {
      if (!answer.ok) this.freed(lock);
    } else if (answer.ok || answer.code !== lockTakenCode) {
      waiter.settle(answer);
      // It may still be free: the next one shall not wait for somebody to free it.
      if (!answer.ok) this.freed(lock);
    } else {
      waiter.state = 'waiting';
      if (state === 'again') await this.#try(lock, waiter);
    }
  }

  #begin(key: string): { readonly later: Promise<SignalingAnswer>[]; readonly done: () => void } {
    const later: Promise<SignalingAnswer>[] = [];
    const underway = this.#underway.get(key) ?? new Set();
    this.#underway.set(key, underway.add(later));
    const done = () => {
      underway.delete(later);
      if (underway.size === 0 && this.#underway.get(key) === underway) this.#underway.delete(key);
    };
    return { later, done };
  }

  #remove(lock: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(lock);
    if (!waiters?.delete(waiter)) return;
    this.#size -= 1;
    if (waiters.size === 0) this.#waiting.delete(lock);
  }
}

const keyOf = (lock: string, userId: string): string => `${lock}/${userId}`;

/** Gives back the lock of a waiter that gave up, unless the user asked again and has it for that. `later` may grow meanwhile; while it is empty this takes no time. */
async function giveBack({ release }: Waiter, later: Promise<SignalingAnswer>[]): Promise<void> {
  while (later.length > 0) {
    const answers = await Promise.all(later.splice(0));
    if (answers.some(({ ok }) => ok)) return;
  }
  release();
}
