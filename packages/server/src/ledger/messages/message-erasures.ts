import type { Database, Row, Statement } from '../../kept/tables/sqlite.ts';
import { conversationOf } from '../../log/record/conversation.ts';
import type { Erasure } from '../../log/record/record.ts';

/** The messages that have to go: all that fit, and were kept before `position`. */
interface Pending {
  readonly position: number;
  readonly app: string;
  /** Absent: wherever `userId` sent or got something. */
  readonly conversation?: string;
  readonly publisher?: string;
  readonly atMs?: number;
  readonly userId?: string;
}

export const erasuresSchema = `
  CREATE TABLE erasures (position INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
`;
/** Rows deleted at one go, so that no socket is held up for long. */
export const erasedRowsMax = 1_000;

/** A message, as far as it matters for whether it has to go. */
export interface Erasable {
  readonly position: number;
  readonly conversation: string;
  readonly atMs: number;
  readonly publisher: string;
  readonly receiver: string | null;
}

/** Deletions that were asked for: hidden from reading at once, deleted a bounded part at a time, also after a restart. */
export class MessageErasures {
  readonly #insert: Statement;
  readonly #done: Statement;
  readonly #byTime: Statement;
  readonly #ofPublisher: Statement;
  readonly #ofConversation: Statement;
  readonly #ofUser: Statement;
  readonly #pending: Pending[];

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO erasures (position, json) VALUES (?, ?)');
    this.#done = database.prepare('DELETE FROM erasures WHERE position = ?');
    const deleting = (where: string): Statement =>
      database.prepare(
        `DELETE FROM messages WHERE position IN (
           SELECT position FROM messages WHERE ${where} LIMIT ${erasedRowsMax})`,
      );
    this.#byTime = deleting('conversation = ?2 AND at_ms = ?3 AND +position < ?1');
    this.#ofPublisher = deleting('conversation = ?2 AND +publisher = ?3 AND +position < ?1');
    this.#ofConversation = deleting('conversation = ?2 AND +position < ?1');
    this.#ofUser = deleting('(app = ?2 AND publisher = ?3 OR app = ?2 AND receiver = ?3) AND +position < ?1');
    this.#pending = database
      .prepare('SELECT json FROM erasures ORDER BY position')
      .all()
      // The JSON is what #add wrote.
      .map(({ json }: Row) => JSON.parse(String(json)) as Pending);
  }

  /** Adds an erasure. Called in the transaction that takes the record over. Messages that cannot be deleted at one go are left for `work`. */
  add(position: number, app: string, erased: Erasure): void {
    const pending: Pending =
      'userId' in erased
        ? { position, app, userId: erased.userId }
        : {
            position,
            app,
            conversation: conversationOf({ ...erased, app, channelType: 'MESSAGE', publisher: '' }),
            ...(erased.publisher !== undefined && { publisher: erased.publisher }),
            ...(erased.timestamp !== undefined && { atMs: erased.timestamp }),
          };
    if (this.#delete(pending) < erasedRowsMax) return;
    this.#insert.run(position, JSON.stringify(pending));
    this.#pending.push(pending);
  }

  /** Deletes a bounded part of what is left; true if there may be more. */
  work(): boolean {
    const [pending] = this.#pending;
    if (pending && this.#delete(pending) < erasedRowsMax) {
      this.#done.run(pending.position);
      this.#pending.shift();
    }
    return this.#pending.length > 0;
  }

  /** True when the message has to go, and is only not deleted yet. */
  covers(message: Erasable): boolean {
    return this.#pending.some(
      ({ position, conversation, publisher, atMs, userId }) =>
        message.position < position &&
        (conversation === undefined || conversation === message.conversation) &&
        (publisher === undefined || publisher === message.publisher) &&
        (atMs === undefined || atMs === message.atMs) &&
        (userId === undefined || userId === message.publisher || userId === message.receiver),
    );
  }

  #delete({ position, app, conversation, publisher, atMs, userId }: Pending): number {
    if (conversation === undefined) return this.#ofUser.run(position, app, userId ?? '');
    if (atMs !== undefined) return this.#byTime.run(position, conversation, atMs);
    if (publisher !== undefined) return this.#ofPublisher.run(position, conversation, publisher);
    return this.#ofConversation.run(position, conversation);
  }
}
