import { expect, test } from 'bun:test';
import type { LogStore } from '../engine/contract.ts';
import { createLogger } from '../observe/logger.ts';
import { recoverState } from './recover.ts';

const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });

test('DATA9: a log whose beginning no whole snapshot reaches is refused, with the place of the snapshots', async () => {
  const store = {
    recovery: () => ({ lastPosition: 9, cutBytes: 0, lastAliveMs: 0 }),
    end: async () => ({ position: 9, chain: '' }),
    first: async () => 5,
    readSnapshot: async () => undefined,
    read: async () => {
      throw new Error('not asked');
    },
  } as unknown as LogStore;
  const options = { store, partition: 'main', logger, accountKeepMs: 1, newAccountKey: () => '' };
  const failure = await recoverState(options).catch((error) => error);
  expect(failure.code).toBe('log_corrupt');
  expect(failure.message).toContain('snapshots/main');
  expect(failure.message).toContain('begins at record 5');
});
