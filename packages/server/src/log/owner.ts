import assert from 'node:assert';
import type { Place } from '../engine/contract.ts';
import type { Conflict, GroupCommit } from './group-commit.ts';
import type { Committed, Pending } from './pending.ts';

export interface OwnerOptions {
  /** Makes what decides while the log is owned, from this end of it on. */
  readonly commitsFrom: (end: Place, onConflict: (conflict: Conflict) => void) => GroupCommit;
  /** The most commands that may wait before requests are refused. */
  readonly queueMax: number;
  /** Another writer has the log: nothing is recorded here until `begin` is called again. */
  readonly onFenced: (cause: Error) => void;
  /** Who owns the log meanwhile, if that is known: it takes what is asked here, in order. Without one requests are refused, and facts wait. */
  readonly successor?: () => Pick<Owner, 'take'> | undefined;
}

/**
 * Whether this process decides, and what becomes of its commands when it does not. While it owns the log a group commit takes
 * them. When another writer appends, what that had not recorded is in no log and comes back: nothing of it is lost, and since
 * the append was refused for good, nothing of it is recorded twice.
 */
export class Owner {
  readonly #options: OwnerOptions;
  #commits: GroupCommit | undefined;
  /** Facts that nobody records at present, in order. */
  #waiting: Pending[] = [];
  #stopped = false;

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#commits?.queued ?? this.#waiting.length;
  }

  /** Why the newest append failed, in a sentence; undefined once one has succeeded again. */
  get trouble(): string | undefined {
    return this.#commits?.trouble;
  }

  /** This process owns the log, which ends at `end`, and whose state it has folded up to there. What waited comes first. */
  begin(end: Place): void {
    assert(!this.#commits && !this.#stopped, 'the log is owned once');
    this.#commits = this.#options.commitsFrom(end, (conflict) => this.#lost(conflict));
    this.#commits.take(this.#waiting.splice(0));
  }

  /** Queues one command; resolves when it is durable or refused. Refused `overloaded` when the queue is full. */
  submit(decide: Pending['decide'], { fact }: Pick<Pending, 'fact'>): Promise<Committed> {
    if (this.#stopped) return Promise.resolve({ ok: false, code: 'going_away' });
    if (!fact && this.queued >= this.#options.queueMax) {
      const detail = `As many commands wait to be decided as may. That is ${this.#options.queueMax}.`;
      return Promise.resolve({ ok: false, code: 'overloaded', detail });
    }
    return new Promise((settle) => this.take([{ decide, fact, settle }]));
  }

  /** Takes commands over, in order: of this process, or those of another that owned the log before. */
  take(pending: readonly Pending[]): void {
    const owner = this.#commits ?? this.#options.successor?.();
    if (owner) owner.take(pending);
    else for (const each of pending) this.#wait(each);
  }

  /** Records what is being decided, then refuses everything. */
  async stop(): Promise<void> {
    while (this.#commits?.running) await this.#commits.running;
    this.#stopped = true;
    const left = [...(this.#commits?.end() ?? []), ...this.#waiting.splice(0)];
    for (const { settle } of left) settle({ ok: false, code: 'going_away' });
  }

  #wait(pending: Pending): void {
    if (pending.fact) this.#waiting.push(pending);
    else pending.settle({ ok: false, code: 'log_unavailable' });
  }

  #lost({ expected, end, unsettled }: Conflict): void {
    this.#commits = undefined;
    this.#options.onFenced(
      new Error(`the log ends at ${end.position}, expected ${expected.position}: another writer has it`),
    );
    this.take(unsettled);
  }
}
