import { expect, test } from 'bun:test';
import { createLogger, type LoggerOptions, type Sink } from './logger.ts';

function collect(options: Partial<LoggerOptions> = {}, sink: Partial<Sink> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    nowMs: () => 1_700_000_000_000,
    sink: { write: (line) => lines.push(line), ...sink },
    ...options,
  });
  return { lines, logger, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

test('OPS4: a line is one JSON object with time, level, message and fields', () => {
  const { logger, lines, last } = collect();
  logger.with({ part: 'edge' }).info('A socket opened.', { n: 1, none: undefined });
  expect(lines[0]?.endsWith('}\n')).toBe(true);
  expect(last()).toEqual({
    at: '2023-11-14T22:13:20.000Z',
    level: 'info',
    message: 'A socket opened.',
    part: 'edge',
    n: 1,
  });
});

test('OPS4: levels below the chosen one are not written', () => {
  const { logger, lines } = collect({ level: 'warn' });
  logger.debug('a');
  logger.info('b');
  logger.warn('c');
  logger.error('d');
  expect(lines).toHaveLength(2);
});

test('OPS4: of a line that is not written no field is looked at, and one that throws costs its line alone', () => {
  const { logger, lines } = collect({ level: 'info' });
  let reads = 0;
  const fields = {
    get field(): string {
      reads += 1;
      throw new Error('no');
    },
  };
  logger.with({ part: 'edge' }).debug('a', fields);
  expect(reads).toBe(0);
  expect(() => logger.info('b', fields)).not.toThrow();
  expect([reads, lines]).toEqual([1, []]);
});

test('OPS4: what JSON cannot hold is still one line: cycles, bigints, errors with causes, thrown getters', () => {
  const { logger, lines, last } = collect();
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  logger.error('x', { cyclic, big: 2n ** 64n, error: new Error('outer', { cause: new TypeError('inner') }) });
  expect(lines).toHaveLength(1);
  expect(last()).toMatchObject({
    big: '18446744073709551616',
    error: { name: 'Error', message: 'outer', cause: { name: 'TypeError', message: 'inner' } },
  });
  const hostile = {
    get field(): string {
      throw new Error('no');
    },
  };
  expect(() => logger.info('y', { hostile })).not.toThrow();
});

test('OPS4: a long text is cut', () => {
  const { logger, lines } = collect();
  logger.info('m'.repeat(1_000_000), { text: 't'.repeat(1_000_000) });
  expect(lines[0]?.length).toBeLessThan(10_000);
});

test('OPS4: a sink that throws, or that nobody reads, stops neither the caller nor the memory; drops are counted', () => {
  const broken = collect(
    {},
    {
      write: () => {
        throw new Error('EPIPE');
      },
    },
  );
  expect(() => broken.logger.info('x')).not.toThrow();

  const sink: { writableLength?: number } = { writableLength: 10 * 1024 * 1024 };
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'json',
    sink: {
      write: (line) => lines.push(line),
      get writableLength() {
        return sink.writableLength ?? 0;
      },
    },
  });
  logger.info('one');
  logger.info('two');
  expect(lines).toEqual([]);
  sink.writableLength = 0;
  logger.info('three');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ message: 'three', droppedLines: 2 });
});

test('OPS4: on a terminal lines are for people, and no control character of a name gets through', () => {
  const { logger, lines } = collect({ format: 'auto' }, { isTTY: true });
  logger.warn('line\nbreak', { channel: 'a\u001b[2Jb' });
  expect(lines[0]).toContain('line break');
  expect(lines[0]).not.toContain('\u001b[2J');
});
