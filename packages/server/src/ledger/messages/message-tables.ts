import type { SignalingContent } from '@housecount/protocol';
import {
  type Database,
  type Format,
  type Opening,
  openTables,
  type Row,
  type Statement,
} from '../../kept/tables/sqlite.ts';
import { conversationOf } from '../../log/record/conversation.ts';
import type { LogEntry, MessageRecord } from '../../log/record/record.ts';
import type { ReadTables } from '../log-reader.ts';
import { erasuresSchema, MessageErasures } from './message-erasures.ts';

/** A message as it was kept. */
export interface KeptMessage {
  readonly atMs: number;
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
}

export interface MessagesQuery {
  readonly conversation: string;
  /** Only messages earlier than this, epoch milliseconds; 0: all. */
  readonly start: number;
  /** Only messages not earlier than this, epoch milliseconds; 0: all. */
  readonly end: number;
  readonly limit: number;
}

const schema = `
  CREATE TABLE messages (
    position INTEGER PRIMARY KEY, app TEXT NOT NULL, conversation TEXT NOT NULL, at_ms INTEGER NOT NULL,
    publisher TEXT NOT NULL, receiver TEXT, json TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX messages_by_time ON messages (conversation, at_ms);
  CREATE INDEX messages_by_age ON messages (app, at_ms);
  CREATE INDEX messages_by_publisher ON messages (app, publisher);
  CREATE INDEX messages_by_receiver ON messages (app, receiver) WHERE receiver IS NOT NULL;
  CREATE TABLE cursor (position INTEGER NOT NULL) STRICT;
  INSERT INTO cursor VALUES (0);
  ${erasuresSchema}
`;
export const messageFormat: Format = { schema, migrations: [] };
/** Rows deleted at one go, so that retention never holds up a socket for long. */
const retainRowsMax = 1_000;

/** The file of the kept messages and the statements on it. */
export class MessageTables implements ReadTables {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #setCursor: Statement;
  readonly #page: Statement;
  readonly #erasures: MessageErasures;
  readonly #rewind: Statement;
  readonly #deleteOlder: Statement;
  readonly #deleteOldest: Statement;
  readonly #bytes: Statement;
  #position: number;
  broken = false;

  /** @throws as openTables does. */
  static open(path: string, onOpening: (opening: Opening) => void): MessageTables {
    return openTables(
      { ...messageFormat, path, isOnlyCopy: true, onOpening },
      (database) => new MessageTables(database),
    );
  }

  private constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      'INSERT INTO messages (position, app, conversation, at_ms, publisher, receiver, json) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#setCursor = database.prepare('UPDATE cursor SET position = ?');
    this.#page = database.prepare(
      'SELECT position, at_ms, publisher, receiver, json FROM messages WHERE conversation = ? AND at_ms < ? AND at_ms >= ? ORDER BY at_ms DESC LIMIT ?',
    );
    this.#rewind = database.prepare('DELETE FROM messages WHERE position > ?');
    this.#deleteOlder = database.prepare(
      `DELETE FROM messages WHERE position IN (
         SELECT position FROM messages WHERE app = ? AND at_ms < ? ORDER BY at_ms LIMIT ${retainRowsMax})`,
    );
    this.#deleteOldest = database.prepare(
      `DELETE FROM messages WHERE position IN (SELECT position FROM messages ORDER BY position LIMIT ${retainRowsMax})`,
    );
    this.#bytes = database.prepare(
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
    );
    this.#erasures = new MessageErasures(database);
    this.#position = Number(database.prepare('SELECT position FROM cursor').get()?.position ?? 0);
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes of the file that are in use. */
  get bytes(): number {
    return Number(this.#bytes.get()?.bytes ?? 0);
  }

  append(batch: readonly LogEntry[]): void {
    const fresh = batch.filter(({ position }) => position > this.#position);
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    this.broken = true;
    this.#database.transaction(() => {
      for (const { position, record } of fresh) {
        if (record.type === 'message') this.#keep(position, record);
        else if (record.type === 'messages-erased') this.#erasures.add(position, record.app, record.erased);
      }
      this.#setCursor.run(newest.position);
    });
    this.broken = false;
    this.#position = newest.position;
  }

  /** Newest first. */
  page({ conversation, start, end, limit }: MessagesQuery): readonly KeptMessage[] {
    const found: KeptMessage[] = [];
    let before = start === 0 ? Number.MAX_SAFE_INTEGER : start;
    for (;;) {
      const rows = this.#page.all(conversation, before, end, limit);
      for (const row of rows) if (!this.#isErased(conversation, row)) found.push(toMessage(row));
      if (found.length >= limit || rows.length < limit) return found.slice(0, limit);
      before = Number(rows.at(-1)?.at_ms);
    }
  }

  /** Deletes a bounded part of what was to be deleted, and is not yet; true if there may be more. */
  erase(): boolean {
    let isMore = false;
    this.#database.transaction(() => {
      isMore = this.#erasures.work();
    });
    return isMore;
  }

  /** Deletes a bounded number of an app's messages from before a time; true if there may be more. */
  deleteOlder(app: string, beforeMs: number): boolean {
    return this.#deleteOlder.run(app, beforeMs) === retainRowsMax;
  }

  /** Deletes a bounded number of the oldest of all. */
  deleteOldest(): void {
    this.#deleteOldest.run();
  }

  skipTo(position: number): void {
    this.#setCursor.run(position);
    this.#position = position;
  }

  rewind(lastPosition: number): void {
    this.#database.transaction(() => {
      this.#rewind.run(lastPosition);
      this.#setCursor.run(lastPosition);
    });
    this.#position = lastPosition;
  }

  close(): void {
    this.#database.close();
  }

  #isErased(conversation: string, { position, at_ms, publisher, receiver }: Row): boolean {
    return this.#erasures.covers({
      position: Number(position),
      conversation,
      atMs: Number(at_ms),
      publisher: String(publisher),
      receiver: receiver === null ? null : String(receiver),
    });
  }

  #keep(position: number, record: MessageRecord): void {
    const { app, channelType, channel, publisher, atMs, content, customType } = record;
    const receiver = channelType === 'USER' ? channel : null;
    const json = JSON.stringify({ content, ...(customType !== undefined && { customType }) });
    this.#insert.run(position, app, conversationOf(record), atMs, publisher, receiver, json);
  }
}

/** The JSON is what #keep wrote. */
function toMessage({ at_ms, publisher, json }: Row): KeptMessage {
  return {
    atMs: Number(at_ms),
    publisher: String(publisher),
    ...(JSON.parse(String(json)) as Pick<KeptMessage, 'content' | 'customType'>),
  };
}
