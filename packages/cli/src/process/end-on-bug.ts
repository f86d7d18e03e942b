import { writeSync } from 'node:fs';

/** The exit status after a bug, which a supervisor tells from 0, 1 (could not start) and 2 (called wrongly). EX_SOFTWARE of sysexits.h. */
export const bugStatus = 70;

/**
 * Ends the process at an exception that nobody caught. While the main module still awaits, as it does as long as the
 * server runs, the runtime would print it and go on, with a timer or a follower silently dead. The log is made for being
 * killed: after a restart members resume, and no event is made.
 */
export function endOnBug(): void {
  const end = (cause: unknown) => {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const message = 'An exception that nobody caught: this is a bug. The server ends; start it again.';
    const line = { at: new Date().toISOString(), level: 'error', message, cause: text };
    // Written at once, past the logger's queue: nothing runs after this.
    try {
      writeSync(2, `${JSON.stringify(line)}\n`);
    } catch {
      // Nobody reads the stream; the status says it, too.
    }
    process.exit(bugStatus);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
