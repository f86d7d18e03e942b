/**
 * Output that nobody reads any more, as when a log collector restarts, is lost and nothing else: without this the failed
 * write would count as an exception that nobody caught. There is nowhere left to tell it.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
