import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testClock } from '../../../testing/worlds/clock.ts';
import type { Clock } from '../../clock.ts';
import type { Opening } from '../../kept/tables/sqlite.ts';
import { conversationOf } from '../../log/record/conversation.ts';
import type { Erasure, LogEntry, LogRecord } from '../../log/record/record.ts';
import { createLogger } from '../../observe/logger.ts';
import { MessageTables } from './message-tables.ts';
import { openMessages } from './messages.ts';

const app = 'a'.repeat(32);
const dayMs = 24 * 60 * 60 * 1000;
const folders: string[] = [];
const newPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-messages-'));
  folders.push(folder);
  return join(folder, 'messages.db');
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const lobby = conversationOf({ app, channelType: 'MESSAGE', channel: 'lobby', publisher: '' });
const message = (atMs: number, over: object = {}): LogRecord => ({
  type: 'message',
  app,
  channelType: 'MESSAGE',
  channel: 'lobby',
  publisher: 'ann',
  content: { text: `at ${atMs}` },
  atMs,
  ...over,
});
const erasure = (erased: Erasure, atMs = 0): LogRecord => ({ type: 'messages-erased', app, erased, atMs });

/** Tables that are given records one after the other. */
function tables(path = newPath()) {
  const openings: Opening[] = [];
  const file = MessageTables.open(path, (opening) => openings.push(opening));
  let position = file.position;
  return {
    file,
    openings,
    path,
    take(...records: LogRecord[]) {
      const batch: LogEntry[] = records.map((record) => ({ position: ++position, record }));
      file.append(batch);
      return batch;
    },
    texts(conversation = lobby, query: { start?: number; end?: number; limit?: number } = {}) {
      const { start = 0, end = 0, limit = 100 } = query;
      return file.page({ conversation, start, end, limit }).map(({ atMs }) => atMs);
    },
  };
}

test('SIG83: newest first; start is the newer bound and exclusive, end the older and inclusive', () => {
  const { take, texts, file } = tables();
  take(...[10, 20, 30, 40, 50].map((atMs) => message(atMs)));
  const cases: [query: { start?: number; end?: number; limit?: number }, found: number[]][] = [
    [{}, [50, 40, 30, 20, 10]],
    [{ limit: 2 }, [50, 40]],
    [{ start: 40 }, [30, 20, 10]],
    [{ end: 30 }, [50, 40, 30]],
    [{ start: 50, end: 20 }, [40, 30, 20]],
    [{ start: 30, end: 30 }, []],
    [{ start: 10 }, []],
    [{ end: 51 }, []],
    [{ start: 45, end: 15, limit: 2 }, [40, 30]],
  ];
  for (const [query, found] of cases) expect([query, texts(lobby, query)]).toEqual([query, found]);
  file.close();
});

test('SIG83: what two users say to each other is one conversation, and nobody else is in it', () => {
  const { take, texts, file } = tables();
  const direct = (publisher: string, channel: string, atMs: number) =>
    message(atMs, { channelType: 'USER', channel, publisher });
  take(
    direct('ann', 'bob', 1),
    direct('bob', 'ann', 2),
    direct('ann', 'cid', 3),
    message(4, { channel: 'bob' }),
  );
  const between = (publisher: string, channel: string) =>
    texts(conversationOf({ app, channelType: 'USER', publisher, channel }));
  expect(between('ann', 'bob')).toEqual([2, 1]);
  expect(between('bob', 'ann')).toEqual([2, 1]);
  expect(between('bob', 'cid')).toEqual([]);
  file.close();
});

test('SIG84: erased are the messages that fit and were there before; later ones stay', () => {
  const fill = () => {
    const made = tables();
    made.take(
      message(1),
      message(2, { publisher: 'bob' }),
      message(3),
      message(4, { channel: 'hall' }),
      message(5, { channelType: 'USER', channel: 'ann', publisher: 'cid' }),
    );
    return made;
  };
  const direct = conversationOf({ app, channelType: 'USER', channel: 'ann', publisher: 'cid' });
  const hall = conversationOf({ app, channelType: 'MESSAGE', channel: 'hall', publisher: '' });
  const cases: [erased: Erasure, lobby: number[], hall: number[], direct: number[]][] = [
    [{ channel: 'lobby' }, [9], [4], [5]],
    [{ channel: 'lobby', publisher: 'ann' }, [9, 2], [4], [5]],
    [{ channel: 'lobby', timestamp: 2 }, [9, 3, 1], [4], [5]],
    [{ channel: 'lobby', timestamp: 7 }, [9, 3, 2, 1], [4], [5]],
    [{ userId: 'ann' }, [9, 2], [], []],
    [{ userId: 'cid' }, [9, 3, 2, 1], [4], []],
  ];
  for (const [erased, ...left] of cases) {
    const { take, texts, file } = fill();
    take(erasure(erased), message(9));
    expect([erased, texts(), texts(hall), texts(direct)]).toEqual([erased, ...left]);
    file.close();
  }
});

test('SIG84: many messages go a bounded part at a time, hidden from the first moment, also after a restart', () => {
  const { take, texts, file, path } = tables();
  take(...Array.from({ length: 2_500 }, (_, at) => message(at + 1)));
  take(erasure({ channel: 'lobby' }), message(9_000));
  expect(texts()).toEqual([9_000]);
  file.close();
  const again = tables(path);
  expect(again.texts()).toEqual([9_000]);
  expect(again.texts(lobby, { limit: 1 })).toEqual([9_000]);
  let parts = 1;
  while (again.file.erase()) parts++;
  expect(parts).toBe(2);
  expect(again.texts()).toEqual([9_000]);
  // Nothing is hidden any more: the same times can be there again.
  again.take(message(5));
  expect(again.texts()).toEqual([9_000, 5]);
  again.file.close();
});

test('SIG82: it goes on where it left off, and takes nothing over twice', () => {
  const { take, file, path } = tables();
  const batch = take(message(1), message(2));
  file.append(batch);
  file.close();
  const again = tables(path);
  expect(again.file.position).toBe(2);
  again.file.append(batch);
  expect(again.texts()).toEqual([2, 1]);
  again.file.close();
});

test('SIG82: where the log was put back to an earlier state, what came after goes, and the older messages stay', () => {
  const { take, texts, file } = tables();
  take(message(1), message(2), message(3));
  file.rewind(2);
  expect([file.position, texts()]).toEqual([2, [2, 1]]);
  file.close();
});

test('SIG82: a file that cannot be used is put aside, not thrown away', () => {
  const path = newPath();
  writeFileSync(path, 'no database at all, of no use');
  const { file, openings } = tables(path);
  expect(openings).toMatchObject([{ what: 'set-aside', path }]);
  const [opening] = openings;
  const aside = opening?.what === 'set-aside' ? opening.aside : '';
  expect(readFileSync(aside, 'utf8')).toBe('no database at all, of no use');
  file.close();
});

/** Messages over a log that never says anything new. */
function open(daysOf: ReadonlyMap<string, number>, records: readonly LogRecord[], nowMs: number) {
  const ending = new AbortController();
  const timers: (() => void)[] = [];
  const clock: Clock = {
    ...testClock(() => nowMs),
    after(_, run) {
      timers.push(run);
      return () => undefined;
    },
  };
  const path = newPath();
  const messages = openMessages({
    path,
    clock,
    daysOf,
    logger: createLogger({ level: 'error', format: 'json', sink: { write: () => true } }),
    signal: ending.signal,
    log: {
      lastPosition: records.length,
      async *follow(after, signal) {
        yield records.map((record, at) => ({ position: at + 1, record })).slice(after);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    },
  });
  return {
    path,
    messages,
    retain: () => timers[0]?.(),
    async end() {
      ending.abort();
      await messages.closed;
    },
  };
}
const never = new AbortController().signal;

test('SIG85: each app keeps its messages for its own days; what is past is not read, and then deleted', async () => {
  const other = 'b'.repeat(32);
  const nowMs = 100 * dayMs;
  const records = [98.5, 99.5].flatMap((day) => [
    message(day * dayMs),
    message(day * dayMs, { app: other, channel: 'lobby' }),
  ]);
  const opened = open(
    new Map([
      [app, 1],
      [other, 7],
    ]),
    records,
    nowMs,
  );
  const read = async (of: string) => {
    const conversation = conversationOf({ app: of, channelType: 'MESSAGE', channel: 'lobby', publisher: '' });
    const page = await opened.messages.read({ app: of, conversation, start: 0, end: 0, limit: 100 }, never);
    return page.messages.map(({ atMs }) => atMs / dayMs);
  };
  expect(await read(app)).toEqual([99.5]);
  expect(await read(other)).toEqual([99.5, 98.5]);
  opened.retain();
  await opened.end();
  const { file } = tables(opened.path);
  expect(file.page({ conversation: lobby, start: 0, end: 0, limit: 100 })).toHaveLength(1);
  file.close();
});

test('SIG83: a page says where the next one begins, and the last that it is the last', async () => {
  const opened = open(
    new Map([[app, 30]]),
    [1, 2, 3, 4, 5].map((at) => message(dayMs + at)),
    2 * dayMs,
  );
  const found: number[][] = [];
  let start = 0;
  do {
    const page = await opened.messages.read({ app, conversation: lobby, start, end: 0, limit: 2 }, never);
    found.push(page.messages.map(({ atMs }) => atMs - dayMs));
    start = page.next;
  } while (start !== 0 && found.length < 9);
  expect(found).toEqual([[5, 4], [3, 2], [1]]);
  const exact = await opened.messages.read({ app, conversation: lobby, start: 0, end: 0, limit: 5 }, never);
  expect(exact.next).toBe(0);
  await opened.end();
});
