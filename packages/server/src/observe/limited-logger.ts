import type { Clock } from '../clock.ts';
import { limits as defaults, type LimitsOf } from '../limits.ts';
import { holderOf } from '../net/address/ip-address.ts';
import type { Logger } from './contract.ts';

export type LimitedLines = LimitsOf<'limitedLinesMax' | 'limitedLinesMs' | 'limitedLinesPerAddressMax'>;

type Fields = Readonly<Record<string, unknown>>;

/** Lines of one message within a window. */
interface Window {
  readonly cancel: () => void;
  lines: number;
  readonly byHolder: Map<string, number>;
  leftOut: number;
}

/**
 * A logger for what strangers can cause as often as they like: of each message `limitedLinesMax` a minute, and of one address
 * (`fields.address`; IPv6 by /64) `limitedLinesPerAddressMax`, so that one cannot hide the others. How many were left out is told
 * when the minute ends. Messages are the program's own, and few.
 */
export class LimitedLogger implements Logger {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #limits: LimitedLines;
  readonly #windows = new Map<string, Window>();

  constructor(logger: Logger, clock: Clock, limits: LimitedLines = defaults) {
    this.#logger = logger;
    this.#limits = limits;
    this.#clock = clock;
  }

  debug(message: string, fields: Fields = {}): void {
    this.#logger.debug(message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    if (this.#admits(message, fields)) this.#logger.info(message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    if (this.#admits(message, fields)) this.#logger.warn(message, fields);
  }

  error(message: string, fields: Fields = {}): void {
    if (this.#admits(message, fields)) this.#logger.error(message, fields);
  }

  with(fields: Fields): Logger {
    // The same limits: whoever has a logger for each connection has no more lines for it.
    return {
      debug: (message, more) => this.debug(message, { ...fields, ...more }),
      info: (message, more) => this.info(message, { ...fields, ...more }),
      warn: (message, more) => this.warn(message, { ...fields, ...more }),
      error: (message, more) => this.error(message, { ...fields, ...more }),
      with: (more) => this.with({ ...fields, ...more }),
    };
  }

  /** Tells what was left out so far. */
  stop(): void {
    for (const message of [...this.#windows.keys()]) this.#end(message);
  }

  #admits(message: string, { address }: Fields): boolean {
    const window = this.#windows.get(message) ?? this.#begin(message);
    const holder = typeof address === 'string' ? holderOf(address) : '';
    const ofHolder = window.byHolder.get(holder) ?? 0;
    const isTooMuch =
      window.lines >= this.#limits.limitedLinesMax ||
      (holder !== '' && ofHolder >= this.#limits.limitedLinesPerAddressMax);
    if (isTooMuch) {
      window.leftOut += 1;
      return false;
    }
    window.lines += 1;
    window.byHolder.set(holder, ofHolder + 1);
    return true;
  }

  #begin(message: string): Window {
    const cancel = this.#clock.after(this.#limits.limitedLinesMs, () => this.#end(message));
    const window: Window = { cancel, lines: 0, byHolder: new Map(), leftOut: 0 };
    this.#windows.set(message, window);
    return window;
  }

  #end(message: string): void {
    const window = this.#windows.get(message);
    this.#windows.delete(message);
    window?.cancel();
    if (window && window.leftOut > 0)
      this.#logger.warn('lines of the log were left out, because there were too many of a kind', {
        of: message,
        leftOut: window.leftOut,
      });
  }
}
