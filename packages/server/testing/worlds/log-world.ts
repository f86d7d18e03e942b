import { limits } from '../../src/limits.ts';
import type { AppLogLimits } from '../../src/log/log-limits.ts';
import { LogState } from '../../src/log/state/state.ts';

/** An empty state of the log for tests, which remembers accounts for 90 days, with a key of its own for their uids, and limits that are other than the defaults. */
export function emptyState(key = 'KEY OF A TEST', over: Partial<AppLogLimits> = {}): LogState {
  const all = { ...limits, ...over };
  return new LogState({ accountKeepMs: 90 * 86_400_000, newAccountKey: () => key, limitsOf: () => all });
}
