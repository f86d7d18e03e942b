/** Emits the signals that a process gets from outside. Service managers send SIGTERM to the whole group, so that it comes twice: once here, once over the launcher. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Two signals within this long are one wish, milliseconds of a clock that only runs: a group is signalled in one go. */
const oneWishMs = 1_000;
/** The exit status as a shell numbers it: 128 and SIGINT. */
const interruptedStatus = 130;

/**
 * Aborts at the first SIGINT or SIGTERM. What is being ended in order is cut short only by whoever presses Ctrl-C again, a second
 * later or more; who wants it gone otherwise has SIGKILL, as every service manager does after its timeout.
 */
export function endSignal(
  source: SignalSource = process,
  exit: (status: number) => void = process.exit,
  steadyMs: () => number = () => performance.now(),
): AbortSignal {
  const ending = new AbortController();
  let firstMs = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    if (!ending.signal.aborted) {
      firstMs = steadyMs();
      ending.abort(signal);
    } else if (signal === 'SIGINT' && steadyMs() - firstMs >= oneWishMs) exit(interruptedStatus);
  };
  source.on('SIGINT', onSignal);
  source.on('SIGTERM', onSignal);
  return ending.signal;
}
