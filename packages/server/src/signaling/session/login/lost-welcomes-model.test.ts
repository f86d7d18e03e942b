import { expect, test } from 'bun:test';
import { type LostWelcomes, lostWelcomes } from '../../../../testing/models/lost-welcomes.ts';
import { explore } from '../../../../testing/models/search.ts';

const bounds = { tries: 4, devices: 2, kicks: 1, lapses: 1 };
const explored = (more: Partial<LostWelcomes> = {}) => explore(lostWelcomes({ ...bounds, ...more }));

test('SIG195, SIG196, SIG197: in whatever order welcomes are lost and logins come, a client is let in, or told how its session ended', () => {
  const { states, violation } = explored();
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(10_000);
}, 60_000);

test('SIG195: if the record of a join does not say instead of which session it is, a client that lost a welcome is told that it was replaced', () => {
  const { violation } = explored({ joinsNameOne: true });
  expect(violation?.what).toBe('the client is told replaced, and nobody ended what it had');
}, 60_000);

test('SIG196: without attempt numbers an older login takes the place of the newer one, whose client is told so', () => {
  const { violation } = explored({ withoutAttempts: true });
  expect(violation?.what).toBe('the client is told replaced, and nobody ended what it had');
}, 60_000);

test('SIG197: if a leave names the session alone that ended, a client that has not heard of it is let in', () => {
  const { violation } = explored({ leavesNameOne: true });
  expect(violation?.what).toContain('the client is let in, though its session was');
}, 60_000);
