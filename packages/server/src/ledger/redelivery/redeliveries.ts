import { HousecountError } from '@housecount/protocol';
import type { redeliveryStates } from '@housecount/schema';
import type { Random } from '../../clock.ts';
import { limits as defaults } from '../../limits.ts';
import type { Logger } from '../../observe/contract.ts';
import type { PlacedEvent } from '../history/history-scan.ts';
import {
  eventAt,
  type NoticeSource,
  type PlanLimits,
  type PlannedNotice,
  type PlanParts,
  type PlanRequest,
  planRedelivery,
} from './redelivery-plan.ts';

/** The state of a redelivery. */
export interface Redelivery {
  readonly id: string;
  readonly app: string;
  readonly endpoint: string;
  readonly state: (typeof redeliveryStates)[number];
  /** Notices in all, and of them: taken, not taken, and deleted by retention before their turn. */
  readonly notices: number;
  readonly delivered: number;
  readonly failed: number;
  readonly gone: number;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** The result of the last failed attempt, or the reason why it ended early. */
  readonly trouble?: string;
}

/** The deliverer of notices, as far as it sends them once more. */
export interface NoticeResender {
  /**
   * Makes one attempt at each notice, in the order of the log; `onOutcome` after each. It ends early when the signal aborts, or the receiver
   * fails too often in a row.
   */
  redeliver(request: {
    readonly endpointId: string;
    readonly id: string;
    readonly notices: AsyncIterable<PlacedEvent>;
    readonly signal: AbortSignal;
    readonly onOutcome: (delivered: boolean, noticeId: string, result: string) => void;
  }): Promise<'done' | 'cancelled' | 'receiver-failed'>;
}

export interface RedeliveriesOptions extends PlanParts {
  readonly notify: NoticeSource & NoticeResender;
  readonly random: Random;
  readonly logger: Logger;
  /** Default: those of limits.ts. */
  readonly limits?: RedeliveryLimits;
}

export interface RedeliveryLimits extends PlanLimits {
  /** The number of redeliveries that run or wait, and of ended ones that are remembered. */
  readonly redeliveriesMax: number;
  readonly redeliveriesKeptMax: number;
  /** Attempts in a row that fail; then one ends. */
  readonly redeliveryFailuresMax: number;
}

type Running = { -readonly [Name in keyof Redelivery]: Redelivery[Name] };

/**
 * Redeliveries that were asked for: one at a time for each endpoint, the others wait. They live in memory: after a
 * restart one that was under way is asked for again, which costs its receiver copies at most.
 */
export class Redeliveries {
  readonly #options: RedeliveriesOptions;
  readonly #limits: RedeliveryLimits;
  readonly #jobs = new Map<string, { readonly state: Running; readonly cancel: AbortController }>();
  /** The end of the last one of each endpoint. */
  readonly #turns = new Map<string, Promise<void>>();
  #planning = 0;
  #stopped = false;

  constructor(options: RedeliveriesOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaults;
  }

  /** The number of notices of the redelivery; changes nothing. Fails as planRedelivery does, and with `overloaded`. */
  async count(request: PlanRequest, signal: AbortSignal): Promise<number> {
    return (await this.#plan(request, signal)).length;
  }

  /** Begins as soon as it is the endpoint's turn. Fails as planRedelivery does, and with `overloaded`. */
  async start(request: PlanRequest, signal: AbortSignal): Promise<Redelivery> {
    const plan = await this.#plan(request, signal);
    if (this.#stopped) throw new HousecountError('going_away');
    const { clock, random } = this.#options;
    const state: Running = {
      id: random.id(16),
      app: request.app,
      endpoint: request.endpoint,
      state: 'waiting',
      notices: plan.length,
      delivered: 0,
      failed: 0,
      gone: 0,
      startedMs: clock.nowMs(),
    };
    const cancel = new AbortController();
    this.#jobs.set(state.id, { state, cancel });
    this.#forgetOld();
    const before = this.#turns.get(request.endpoint) ?? Promise.resolve();
    const turn = before
      .then(() => this.#run(state, plan, cancel.signal))
      .then(() => {
        if (this.#turns.get(request.endpoint) === turn) this.#turns.delete(request.endpoint);
      });
    this.#turns.set(request.endpoint, turn);
    return { ...state };
  }

  /** Fails with `not_found` if there is none, or if it is forgotten. */
  get(app: string, id: string): Redelivery {
    return { ...this.#job(app, id).state };
  }

  /** Ends it; attempts under way are broken off. Does nothing to one that has ended. Fails with `not_found`. */
  cancel(app: string, id: string): Redelivery {
    const { state, cancel } = this.#job(app, id);
    if (state.endedMs === undefined) {
      cancel.abort();
      this.#end(state, 'cancelled');
    }
    return { ...state };
  }

  /** Cancels all; resolves when none is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { state } of [...this.#jobs.values()]) this.cancel(state.app, state.id);
    await Promise.all(this.#turns.values());
  }

  async #plan(request: PlanRequest, signal: AbortSignal): Promise<readonly PlannedNotice[]> {
    const active = [...this.#jobs.values()].filter(({ state }) => state.endedMs === undefined).length;
    if (active + this.#planning >= this.#limits.redeliveriesMax)
      throw new HousecountError(
        'overloaded',
        `As many redeliveries are under way as may be. That is ${this.#limits.redeliveriesMax}.`,
      );
    this.#planning += 1;
    try {
      return await planRedelivery(request, this.#options, signal);
    } finally {
      this.#planning -= 1;
    }
  }

  async #run(state: Running, plan: readonly PlannedNotice[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    state.state = 'running';
    const { notify, history, logger } = this.#options;
    async function* notices(): AsyncIterable<PlacedEvent> {
      for (const { position, sid, seq, event } of plan) {
        if (signal.aborted) return;
        const found = event ?? eventAt(history, state.app, { sid, seq })?.event;
        if (found) yield { position, event: found };
        else state.gone += 1;
      }
    }
    try {
      const ended = await notify.redeliver({
        endpointId: state.endpoint,
        id: state.id,
        notices: notices(),
        signal,
        onOutcome: (delivered, _, result) => {
          if (delivered) state.delivered += 1;
          else {
            state.failed += 1;
            state.trouble = result;
          }
        },
      });
      if (ended === 'receiver-failed')
        state.trouble = `It ended early: ${this.#limits.redeliveryFailuresMax} attempts in a row failed (${state.trouble}).`;
      this.#end(state, ended === 'receiver-failed' ? 'failed' : ended);
    } catch (cause) {
      logger.error('A redelivery failed.', { redelivery: state.id, cause });
      state.trouble = cause instanceof HousecountError ? cause.message : 'The server has logged the reason.';
      this.#end(state, 'failed');
    }
  }

  #end(state: Running, how: Redelivery['state']): void {
    if (state.endedMs !== undefined) return;
    state.state = how;
    state.endedMs = this.#options.clock.nowMs();
  }

  #job(app: string, id: string) {
    const job = this.#jobs.get(id);
    if (job?.state.app !== app) throw new HousecountError('not_found', 'There is no such redelivery.');
    return job;
  }

  #forgetOld(): void {
    const ended = [...this.#jobs.values()].filter(({ state }) => state.endedMs !== undefined);
    for (const { state } of ended.slice(0, Math.max(0, ended.length - this.#limits.redeliveriesKeptMax)))
      this.#jobs.delete(state.id);
  }
}
