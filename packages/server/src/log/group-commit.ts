import type { Channel } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { LogStore, Place } from '../engine/contract.ts';
import { fixed } from '../fixed-limits.ts';
import type { Logger } from '../observe/contract.ts';
import type { Decided } from './decide/decided.ts';
import type { Pending } from './pending.ts';
import { encodeRecord } from './record/codec.ts';
import type { LogEntry } from './record/record.ts';
import type { Draft } from './state/draft.ts';
import type { LogState } from './state/state.ts';
import type { WriteGap } from './time/write-gap.ts';

/** Wait before an append that failed is tried again with the facts it carried, milliseconds. Chosen: a full disk is not freed sooner. */
export const retryMs = 500;

export interface GroupCommitOptions {
  readonly store: LogStore;
  readonly partition: string;
  readonly state: Pick<LogState, 'draft'>;
  readonly clock: Clock;
  readonly gap: Pick<WriteGap, 'cause' | 'failed' | 'ended'>;
  readonly logger: Logger;
  readonly batchCommandsMax: number;
  /** What is to be decided before anything else of an append. */
  readonly first: () => readonly Pending[];
  /** Called once per durable batch, before the promises of its commands resolve. */
  readonly onDurable: (entries: readonly LogEntry[], changed: readonly Channel[]) => void;
  /** Another writer has the partition. Nothing is decided here from then on. */
  readonly onConflict: (conflict: Conflict) => void;
}

/** How a group commit ended: an append was refused because the log ends elsewhere than here. */
export interface Conflict {
  readonly expected: Place;
  readonly end: Place;
  /** All that it had taken and not recorded, in order: of none of it anything is in the log. */
  readonly unsettled: readonly Pending[];
}

/**
 * Decides commands in batches and records each batch with one append, from one end of the log on. One append is in flight at a
 * time; what arrives meanwhile is the next batch. Nothing is acknowledged before it is durable. It ends when another writer
 * appends, and hands back what it had: what becomes of that is for its owner to say.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #queue: Pending[] = [];
  #running: Promise<void> | undefined;
  /** The end of the log as this process knows it. */
  #end: Place;
  #stopped = false;
  #cancelRetry: (() => void) | undefined;

  constructor(options: GroupCommitOptions, end: Place) {
    this.#options = options;
    this.#end = end;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Why the newest append failed, in a sentence; undefined once one has succeeded again. */
  get trouble(): string | undefined {
    const { cause } = this.#options.gap;
    return cause === undefined ? undefined : `The log cannot be written: ${cause}`;
  }

  /** Queues commands; each is settled when it is durable or refused. */
  take(pending: readonly Pending[]): void {
    this.#queue.push(...pending);
    if (this.#queue.length > 0) this.#start();
  }

  /** Resolves when what is being decided is recorded; undefined: nothing is. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Decides nothing more. Returns what is left. */
  end(): readonly Pending[] {
    this.#stopped = true;
    this.#cancelRetry?.();
    return this.#queue.splice(0);
  }

  #start(): void {
    if (this.#running || this.#cancelRetry || this.#stopped) return;
    // Begin on the next microtask, so that commands of one turn share a batch.
    this.#running = Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#running = undefined;
        if (this.#queue.length > 0) this.#start();
      });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#cancelRetry && !this.#stopped) {
      await this.#commit(this.#queue.splice(0, this.#options.batchCommandsMax));
    }
  }

  async #commit(asked: readonly Pending[]): Promise<void> {
    const { state, store, partition, clock } = this.#options;
    const draft = state.draft();
    // It looks for blind time before time is read: what is decided below has been made up for.
    const first = this.#options.first();
    const nowMs = clock.nowMs();
    const { batch, decided, transactions } = this.#decide([...first, ...asked], draft, nowMs);
    let { position } = this.#end;
    if (transactions.length > 0) {
      const outcome = await store.append(partition, { atMs: nowMs, transactions }, this.#end);
      if (!outcome.ok) return this.#takeBack(batch, outcome);
      this.#end = outcome.end;
      this.#succeeded();
    }
    const entries: LogEntry[] = [];
    for (const decision of decided) {
      if (!decision.ok) continue;
      for (const record of decision.records) entries.push({ position: ++position, record });
    }
    const changed = draft.commit();
    if (entries.length > 0) this.#options.onDurable(entries, changed);
    for (const [index, { settle }] of batch.entries()) {
      const decision = decided[index];
      if (decision) settle(decision);
    }
  }

  /** Decides one after the other, until an append has enough; the rest are the first of the next batch. */
  #decide(asked: readonly Pending[], draft: Draft, nowMs: number) {
    const decided: Decided[] = [];
    const transactions: Uint8Array[][] = [];
    let records = 0;
    let bytes = 0;
    for (const { decide } of asked) {
      if (records >= fixed.batchRecordsMax || bytes >= fixed.batchBytesMax) break;
      const decision = decide(draft, nowMs);
      decided.push(decision);
      if (!decision.ok || decision.records.length === 0) continue;
      for (const record of decision.records) draft.absorb(record);
      const transaction = decision.records.map(encodeRecord);
      transactions.push(transaction);
      records += transaction.length;
      for (const payload of transaction) bytes += payload.byteLength;
    }
    const rest = asked.slice(decided.length);
    if (rest.length > 0) this.#queue = [...rest, ...this.#queue];
    return { batch: asked.slice(0, decided.length), decided, transactions };
  }

  #succeeded(): void {
    const { gap, logger } = this.#options;
    const afterMs = gap.ended();
    if (afterMs !== undefined) logger.info('the log is written again', { afterMs });
  }

  /** The draft is dropped: what was not recorded did not happen, not even the refusals that were decided against it. */
  #takeBack(
    batch: readonly Pending[],
    outcome: { reason: 'conflict'; end: Place } | { reason: 'unavailable'; cause: unknown },
  ): void {
    if (outcome.reason === 'conflict') {
      const unsettled = [...batch, ...this.end()];
      this.#options.onConflict({ expected: this.#end, end: outcome.end, unsettled });
      return;
    }
    const { gap, logger } = this.#options;
    // Once, not per append: a full disk must not fill the operator's log as well.
    if (gap.failed(outcome.cause))
      logger.error('the log cannot be written; joins are refused, leaves wait', { cause: gap.cause });
    const facts = batch.filter(({ fact }) => fact);
    for (const { fact, settle } of batch) if (!fact) settle({ ok: false, code: 'log_unavailable' });
    if (facts.length === 0) return;
    this.#queue = [...facts, ...this.#queue];
    this.#cancelRetry = this.#options.clock.after(retryMs, () => {
      this.#cancelRetry = undefined;
      this.#start();
    });
  }
}
