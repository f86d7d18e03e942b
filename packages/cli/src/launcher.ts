import { Socket } from 'node:net';

/**
 * Ends this process when the launcher (bin/housecount.mjs) does, however that one ended: a server nobody can see or
 * stop any more is worse than none. Without a launcher nothing happens.
 */
export function followLauncher(): void {
  const descriptor = process.env.HOUSECOUNT_LAUNCHER;
  // It is not for those whom this process starts, nor a key of the configuration.
  delete process.env.HOUSECOUNT_LAUNCHER;
  if (descriptor === undefined || !/^\d+$/.test(descriptor)) return;
  const pipe = new Socket({ fd: Number(descriptor) });
  pipe.on('error', () => process.kill(process.pid, 'SIGKILL'));
  pipe.on('close', () => process.kill(process.pid, 'SIGKILL'));
  pipe.resume();
  pipe.unref();
}
