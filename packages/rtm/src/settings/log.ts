export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'none';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'none'];

export interface Log {
  debug(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
}

/** A log to the console of what is at or above `level`; without one, or with one that is none, warnings and errors. */
export function createLog(level: unknown): Log {
  const lowest = order.indexOf(order.find((each) => each === level) ?? 'warn');
  const writer =
    (own: Exclude<LogLevel, 'none'>) =>
    (message: string, ...details: unknown[]): void => {
      if (order.indexOf(own) >= lowest) console[own](`[housecount] ${message}`, ...details);
    };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}
