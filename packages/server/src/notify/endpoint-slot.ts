import { type Cursor, DeliveryWindow } from './delivery-window.ts';
import type { Endpoint } from './endpoint.ts';
import {
  type AttemptReport,
  EndpointRunner,
  type RunnerParts,
  type RunnerStatus,
} from './endpoint-runner.ts';
import type { GivenUpJournal } from './given-up-journal.ts';

/** What a slot can say of itself: its runner's state, or that there is none. */
export interface SlotStatus extends Omit<RunnerStatus, 'state'> {
  readonly state: RunnerStatus['state'] | 'paused';
  /** When the first of the failed attempts since the last delivery was made, epoch milliseconds; undefined: none failed. */
  readonly failingSinceMs: number | undefined;
}

/**
 * The place of one endpoint: its settings and its cursor, and a runner while it is not paused. A change of settings
 * ends the runner and begins another at the same cursor, so that it holds from the next attempt on, for notices that
 * wait for their retry too.
 */
export class EndpointSlot {
  readonly journal: GivenUpJournal;
  readonly #partsOf: (endpoint: Endpoint) => RunnerParts;
  #endpoint: Endpoint;
  #cursor: Cursor;
  #runner: EndpointRunner | undefined;
  #lastAttempt: RunnerStatus['lastAttempt'];
  #failingSinceMs: number | undefined;

  constructor(
    endpoint: Endpoint,
    options: {
      readonly cursor: Cursor;
      readonly journal: GivenUpJournal;
      readonly partsOf: (endpoint: Endpoint) => RunnerParts;
    },
  ) {
    this.#endpoint = endpoint;
    this.#cursor = options.cursor;
    this.journal = options.journal;
    this.#partsOf = options.partsOf;
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  get paused(): boolean {
    return this.#runner === undefined;
  }

  /** See EndpointRunner.finishedTo. */
  get finishedTo(): number {
    return this.#runner?.finishedTo ?? new DeliveryWindow(this.#cursor).readAfter;
  }

  cursor(): Cursor {
    return this.#runner?.cursor() ?? this.#cursor;
  }

  /** Goes on at the cursor; a runner that suspended itself, or was told 410, sends what waits. */
  resume(): void {
    if (this.#runner) {
      this.#runner.resume();
      return;
    }
    const parts = this.#partsOf(this.#endpoint);
    this.#runner = new EndpointRunner(this.#endpoint, this.#cursor, {
      ...parts,
      onAttempt: (report) => {
        this.#note(report);
        parts.onAttempt(report);
      },
    });
  }

  /** Ends attempts under way and keeps the cursor: what is not finished, and what is to come, waits. */
  async pause(): Promise<void> {
    const runner = this.#runner;
    if (!runner) return;
    await runner.stop();
    this.#cursor = runner.cursor();
    this.#lastAttempt = runner.status().lastAttempt ?? this.#lastAttempt;
    this.#runner = undefined;
  }

  async change(endpoint: Endpoint): Promise<void> {
    const wasPaused = this.paused;
    await this.pause();
    this.#endpoint = endpoint;
    if (!wasPaused) this.resume();
  }

  /** The end of this process's work on it. */
  async stop(): Promise<void> {
    await this.#runner?.stop();
  }

  status(): SlotStatus {
    const failingSinceMs = this.#failingSinceMs;
    if (this.#runner) {
      const status = this.#runner.status();
      return { ...status, lastAttempt: status.lastAttempt ?? this.#lastAttempt, failingSinceMs };
    }
    return {
      state: 'paused',
      halt: undefined,
      through: this.#cursor.through,
      outstanding: this.#cursor.open.length,
      inFlight: 0,
      oldestEventMs: undefined,
      lastAttempt: this.#lastAttempt,
      failingSinceMs,
    };
  }

  #note({ next, atMs }: AttemptReport): void {
    if (next === 'delivered') this.#failingSinceMs = undefined;
    else this.#failingSinceMs ??= atMs;
  }
}
