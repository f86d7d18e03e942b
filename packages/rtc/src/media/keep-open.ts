import { passedMs } from '../clock.ts';
import { Backoff } from '../connection/backoff.ts';
import { toException } from '../errors.ts';
import { log } from '../log.ts';
import { delay, throwIfAborted } from '../timing.ts';
import { MediaSession, type MediaSessionOptions } from './media-session.ts';
import { OfferRefused } from './whip-client.ts';

/** Time for a first opening over all its attempts, milliseconds; a session that was open once is tried for as long as it is wanted. */
const openMsMax = 12_000;

export interface KeepOpenOptions extends Omit<MediaSessionOptions, 'onLost'> {
  /** A lost session is being replaced. */
  readonly onReconnecting: () => void;
  /** Called after each opening; `first` is false for a replacement. */
  readonly onOpen: (session: MediaSession, first: boolean) => void;
}

/** Keeps one media session open for as long as it is wanted: a lost one is replaced, with growing waits. */
export class KeepOpen {
  #session: MediaSession | undefined;
  readonly #over = new AbortController();
  #opening: Promise<MediaSession> | undefined;

  constructor(private readonly options: KeepOpenOptions) {}

  get session(): MediaSession | undefined {
    return this.#session;
  }

  /** Opens the session. Rejects with the exception apps expect after `openMsMax`, or at once if the server says never. */
  async open(): Promise<MediaSession> {
    this.#opening ??= this.#openUntil(passedMs() + openMsMax, true);
    try {
      return await this.#opening;
    } catch (error) {
      this.close();
      throw error instanceof OfferRefused ? toException(error.toError()) : toException(error);
    } finally {
      this.#opening = undefined;
    }
  }

  /** Replaces the session by a new one: the server says its media engine has started again, or the membership is another. */
  replace(): void {
    if (this.#over.signal.aborted || this.#opening) return;
    const closed = this.#session?.close();
    this.#session = undefined;
    this.options.onReconnecting();
    this.#opening = Promise.resolve(closed).then(() => this.#openUntil(Number.POSITIVE_INFINITY, false));
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
    const backoff = new Backoff();
    for (;;) {
      try {
        const session = await MediaSession.open(
          { ...this.options, onLost: () => this.replace() },
          this.#over.signal,
        );
        this.#session = session;
        this.options.onOpen(session, first);
        return session;
      } catch (error) {
        throwIfAborted(this.#over.signal);
        const { retry, retryAfterMs } = judge(error, first);
        const waitMs = backoff.next(retryAfterMs);
        if (!retry || passedMs() + waitMs > deadlineMs) throw error;
        await delay(waitMs, this.#over.signal);
      }
    }
  }
}

/** What was open once is wanted still, so only a first opening takes no for an answer. */
function judge(error: unknown, first: boolean): { retry: boolean; retryAfterMs?: number | undefined } {
  if (error instanceof OfferRefused)
    return { retry: error.retry || !first, retryAfterMs: error.retryAfterMs };
  return { retry: toException(error).code === 'NETWORK_ERROR' || !first };
}
