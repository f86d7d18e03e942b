import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Histogram, Logger, Metrics } from './contract.ts';

/** Interval at which the process looks at itself, milliseconds. */
const lookMs = 500;
/** Seconds: from what timers are off by to what ends memberships. */
const standstillBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A look that comes later than this is told, milliseconds: clients feel it. Chosen. */
const stallMs = 1_000;
/** Not ready above this share of the open files that the system allows: the last ones are for the log. */
const openFilesShareMax = 0.95;
/** Below this limit of open files the operator is warned at the start, because each connection takes one. */
const filesWanted = 4_096;

/** Figures of the system about this process; undefined where it does not tell. */
export interface ProcessFigures {
  openFiles(): number | undefined;
  openFilesMax(): number | undefined;
}

export interface ProcessWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly figures?: ProcessFigures;
}

/** Shows memory, open files and standstills of the process in the metrics, and tells the operator of the bad ones. */
export class ProcessWatch {
  readonly #options: ProcessWatchOptions;
  readonly #figures: ProcessFigures;
  readonly #standstills: Histogram;
  #cancel: (() => void) | undefined;

  constructor(options: ProcessWatchOptions) {
    this.#options = options;
    const { metrics, logger, figures = linuxFigures } = options;
    this.#figures = figures;
    metrics.gauge('process_resident_memory_bytes', 'Memory of the server process, without media.', () =>
      process.memoryUsage.rss(),
    );
    metrics.gauge('process_open_fds', 'Open files and sockets.', () => figures.openFiles() ?? Number.NaN);
    metrics.gauge('process_max_fds', 'Open files and sockets that the system allows.', () => {
      return figures.openFilesMax() ?? Number.NaN;
    });
    this.#standstills = metrics.histogram(
      'housecount_standstill_seconds',
      'How late the process came to look at itself, twice a second: for so long it did nothing for anybody.',
      standstillBuckets,
    );
    const allowed = figures.openFilesMax();
    if (allowed !== undefined && allowed < filesWanted)
      logger.warn('the system allows few open files; each connection is one (ulimit -n)', { allowed });
  }

  start(): void {
    const { clock, logger } = this.#options;
    const dueMs = clock.steadyMs() + lookMs;
    this.#cancel = clock.after(lookMs, () => {
      const lateMs = Math.max(0, clock.steadyMs() - dueMs);
      this.#standstills.observe(lateMs / 1_000);
      if (lateMs >= stallMs) logger.warn('the process stood still', { lateMs });
      this.start();
    });
  }

  /** Why nobody else should be sent here; undefined if there is room. */
  get trouble(): string | undefined {
    const open = this.#figures.openFiles();
    const allowed = this.#figures.openFilesMax();
    if (open === undefined || allowed === undefined || open < allowed * openFilesShareMax) return undefined;
    return `${open} of ${allowed} files are open.`;
  }

  stop(): void {
    this.#cancel?.();
  }
}

const linuxFigures: ProcessFigures = {
  openFiles: () => orUndefined(() => readdirSync('/proc/self/fd').length),
  openFilesMax: () =>
    orUndefined(() => {
      const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
      return found === undefined ? undefined : Number(found);
    }),
};

/** There is no /proc on other systems, and none to be had when no file can be opened any more. */
function orUndefined(read: () => number | undefined): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
