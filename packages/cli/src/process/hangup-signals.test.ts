import { expect, test } from 'bun:test';
import { EventEmitter } from 'node:events';
import { hangupSignals } from './hangup-signals.ts';

function begin(open: Set<number>) {
  const source = new EventEmitter();
  const told: string[] = [];
  const signals = hangupSignals(source, (descriptor) => open.has(descriptor));
  const follow = () => signals.follow({ reload: () => told.push('reload'), end: () => told.push('end') });
  return { told, follow, send: () => source.emit('SIGHUP') };
}

test('RELOAD1: SIGHUP reads the configuration again, also one that came during the start', () => {
  const { told, follow, send } = begin(new Set());
  send();
  send();
  expect(told).toEqual([]);
  follow();
  expect(told).toEqual(['reload']);
  send();
  expect(told).toEqual(['reload', 'reload']);
});

test('RELOAD1: in a terminal it does so too, and ends the server when that terminal is closed', () => {
  const open = new Set([0, 2]);
  const { told, follow, send } = begin(open);
  follow();
  send();
  open.clear();
  send();
  expect(told).toEqual(['reload', 'end']);
});
