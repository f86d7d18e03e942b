import { createReadStream } from 'node:fs';

/**
 * Ends this process when the launcher (bin/housecount.mjs) does, however that one ended: a server nobody can see or
 * stop any more is worse than none. Without a launcher nothing happens. The pipe is read as a file: Bun 1.4 does not
 * tell the end of a Socket made from a descriptor.
 */
export function followLauncher(): void {
  const descriptor = process.env.HOUSECOUNT_LAUNCHER;
  // The variable is not meant for the processes that this one starts, nor is it a key of the configuration.
  delete process.env.HOUSECOUNT_LAUNCHER;
  if (descriptor === undefined || !/^\d+$/.test(descriptor)) return;
  const end = () => process.kill(process.pid, 'SIGKILL');
  createReadStream('', { fd: Number(descriptor) })
    .on('error', end)
    .on('close', end)
    .resume();
}
