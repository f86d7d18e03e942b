import { describe, expect, test } from 'bun:test';
import { type AskedRules, askedOnce } from '../../../testing/models/asked-once.ts';
import { explore } from '../../../testing/models/search.ts';
import { taken } from './asked.ts';
import { afterBatch, ownedByNobody } from './ownership.ts';

const bounds = { commands: 1, repeats: 1, claims: 2, crashes: 0, resends: 0 };
// A hang ends it; a slow machine does not.
const hangMs = 300_000;

describe('LOG36: a command is recorded once at most', () => {
  const none = (more: Partial<typeof bounds>): void => {
    const { states, violation } = explore(askedOnce({ ...bounds, ...more }));
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(20_000);
  };
  test('where a node crashes', () => none({ crashes: 1 }), hangMs);
  test('where appends are sent again', () => none({ resends: 1 }), hangMs);
  test('and after the one before it, where there are two', () => none({ commands: 2 }), hangMs);
});

describe('LOG36: a command is recorded twice', () => {
  const twice = (rules: Partial<AskedRules>): void => {
    const { violation } = explore(askedOnce(bounds, rules));
    expect(violation?.what).toBe('a command is recorded twice: 1');
  };

  test('if it is sent to an owner whose claim is not folded', () => {
    twice({
      believed: (_, { batches }) =>
        batches.reduce((before, batch) => afterBatch(before, batch) ?? before, ownedByNobody),
    });
  });

  test('if an owner forgets what it has taken in its epoch', () => {
    twice({ taken: (before, asked, epoch) => taken(before, asked, epoch) && before });
  });

  test('if an owner takes what was sent to that of an earlier epoch', () => {
    twice({ taken: (before, asked) => taken(before, asked, before.epoch) });
  });
});
