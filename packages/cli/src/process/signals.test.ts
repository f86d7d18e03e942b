import { expect, test } from 'bun:test';
import { EventEmitter } from 'node:events';
import { endSignal } from './signals.ts';

function begin() {
  const source = new EventEmitter();
  const statuses: number[] = [];
  let nowMs = 50;
  const ending = endSignal(
    source,
    (status) => statuses.push(status),
    () => nowMs,
  );
  return {
    ending,
    statuses,
    send: (signal: string, afterMs = 0) => {
      nowMs += afterMs;
      source.emit(signal, signal);
    },
  };
}

test('OPS80: SIGTERM ends in order, however often it comes', () => {
  const { ending, statuses, send } = begin();
  send('SIGTERM');
  expect(ending.aborted).toBe(true);
  send('SIGTERM', 3);
  send('SIGTERM', 5_000);
  expect(statuses).toEqual([]);
});

test('OPS80: the same Ctrl-C told twice is one; the next, a second later, ends at once', () => {
  const { ending, statuses, send } = begin();
  send('SIGINT');
  send('SIGINT', 999);
  expect({ aborted: ending.aborted, statuses }).toEqual({ aborted: true, statuses: [] });
  send('SIGINT', 1);
  expect(statuses).toEqual([130]);
});
