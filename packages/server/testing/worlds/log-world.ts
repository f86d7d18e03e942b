import { LogState } from '../../src/log/state/state.ts';

/** An empty state of the log for tests, which remembers accounts for 90 days, with a key of its own for their uids. */
export const emptyState = (key = 'KEY OF A TEST'): LogState =>
  new LogState({ accountKeepMs: 90 * 86_400_000, newAccountKey: () => key });
