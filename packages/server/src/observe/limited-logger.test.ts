import { expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { limits } from '../limits.ts';
import { LimitedLogger } from './limited-logger.ts';
import { createLogger } from './logger.ts';

function begin(own?: ConstructorParameters<typeof LimitedLogger>[2]) {
  const lines: Record<string, unknown>[] = [];
  const clock = new SimClock(1);
  const logger = createLogger({
    level: 'info',
    format: 'json',
    sink: { write: (line) => lines.push(JSON.parse(line)) },
  });
  return { lines, clock, limited: new LimitedLogger(logger, clock.process(), own) };
}

test('OPS84: one address cannot hide the others, and how many lines were left out is told when the minute ends', async () => {
  const { lines, clock, limited } = begin();
  for (let n = 0; n < 1_000; n++) limited.info('refused', { address: `2001:db8::${n.toString(16)}` });
  limited.info('refused', { address: '192.0.2.9' });
  limited.info('another');
  expect(lines.map(({ message }) => message)).toEqual([
    ...Array.from({ length: limits.limitedLinesPerAddressMax + 1 }, () => 'refused'),
    'another',
  ]);
  await clock.advance(limits.limitedLinesMs);
  expect(lines.at(-1)).toMatchObject({ of: 'refused', leftOut: 1_000 - limits.limitedLinesPerAddressMax });
  limited.info('refused', { address: '2001:db8::1' });
  expect(lines.at(-1)).toMatchObject({ message: 'refused' });
});

test('OPS84: a flood from everywhere is a line a second; what was left out is told at the stop, too', () => {
  const { lines, limited } = begin();
  for (let n = 0; n < 5_000; n++) limited.warn('refused', { address: `10.0.${n >> 8}.${n & 255}` });
  expect(lines).toHaveLength(limits.limitedLinesMax);
  limited.with({ part: 'edge' }).warn('refused', { address: '192.0.2.1' });
  expect(lines).toHaveLength(limits.limitedLinesMax);
  limited.stop();
  expect(lines.at(-1)).toMatchObject({ of: 'refused', leftOut: 5_001 - limits.limitedLinesMax });
  limited.stop();
  expect(lines).toHaveLength(limits.limitedLinesMax + 1);
});

test('LIMIT7: lines are written as limitedLinesMax, limitedLinesPerAddressMax and limitedLinesMs say', async () => {
  const { lines, clock, limited } = begin({
    limitedLinesMax: 3,
    limitedLinesPerAddressMax: 2,
    limitedLinesMs: 100,
  });
  const refuse = (address: string, count: number) => {
    for (let n = 0; n < count; n++) limited.info('refused', { address });
    return lines.length;
  };
  expect([refuse('192.0.2.1', 3), refuse('192.0.2.2', 3)]).toEqual([2, 3]);
  await clock.advance(99);
  expect(lines).toHaveLength(3);
  await clock.advance(1);
  expect(lines.at(-1)).toMatchObject({ of: 'refused', leftOut: 3 });
});
