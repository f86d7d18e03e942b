import type { Clock, Random } from '../clock.ts';
import type { LogStore } from '../engine/contract.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { AppLogLimitsOf, LogLimits } from './log-limits.ts';

export interface LogOptions {
  readonly store: LogStore;
  /** The partition of the store that it is. */
  readonly partition: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Time that members may stay away after a restart without an event, milliseconds. */
  readonly recoveryMs: number;
  /** Time for which records are kept once a snapshot and every reader are past them, milliseconds. */
  readonly retentionMs: number;
  /** The most bytes that are kept of the same records. */
  readonly retentionBytes: number;
  /** Days for which it is remembered who had which uid; `limits.accountDays` if left out. */
  readonly accountDays?: number;
  /** Default: those of limits.ts. */
  readonly limits?: LogLimits;
  /** The limits of each app. Default: those of limits.ts. */
  readonly limitsOf?: AppLogLimitsOf;
  /** A snapshot is written, and what need not be kept is deleted, after so many records; `snapshotEveryRecords` if left out. */
  readonly snapshotEvery?: number;
  /** The log can no longer be written by this process. */
  readonly onFenced: (cause: Error) => void;
}
