import { expect, test } from 'bun:test';
import { type Crossing, crossingLinks } from '../../../testing/models/crossing-links.ts';
import { explore } from '../../../testing/models/search.ts';

const bounds = { moves: 2, tries: 3, restarts: 1, deaths: 0 };
const dying = { moves: 1, tries: 3, restarts: 0, deaths: 1 };
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

test('CHAN29: in whatever order the words of a node that dies, and starts again, cross, no client that is there is out, and none that is gone is in for ever', () => {
  const { states, violation } = explored({ ...bounds, deaths: 1 });
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(50_000);
}, 300_000);

test('CHAN29: if the loss of a node names nobody, a client at another node is put out', () => {
  const { violation } = explored({ ...dying, lossNamesNobody: true });
  expect(violation?.what).toContain('was welcomed');
}, 60_000);

test('CHAN29: if an incarnation that is lost may speak, whom it attaches late is a member for ever', () => {
  const { violation } = explored({ ...dying, lostMaySpeak: true });
  expect(violation?.what).toContain('for ever');
  expect(violation?.steps.at(-1)).toBe('the log takes resume of A');
}, 60_000);
