import { limits } from '../../src/limits.ts';
import type { AppLogLimits } from '../../src/log/log-limits.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { LogState } from '../../src/log/state/state.ts';
import { quietLogger, quietMetrics } from './notify-world.ts';

/** Options of a log of which a test sees only what it records: nobody is told or counts anything, all records are kept, and a second writer is a failure. */
export const quiet = {
  logger: quietLogger(() => undefined),
  metrics: quietMetrics,
  retentionMs: Number.MAX_SAFE_INTEGER,
  retentionBytes: Number.MAX_SAFE_INTEGER,
  onFenced: (cause) => {
    throw cause;
  },
} satisfies Partial<LogOptions>;

/** An empty state of the log for tests, which remembers accounts for 90 days, with a key of its own for their uids, and limits that are other than the defaults. */
export function emptyState(key = 'KEY OF A TEST', over: Partial<AppLogLimits> = {}): LogState {
  const all = { ...limits, ...over };
  return new LogState({ accountKeepMs: 90 * 86_400_000, newAccountKey: () => key, limitsOf: () => all });
}
