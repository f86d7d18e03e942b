import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/contract.ts';
import { pause } from '../pause.ts';
import type { Tls } from './tls.ts';

/** Interval of the checks of the files, milliseconds. Two stats: nothing to a server, and a renewed certificate need not wait long. Chosen. */
export const tlsLookMs = 3_000;
/** Interval of the checks of a certificate of our own, milliseconds: it is made anew long before it ends. */
const selfSignedLookMs = 3_600_000;

export interface TlsWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Paths of the files in use; undefined: the certificate is made here. Asked at each look. */
  readonly files: () => { readonly cert: string; readonly key: string } | undefined;
  /** Reads key and certificate. @throws an error that says why they cannot be used */
  readonly load: () => Promise<Tls>;
  /** Begins to listen with them. @throws what the runtime says of them */
  readonly use: (tls: Tls) => void;
  readonly present: Tls;
}

/**
 * Takes up a renewed certificate by itself. The pair is read when either file is another than before, or was not good when last
 * read: while one half of a renewal is written the two do not fit, and the pair in use stays.
 */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  readonly #stopping = new AbortController();
  #present: Tls;
  /** Fingerprint of the files as they were when they were last read whole. */
  #seen: string | undefined;
  #trouble: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#present = options.present;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** A reload has read this pair: it is in use if this does not throw. True if it is another one. */
  take(tls: Tls): boolean {
    if (isDeepStrictEqual(tls, this.#present)) return false;
    this.#options.use(tls);
    this.#present = tls;
    return true;
  }

  /** Looks at the files once, and takes up what is new. Never rejects. */
  async look(): Promise<void> {
    const { logger, files, load } = this.#options;
    const paths = files();
    const seen = paths && (await signatureOf([paths.cert, paths.key]));
    if (seen !== undefined && seen === this.#seen && this.#trouble === undefined) return;
    try {
      const tls = await load();
      if (this.#stopping.signal.aborted) return;
      if (this.take(tls)) logger.info('the certificate has changed on the disk, and is in use');
      else if (this.#trouble !== undefined) logger.info('the certificate on the disk is the one in use');
      this.#trouble = undefined;
      this.#seen = seen;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      // Each reason is logged once: the files are checked again every few seconds.
      if (why !== this.#trouble)
        logger.warn('the certificate on the disk cannot be used; the one before stays in use', { why });
      this.#trouble = why;
    }
  }

  async #run(): Promise<void> {
    const { clock, files } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(clock, files() ? tlsLookMs : selfSignedLookMs, signal);
      if (!signal.aborted) await this.look();
    }
  }
}

/** Changes whenever a file does; symbolic links, as certbot has them, are followed. */
async function signatureOf(paths: readonly string[]): Promise<string> {
  const signatures = paths.map(async (path) => {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return 'missing';
    }
  });
  return (await Promise.all(signatures)).join(', ');
}
