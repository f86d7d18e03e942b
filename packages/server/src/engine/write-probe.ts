import type { Disk } from './disk.ts';

const path = 'write-probe';
/** More than an append of the log needs at the usual pace, bytes. */
const probeBytes = 64 * 1024;

/** Tells whether a file of 64 KiB can be written and synced now; it is removed again. Never rejects. */
export async function canWrite(disk: Pick<Disk, 'replace' | 'remove'>): Promise<boolean> {
  try {
    await disk.replace(path, new Uint8Array(probeBytes));
    await disk.remove(path);
    return true;
  } catch {
    // Why is known already: it is what the log says about its own failure.
    return false;
  }
}
