/** Aborts at the first SIGINT or SIGTERM; the second ends the process where it stands, as a shell expects. */
export function endSignal(): AbortSignal {
  const ending = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (ending.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    ending.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return ending.signal;
}
