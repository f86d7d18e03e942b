import { expect, test } from 'bun:test';
import { type Crossing, crossingLinks } from '../../../testing/models/crossing-links.ts';
import { explore } from '../../../testing/models/search.ts';

const bounds = { moves: 2, tries: 3, restarts: 1 };
const explored = (crossing: Crossing) => explore(crossingLinks(crossing));

test('CHAN29: in whatever order words cross, no client that is there is out, and none that is gone is in for ever', () => {
  const { states, violation } = explored(bounds);
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(1_000);
}, 60_000);

test('CHAN29: without attachment numbers a late word of a socket before puts a client out', () => {
  const { violation } = explored({ ...bounds, withoutAttachments: true });
  expect(violation?.what).toContain('was welcomed');
  expect(violation?.steps).toContain('the log takes silent of A');
}, 60_000);

test('CHAN29: without attempt numbers a late try that was given up puts a client out', () => {
  const { violation } = explored({ ...bounds, withoutAttempts: true });
  expect(violation?.what).toContain('was welcomed');
}, 60_000);
