/** Levels as in agora-rtc-sdk-ng: what is below the level set is not written. */
export const logLevels = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3, NONE: 4 } as const;

let level: number = logLevels.WARNING;

/** Sets the lowest level written to the console: 0 debug … 4 nothing. */
export function setLogLevel(next: number): void {
  level = next;
}

const writer =
  (own: number, method: 'debug' | 'info' | 'warn' | 'error') =>
  (message: string, ...details: unknown[]): void => {
    if (own >= level) console[method](`[housecount] ${message}`, ...details);
  };

export const log = {
  debug: writer(logLevels.DEBUG, 'debug'),
  info: writer(logLevels.INFO, 'info'),
  warn: writer(logLevels.WARNING, 'warn'),
  error: writer(logLevels.ERROR, 'error'),
};
