import type { Logger } from './contract.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  /** Read at each line: it may change. */
  readonly level: Level;
  /** `auto` is pretty if the sink is a terminal, JSON otherwise. */
  readonly format: 'auto' | 'json' | 'pretty';
  readonly sink?: Sink;
  readonly nowMs?: () => number;
}

/** The sink that lines are written to: the part of stderr that the logger needs. */
export interface Sink {
  write(line: string): unknown;
  readonly isTTY?: boolean;
  /** Bytes written but not yet taken by the other side. */
  readonly writableLength?: number;
}

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];
/** A longer text is cut: one stack or one hostile name must not fill the disk. */
const textLengthMax = 4_096;
/** Fields of one line, and depth of one field; more is left out. */
const fieldsMax = 32;
const depthMax = 4;
/** Bytes waiting for a reader of stderr that does not read; then lines are dropped and counted. Chosen, not measured. */
const backlogBytesMax = 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** A logger that writes one line per message and never throws. Levels below `level` are not written. */
export function createLogger(options: LoggerOptions): Logger {
  const sink: Sink = options.sink ?? process.stderr;
  const nowMs = options.nowMs ?? Date.now;
  const pretty = options.format === 'pretty' || (options.format === 'auto' && sink.isTTY === true);
  let dropped = 0;

  function write(level: Level, message: string, bound: Fields, more: Fields): void {
    if (levels.indexOf(level) < levels.indexOf(options.level)) return;
    try {
      if ((sink.writableLength ?? 0) > backlogBytesMax) {
        dropped += 1;
        return;
      }
      const fields = { ...bound, ...more, ...(dropped > 0 && { droppedLines: dropped }) };
      const at = new Date(nowMs()).toISOString();
      sink.write(pretty ? prettyLine(at, level, message, fields) : jsonLine(at, level, message, fields));
      dropped = 0;
    } catch {
      // A log line is never worth a failure of what it speaks of.
      dropped += 1;
    }
  }

  const make = (bound: Fields): Logger => {
    const at =
      (level: Level) =>
      (message: string, fields: Fields = {}) =>
        write(level, message, bound, fields);
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}

function jsonLine(at: string, level: Level, message: string, fields: Fields): string {
  return `${JSON.stringify({ at, level, message: cut(message), ...plainFields(fields) })}\n`;
}

const colours: Record<Level, string> = { debug: '2', info: '36', warn: '33', error: '31' };

function prettyLine(at: string, level: Level, message: string, fields: Fields): string {
  const parts = Object.entries(plainFields(fields)).map(([key, value]) =>
    typeof value === 'string' && /^[\w.:/@-]+$/.test(value)
      ? `${key}=${value}`
      : `${key}=${JSON.stringify(value)}`,
  );
  const tail = parts.length > 0 ? ` \u001b[2m${parts.join(' ')}\u001b[0m` : '';
  // A control character in a name must not move the operator's cursor.
  const safe = cut(message).replace(/\p{Cc}/gu, ' ');
  return `\u001b[2m${at.slice(11, 23)}\u001b[0m \u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m ${safe}${tail}\n`;
}

function plainFields(fields: Fields): Record<string, unknown> {
  const plainOnes: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields).slice(0, fieldsMax))
    if (value !== undefined) plainOnes[key] = plain(value, 0);
  return plainOnes;
}

/** Reduces a value to what JSON can hold: errors with their causes, big integers as text, nothing cyclic or deep. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return String(value).slice(0, 80);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '…';
  if (value instanceof Error)
    return {
      name: value.name,
      message: cut(value.message),
      ...('code' in value && { code: plain(value.code, depth + 1) }),
      ...(value.stack !== undefined && { stack: cut(value.stack) }),
      ...(value.cause !== undefined && { cause: plain(value.cause, depth + 1) }),
    };
  if (Array.isArray(value)) return value.slice(0, fieldsMax).map((item) => plain(item, depth + 1));
  const entries = Object.entries(value).slice(0, fieldsMax);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, depth + 1)]));
}

const cut = (text: string) => (text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text);
