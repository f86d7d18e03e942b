import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Logger, Metrics } from './contract.ts';

/** How often the process looks at itself, milliseconds. */
const lookMs = 500;
/** A look that comes later than this is told, milliseconds: clients feel it. Chosen. */
const stallMs = 1_000;
/** Not ready above this share of the open files that the system allows: the last ones are for the log. */
const openFilesShareMax = 0.95;
/** With fewer files allowed than this, the operator is told at the start: each connection is one. */
const filesWanted = 4_096;

/** What the system says about this process; undefined where it does not tell. */
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
  #longestMs = 0;
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
    metrics.gauge(
      'housecount_standstill_ms',
      'Longest time that the process did nothing for anybody, since this was last read, milliseconds.',
      () => {
        const longestMs = this.#longestMs;
        this.#longestMs = 0;
        return longestMs;
      },
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
      this.#longestMs = Math.max(this.#longestMs, lateMs);
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
