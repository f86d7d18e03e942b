import type { Feed } from '../../log/contract/feed.ts';
import type { AttemptReport } from '../delivery/attempt.ts';
import type { EndpointRunner, RunnerStatus } from '../delivery/endpoint-runner.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { KeptCursor } from '../progress/cursor-store.ts';
import { DeliveryWindow } from '../progress/delivery-window.ts';
import type { GivenUpJournal } from '../progress/given-up-journal.ts';
import { askedAgain, type Halt } from '../progress/halt.ts';
import type { LostEvents } from '../progress/lost-events.ts';
import type { GivenUpReturn } from '../redelivery/given-up-return.ts';
import type { SetAside } from '../set-aside/set-aside.ts';
import type { BeginRunner } from './begin-runner.ts';
import type { Returned } from './slot-return.ts';

/** The status of a slot: its runner's state, or that there is none. */
export interface SlotStatus extends Omit<RunnerStatus, 'state'> {
  readonly state: RunnerStatus['state'] | 'paused';
  /** When the first of the failed attempts since the last delivery was made, epoch milliseconds; undefined: none failed. */
  readonly failingSinceMs: number | undefined;
}

export interface SlotOptions {
  readonly cursor: KeptCursor;
  readonly journal: GivenUpJournal;
  readonly lost: LostEvents;
  /** The log as the endpoint reads it. */
  readonly log: Feed;
  readonly aside: SetAside;
  readonly beginRunner: BeginRunner;
  readonly returnTo: (slot: Returned) => GivenUpReturn;
}

/**
 * The place of one endpoint: its settings, its cursor, what it gave up and what it lost, and a runner while it is not
 * paused. A change of settings ends the runner and begins another at the same cursor, so that it holds from the next
 * attempt on, for notices that wait for their retry too.
 */
export class EndpointSlot {
  readonly journal: GivenUpJournal;
  readonly lost: LostEvents;
  /** Events set aside for the app's endpoints, which the log no longer keeps. */
  readonly aside: SetAside;
  /** The log as the endpoint reads it. */
  readonly log: Feed;
  readonly #beginRunner: BeginRunner;
  #endpoint: Endpoint;
  #cursor: KeptCursor;
  #runner: EndpointRunner | undefined;
  #lastAttempt: RunnerStatus['lastAttempt'];
  #failingSinceMs: number | undefined;
  readonly #returning: GivenUpReturn;

  constructor(endpoint: Endpoint, options: SlotOptions) {
    this.#endpoint = endpoint;
    this.#cursor = options.cursor;
    this.journal = options.journal;
    this.lost = options.lost;
    this.aside = options.aside;
    this.log = options.log;
    this.#beginRunner = options.beginRunner;
    this.#returning = options.returnTo(this);
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  get paused(): boolean {
    return this.#runner === undefined;
  }

  /** What it was given up on may be brought to it now. */
  get isOpen(): boolean {
    return this.#endpoint.redeliverGivenUp && this.#runner !== undefined && this.#runner.halt === undefined;
  }

  /** See NoticeReader.finishedTo. */
  get finishedTo(): number {
    return this.#runner?.finishedTo ?? new DeliveryWindow(this.#cursor).readAfter;
  }

  /** The log must keep what comes after this position. */
  get heldAfter(): number {
    return this.aside.neededAfter(this.finishedTo);
  }

  cursor(): KeptCursor {
    const runner = this.#runner;
    return runner ? { ...runner.cursor(), halt: runner.halt } : this.#cursor;
  }

  /** Goes on at the cursor; what suspended itself, or was told 410, sends what waits. */
  resume(): void {
    if (this.#runner) this.#runner.resume();
    else this.begin();
  }

  /** Begins to deliver in this process: one that was suspended or gone is asked again. */
  start(): void {
    this.begin(askedAgain(this.#cursor.halt));
  }

  /** Begins to deliver; one that is suspended with no more than a probe, and one that is gone with nothing. */
  begin(halt?: Halt): void {
    this.#runner = this.#beginRunner(this.#endpoint, { ...this.#cursor, halt }, (report) =>
      this.#note(report),
    );
  }

  /** Ends attempts under way and keeps the cursor: what is not finished, and what is to come, waits. */
  async pause(): Promise<void> {
    const runner = this.#runner;
    if (!runner) return;
    const { halt } = runner;
    await this.#returning.breakOff();
    await runner.stop();
    this.#cursor = { ...runner.cursor(), halt };
    this.#lastAttempt = runner.status().lastAttempt ?? this.#lastAttempt;
    this.#runner = undefined;
  }

  /** A suspended endpoint is probed within a second; so is one that was gone, if its URL or format is another now. */
  async change(endpoint: Endpoint): Promise<void> {
    const before = this.#endpoint;
    const wasPaused = this.paused;
    await this.pause();
    this.#endpoint = endpoint;
    if (wasPaused) return;
    const { halt } = this.#cursor;
    const isAnother = endpoint.url !== before.url || endpoint.format !== before.format;
    this.begin(isAnother ? askedAgain(halt) : halt);
  }

  /** While `work` runs nothing is sent and nothing read; it may move the cursor. What was suspended, or gone, stays so. */
  async still(work: (cursor: KeptCursor) => Promise<KeptCursor>): Promise<void> {
    const wasPaused = this.paused;
    await this.pause();
    try {
      this.#cursor = await work(this.#cursor);
    } finally {
      if (!wasPaused) this.begin(this.#cursor.halt);
    }
  }

  /** The end of this process's work on it. */
  async stop(): Promise<void> {
    await this.#returning.stop();
    await this.#runner?.stop();
  }

  /** To be called after the last write of its cursor. */
  async close(): Promise<void> {
    await this.lost.stop();
    await this.journal.close();
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
    this.#returning.attempted(next === 'delivered');
    if (next === 'give-up') this.#returning.wake();
  }
}
