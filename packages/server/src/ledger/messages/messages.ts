import type { Clock } from '../../clock.ts';
import { tellOpening } from '../../kept/tables/tell-opening.ts';
import { limits as defaults } from '../../limits.ts';
import type { Logger } from '../../observe/contract.ts';
import { LogReader, type ReadLog } from '../log-reader.ts';
import { type KeptMessage, type MessagesQuery, MessageTables } from './message-tables.ts';

export interface MessagesOptions {
  /** Path of the SQLite file; folders are made. */
  readonly path: string;
  readonly log: ReadLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Days for which each app's messages are kept; messages of other apps, and of those with 0, are not kept. */
  readonly daysOf: Iterable<readonly [string, number]> & Pick<ReadonlyMap<string, number>, 'get'>;
  readonly signal: AbortSignal;
  /** Default: those of limits.ts. */
  readonly limits?: MessageLimits;
}

export interface MessageLimits {
  /** Size on disk, bytes; beyond it the oldest are deleted. */
  readonly messageBytesMax: number;
  /** Time that a request waits for the file to catch up, milliseconds, and the number of requests that may. */
  readonly messageWaitMs: number;
  readonly messageWaitersMax: number;
}

/** Messages that are kept, newest first. */
export interface MessagesPage {
  readonly messages: readonly KeptMessage[];
  /** Ask again with this as `start`; 0: there are no earlier ones. */
  readonly next: number;
}

/** The messages that users had kept. A read model of the log, which forgets sooner: of older messages it is the only copy. */
export interface Messages extends Pick<LogReader, 'trouble' | 'closed' | 'caughtUp'> {
  /**
   * A page of a conversation, with everything that was kept before the call.
   * @throws HousecountError overloaded, if the file is too far behind the log.
   */
  read(query: MessagesQuery & { readonly app: string }, signal: AbortSignal): Promise<MessagesPage>;
}

/** Opens the file and starts to follow the log from where it left off. */
export function openMessages(options: MessagesOptions): Messages {
  const { logger, clock, daysOf, limits = defaults } = options;
  const tables = MessageTables.open(
    options.path,
    tellOpening(logger, 'Kept messages that the log no longer has are in the other, and not shown.'),
  );
  const reader = new LogReader({
    ...options,
    name: 'the file of kept messages',
    tables,
    retain: (nowMs) => retain(tables, daysOf, { nowMs, bytesMax: limits.messageBytesMax }),
    waitMsMax: limits.messageWaitMs,
    waitersMax: limits.messageWaitersMax,
  });
  return {
    async read({ app, limit, ...query }, signal) {
      await reader.caughtUp(signal);
      const oldestMs = clock.nowMs() - (daysOf.get(app) ?? 0) * dayMs;
      // A message that is past its time is gone, whether it is deleted already or not.
      const end = Math.max(query.end, oldestMs, 0);
      const found = tables.page({ ...query, end, limit: limit + 1 });
      const messages = found.slice(0, limit);
      const oldest = messages.at(-1);
      return { messages, next: found.length > limit && oldest ? oldest.atMs : 0 };
    },
    caughtUp: (signal) => reader.caughtUp(signal),
    get trouble() {
      return reader.trouble;
    },
    closed: reader.closed,
  };
}

function retain(
  tables: MessageTables,
  daysOf: MessagesOptions['daysOf'],
  { nowMs, bytesMax }: { readonly nowMs: number; readonly bytesMax: number },
): boolean {
  let isMore = tables.erase();
  for (const [app, days] of daysOf) isMore = tables.deleteOlder(app, nowMs - days * dayMs) || isMore;
  if (tables.bytes <= bytesMax) return isMore;
  tables.deleteOldest();
  return true;
}

const dayMs = 24 * 60 * 60 * 1000;
