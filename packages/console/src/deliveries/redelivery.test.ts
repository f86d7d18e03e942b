import { expect, test } from 'bun:test';
import type { Redelivery } from '@housecount/client';
import { wordsOfRedelivery } from './redelivery.ts';

const redelivery = (about: Partial<Redelivery>): Redelivery => ({
  id: 'r',
  app: 'a',
  endpoint: 'main',
  state: 'done',
  notices: 12,
  delivered: 0,
  failed: 0,
  gone: 0,
  startedMs: 0,
  ...about,
});

test('DEMO14: says how a redelivery stands, and accounts for every notice of it', () => {
  for (const [about, words] of [
    [{ state: 'waiting' }, 'Waits for its turn: 12 notices'],
    [{ state: 'running', delivered: 3, failed: 1 }, 'Being sent again: 4 of 12 notices'],
    [{ delivered: 12 }, 'Done: all 12 notices taken'],
    [{ notices: 1, delivered: 1 }, 'Done: 1 of 1 notice taken'],
    [{ delivered: 9, failed: 2, gone: 1 }, 'Done: 9 of 12 notices taken, 2 failed, 1 no longer kept'],
    [{ notices: 0 }, 'Nothing had to be sent'],
    [{ state: 'cancelled', delivered: 5 }, 'Cancelled: 5 of 12 notices taken, 7 not sent'],
    [{ state: 'failed', failed: 10 }, 'Ended early: 0 of 12 notices taken, 10 failed, 2 not sent'],
  ] satisfies [Partial<Redelivery>, string][])
    expect(wordsOfRedelivery(redelivery(about))).toBe(words);
});
