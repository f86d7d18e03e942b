import { Backoff, type BackoffOptions, passedMs } from '@housecount/link';
import { failure, toException } from '../errors.ts';
import { log } from '../log.ts';
import { delay, throwIfAborted } from '../timing.ts';
import { MediaSession, type MediaSessionOptions } from './media-session.ts';
import { OfferRefused } from './whip-client.ts';

/** Time for a first opening until its last attempt begins, milliseconds; a session that was open once is tried for as long as it is wanted. */
const openMsMax = 12_000;

/** The least time of media flow over a session, milliseconds, after which its loss counts as a new failure and not the same one. Chosen. */
const heldMsMin = 10_000;
/** Time that callers wait for a session that is being replaced, milliseconds. */
const readyMsMax = 15_000;

export interface KeepOpenOptions extends Omit<MediaSessionOptions, 'onLost'> {
  /** How attempts follow each other, and how many there are of a first opening after the first; undefined: as the SDK does by itself. */
  readonly retry?: { readonly backoff: BackoffOptions; readonly retriesMax: number } | undefined;
  /** A lost session is being replaced. */
  readonly onReconnecting: () => void;
  /** Called after each opening; `first` is false for a replacement. */
  readonly onOpen: (session: MediaSession, first: boolean) => void;
}

/** Keeps one media session open for as long as it is wanted: a lost one is replaced, with growing waits. */
export class KeepOpen {
  #session: MediaSession | undefined;
  /** The time by `passedMs` since which media can flow over the session. */
  #openedAtMs = 0;
  readonly #over = new AbortController();
  /** The attempt under way; another one follows at once when it is aborted. */
  #attempt = new AbortController();
  #opening: Promise<MediaSession> | undefined;
  readonly #backoff: Backoff;

  constructor(private readonly options: KeepOpenOptions) {
    this.#backoff = new Backoff(options.retry?.backoff);
  }

  get session(): MediaSession | undefined {
    return this.#session;
  }

  /**
   * Opens the session, and resolves when media can flow. Rejects with the exception apps expect: what the server says for good, or what
   * stood in the way for as long as a first opening is tried.
   */
  async open(): Promise<void> {
    this.#opening ??= this.#openUntil(passedMs() + openMsMax, true);
    try {
      await this.#opening;
    } catch (error) {
      this.close();
      throw error instanceof OfferRefused ? toException(error.toError()) : toException(error);
    } finally {
      this.#opening = undefined;
    }
  }

  /** Resolves when media can flow over the session, which may just be replaced. Rejects ICE_FAILED if that takes too long, or OPERATION_ABORTED. */
  async ready(): Promise<void> {
    const opening = this.#opening;
    if (!opening) return;
    const tooLate = new AbortController();
    try {
      await Promise.race([
        opening,
        delay(readyMsMax, tooLate.signal).then(() => {
          throw failure('ICE_FAILED', 'the media connection was lost, and is not back yet');
        }),
      ]);
    } finally {
      tooLate.abort();
    }
  }

  /** Replaces the session by a new one: the server says its media engine has started again, or the membership is another. */
  replace(): void {
    if (this.#over.signal.aborted) return;
    if (this.#opening) {
      this.#attempt.abort();
      return;
    }
    const closed = this.#session?.close();
    this.#session = undefined;
    // A session that held is replaced at once; one that failed soon after it was opened may fail again and again, so it waits.
    const held = passedMs() - this.#openedAtMs >= heldMsMin;
    if (held) this.#backoff.reset();
    this.options.onReconnecting();
    this.#opening = (held ? Promise.resolve() : this.#pause())
      .then(() => closed)
      .then(() => this.#openUntil(Number.POSITIVE_INFINITY, false));
    this.#opening
      .catch((error: unknown) => {
        if (!this.#over.signal.aborted) log.warn('a media session could not be replaced', error);
      })
      .finally(() => {
        this.#opening = undefined;
      });
  }

  /** Replaces the session if the server no longer has it. */
  check(): void {
    this.#session?.check(this.#over.signal).catch((error: unknown) => log.debug('a check failed', error));
  }

  /** Ends it for good. */
  close(keepalive = false): void {
    this.#over.abort();
    void this.#session?.close(keepalive);
    this.#session = undefined;
  }

  async #openUntil(deadlineMs: number, first: boolean): Promise<MediaSession> {
    const retriesMax = (first ? this.options.retry?.retriesMax : undefined) ?? Number.POSITIVE_INFINITY;
    for (let failures = 0; ; failures += 1) {
      this.#attempt = new AbortController();
      try {
        const session = await MediaSession.open(
          { ...this.options, onLost: () => this.replace() },
          this.#over.signal,
          this.#attempt.signal,
        );
        this.#session = session;
        this.#openedAtMs = passedMs();
        this.options.onOpen(session, first);
        return session;
      } catch (error) {
        throwIfAborted(this.#over.signal);
        const { retry, retryAfterMs } = this.#attempt.signal.aborted ? { retry: true } : judge(error, first);
        const waitMs = this.#backoff.next(retryAfterMs);
        if (!retry || failures >= retriesMax || passedMs() + waitMs > deadlineMs) throw error;
        await delay(waitMs, this.#over.signal);
      }
    }
  }

  async #pause(): Promise<void> {
    await delay(this.#backoff.next(), this.#over.signal);
  }
}

/** Whether to try again: a session that was open once is still wanted, so only a first opening accepts a refusal. */
function judge(error: unknown, first: boolean): { retry: boolean; retryAfterMs?: number | undefined } {
  if (error instanceof OfferRefused)
    return { retry: error.retry || !first, retryAfterMs: error.retryAfterMs };
  const { code } = toException(error);
  return { retry: code === 'NETWORK_ERROR' || code === 'ICE_FAILED' || !first };
}
