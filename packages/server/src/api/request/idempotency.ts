import { createHash } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { type Database, type Format, openTables } from '../../kept/tables/sqlite.ts';
import { tellOpening } from '../../kept/tables/tell-opening.ts';
import type { Logger } from '../../observe/contract.ts';

export interface IdempotencyBounds {
  /** Time for which an answer is kept, milliseconds. */
  readonly keptMs: number;
  /** The number of keys that are kept; beyond it the oldest are forgotten. */
  readonly keysMax: number;
  /** Bytes of the answers together; the same happens. */
  readonly bytesMax: number;
}

export interface IdempotencyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: IdempotencyBounds;
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
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #bounds: IdempotencyBounds;
  readonly #flights = new Map<string, Flight>();
  readonly #find;
  readonly #begin;
  readonly #finish;
  readonly #forgetOne;
  readonly #forgetBefore;
  readonly #forgetOldest;
  readonly #measure;

  /** @throws as openTables does. */
  static open(path: string, options: IdempotencyOptions): Idempotency {
    const onOpening = tellOpening(
      options.logger,
      'Requests that are repeated with their keys are done once more.',
    );
    return openTables(
      { ...idempotencyFormat, path, isOnlyCopy: true, onOpening },
      (database) => new Idempotency(database, options),
    );
  }

  private constructor(database: Database, { clock, logger, bounds }: IdempotencyOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
    this.#bounds = bounds;
    this.#find = database.prepare(
      'SELECT content, status, body FROM answers WHERE place = ? AND begunMs >= ?',
    );
    this.#begin = database.prepare('INSERT INTO answers (place, content, begunMs) VALUES (?, ?, ?)');
    this.#finish = database.prepare('UPDATE answers SET status = ?, body = ? WHERE place = ?');
    this.#forgetOne = database.prepare('DELETE FROM answers WHERE place = ?');
    this.#forgetBefore = database.prepare('DELETE FROM answers WHERE begunMs < ?');
    this.#forgetOldest = database.prepare(
      'DELETE FROM answers WHERE place IN (SELECT place FROM answers ORDER BY begunMs LIMIT ?)',
    );
    this.#measure = database.prepare(
      'SELECT count(*) AS keys, coalesce(sum(length(CAST(body AS BLOB))), 0) AS bytes FROM answers',
    );
    this.#count();
  }

  /** Rows and bytes of answers in the file. */
  #size = { keys: 0, bytes: 0 };

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
    // What is older is forgotten only when room is made, which may be long after it is too old.
    const known = this.#find.get(place, nowMs - this.#bounds.keptMs);
    if (known) {
      if (known.content !== content) throw new HousecountError('idempotency_key_used');
      if (known.status === null) throw new HousecountError('idempotency_unknown');
      return { status: Number(known.status), body: String(known.body), isReplay: true };
    }
    this.#writeDown(place, content, nowMs);
    const answer = this.#do(place, run, signal);
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
    this.#database.close();
  }

  async #do(
    place: string,
    run: () => Promise<KeptAnswer & { readonly isDone: boolean }>,
    signal: AbortSignal,
  ): Promise<KeptAnswer> {
    let answer: KeptAnswer & { readonly isDone: boolean };
    try {
      answer = await run();
    } catch (error) {
      // A refusal changed nothing, and what breaks off because nobody waits any more does so before it changes anything.
      const isRefusal = error instanceof HousecountError && error.code !== 'internal';
      if (isRefusal || (signal.aborted && error === signal.reason)) this.#write(() => this.#drop(place));
      throw error;
    }
    const { status, body, isDone } = answer;
    this.#write(() => {
      if (!isDone) return this.#drop(place);
      this.#finish.run(status, body, place);
      this.#size.bytes += Buffer.byteLength(body);
    });
    return { status, body };
  }

  #writeDown(place: string, content: string, nowMs: number): void {
    try {
      this.#makeRoom(nowMs);
      this.#begin.run(place, content, nowMs);
      this.#size.keys += 1;
    } catch (cause) {
      throw new HousecountError('log_unavailable', 'The key cannot be kept.', { cause });
    }
  }

  #makeRoom(nowMs: number): void {
    const { keptMs, keysMax, bytesMax } = this.#bounds;
    const isFull = this.#size.keys >= keysMax || this.#size.bytes > bytesMax;
    if (this.#forgetBefore.run(nowMs - keptMs) === 0 && !isFull) return;
    this.#count();
    while (this.#size.keys >= keysMax || this.#size.bytes > bytesMax) {
      // A hundredth at a time, so that a full file is not measured at each request.
      this.#forgetOldest.run(Math.ceil(keysMax / 100));
      this.#count();
    }
  }

  #count(): void {
    const found = this.#measure.get();
    this.#size = { keys: Number(found?.keys ?? 0), bytes: Number(found?.bytes ?? 0) };
  }

  #drop(place: string): void {
    this.#size.keys -= this.#forgetOne.run(place);
  }

  /** Writes, if it can: a request that was done is answered all the same, and its key then stays as one of which nothing is known. */
  #write(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#logger.warn('what became of a request with a key could not be written down', {
        cause: cause instanceof Error ? cause.message : String(cause),
      });
    }
  }
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
export const idempotencyFormat: Format = { schema, migrations: [] };

const digest = (text: string) => createHash('sha256').update(text).digest('base64');
