import { createHash } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { KeptTerm, Revision } from '../../kept/contract.ts';
import { type TermBounds, type TermFormat, TermTable } from '../../kept/tables/term-table.ts';
import type { Logger } from '../../observe/contract.ts';

export type IdempotencyBounds = TermBounds;

export interface IdempotencyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: IdempotencyBounds;
}

/** What is kept of a request with a key: a digest of what it asks, and its answer once there is one. */
export interface KeptRequest {
  readonly content: string;
  readonly answer?: KeptAnswer | undefined;
}

/** The answer as it went out. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

/** A request as its key, and as what it asks. */
export interface KeyedRequest {
  /** Customer, method, path and the key of the caller's: equal for the same request asked again. */
  readonly place: string;
  /** Query and body. */
  readonly content: string;
  /** While the first is being done: wait for its answer, rather than be refused. */
  readonly waits: boolean;
}

interface Flight {
  readonly content: string;
  readonly answer: Promise<KeptAnswer>;
}

/**
 * The answers to requests with a key of the caller's: the same request again is given that answer, and not done again, over
 * restarts too. A key is written down before its request is done, so that a request whose outcome nobody knows is never
 * done twice.
 */
export class Idempotency {
  readonly #kept: KeptTerm<KeptRequest>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #flights = new Map<string, Flight>();

  /** @throws as openTables does. */
  static open(path: string, options: IdempotencyOptions): Idempotency {
    const lost = 'Requests that are repeated with their keys are done once more.';
    return new Idempotency(TermTable.open(path, idempotencyFormat, { ...options, lost }), options);
  }

  constructor(kept: KeptTerm<KeptRequest>, { clock, logger }: Pick<IdempotencyOptions, 'clock' | 'logger'>) {
    this.#kept = kept;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Does `run`, or gives the answer of the request with this key. What is refused, or `run` says came to nothing, may be
   * tried again under its key.
   * @throws HousecountError idempotency_key_used if the key was used for another request; idempotency_in_flight;
   * idempotency_unknown if the server ended, or failed, before it knew what became of it; log_unavailable if the key cannot
   * be written down; and what `run` throws.
   */
  async once(
    request: KeyedRequest,
    run: () => Promise<KeptAnswer & { readonly isDone: boolean }>,
    signal: AbortSignal,
  ): Promise<KeptAnswer & { readonly isReplay: boolean }> {
    const place = digest(request.place);
    const content = digest(request.content);
    const flight = this.#flights.get(place);
    if (flight) {
      if (flight.content !== content) throw new HousecountError('idempotency_key_used');
      if (!request.waits) throw new HousecountError('idempotency_in_flight');
      return { ...(await flight.answer), isReplay: true };
    }
    const nowMs = Math.floor(this.#clock.nowMs());
    const { value: known, revision } = await this.#kept.get(place, nowMs);
    // The same may have begun while it was looked for.
    if (this.#flights.has(place)) return this.once(request, run, signal);
    if (known) {
      if (known.content !== content) throw new HousecountError('idempotency_key_used');
      if (!known.answer) throw new HousecountError('idempotency_unknown');
      return { ...known.answer, isReplay: true };
    }
    const answer = this.#do({ place, content, nowMs, revision }, run, signal);
    this.#flights.set(place, { content, answer });
    // Whoever waits for it hears of a failure; if nobody does, the caller below does.
    answer.catch(() => {});
    try {
      return { ...(await answer), isReplay: false };
    } finally {
      this.#flights.delete(place);
    }
  }

  close(): void {
    this.#kept.close();
  }

  async #do(
    key: NewKey,
    run: () => Promise<KeptAnswer & { readonly isDone: boolean }>,
    signal: AbortSignal,
  ): Promise<KeptAnswer> {
    const begun = await this.#begin(key);
    let answer: KeptAnswer & { readonly isDone: boolean };
    try {
      answer = await run();
    } catch (error) {
      // A refusal changed nothing, and what breaks off because nobody waits any more does so before it changes anything.
      const isRefusal = error instanceof HousecountError && error.code !== 'internal';
      if (isRefusal || (signal.aborted && error === signal.reason)) await this.#end(key, begun, undefined);
      throw error;
    }
    const { status, body, isDone } = answer;
    const { content } = key;
    await this.#end(key, begun, isDone ? { content, answer: { status, body } } : undefined);
    return { status, body };
  }

  /** Writes the key down. Whoever else was faster with it, at another server, is doing the request. */
  async #begin({ place, content, nowMs, revision }: NewKey): Promise<Revision> {
    let begun: Revision | undefined;
    try {
      begun = await this.#kept.compareAndSet(place, { expected: revision, next: { content }, nowMs });
    } catch (cause) {
      throw new HousecountError('log_unavailable', 'The key cannot be kept.', { cause });
    }
    if (begun === undefined) throw new HousecountError('idempotency_in_flight');
    return begun;
  }

  /** Writes, if it can: a request that was done is answered all the same, and its key then stays as one of which nothing is known. */
  async #end({ place, nowMs }: NewKey, begun: Revision, next: KeptRequest | undefined): Promise<void> {
    try {
      await this.#kept.compareAndSet(place, { expected: begun, next, nowMs });
    } catch (cause) {
      this.#logger.warn('what became of a request with a key could not be written down', {
        cause: cause instanceof Error ? cause.message : String(cause),
      });
    }
  }
}

/** A key that is not known yet, and what it was looked up as. */
interface NewKey {
  readonly place: string;
  readonly content: string;
  readonly nowMs: number;
  readonly revision: Revision;
}

/** `status` and `body` are null while it is done, and for ever if the server ends before it is. */
const schema = `
  CREATE TABLE answers (
    place TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    begunMs INTEGER NOT NULL,
    status INTEGER,
    body TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answersByTime ON answers (begunMs);
`;
export const idempotencyFormat: TermFormat<KeptRequest> = {
  schema,
  migrations: [],
  table: 'answers',
  columns: { key: 'place', begunMs: 'begunMs', values: ['content', 'status', 'body'] },
  bytesOf: 'body',
  toRow: ({ content, answer }) => [content, answer?.status ?? null, answer?.body ?? null],
  fromRow: ({ content, status, body }) => ({
    content: String(content),
    ...(status !== null && { answer: { status: Number(status), body: String(body) } }),
  }),
};

const digest = (text: string) => createHash('sha256').update(text).digest('base64');
