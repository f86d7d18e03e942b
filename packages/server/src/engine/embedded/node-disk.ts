import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from '../../observe/contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { lockDataFolder } from './data-lock.ts';
import { fileMode, folderMode, makePrivate } from './private-files.ts';

/** Names that end so are unfinished replaces; what a crash left of them is removed at the next start. */
const draftSuffix = '.tmp';

export interface NodeDisk extends Disk {
  /** Gives the folder back. Files that are still open stay usable until they are closed. */
  close(): void;
}

/**
 * The folder `root` (made if missing) as a disk, taken for this process alone. Only its owner may read what is in it, also
 * what is there already. Throws `data_in_use`.
 */
export async function openNodeDisk(root: string, logger?: Logger): Promise<NodeDisk> {
  const top = resolve(root);
  await makeFolder(top);
  const unlock = lockDataFolder(top);
  try {
    const { changed, refused } = await makePrivate(top);
    if (changed > 0)
      logger?.info('Others could read the data folder, which holds secrets; now only its owner can.', {
        folder: top,
        changed,
      });
    if (refused.length > 0)
      logger?.warn(
        'OTHERS CAN READ FILES THAT HOLD SECRETS, and the system does not let this process change that.',
        {
          folder: top,
          files: refused,
          remedy: `chmod -R go= ${top}`,
        },
      );
    await removeDrafts(top);
  } catch (error) {
    unlock();
    throw error;
  }
  return diskOf(top, unlock);
}

/** Opens an existing folder as openNodeDisk does, but changes nothing in it. Throws `data_in_use`. */
export function openNodeDiskUntouched(root: string): NodeDisk {
  const top = resolve(root);
  return diskOf(top, lockDataFolder(top));
}

function diskOf(top: string, unlock: () => void): NodeDisk {
  const at = (path: string): string => join(top, path);
  return {
    async list(folder) {
      try {
        return await readdir(at(folder));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    async open(path) {
      try {
        return nodeFile(await open(at(path), 'r+'));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await makeFolder(dirname(at(path)));
      return nodeFile(await open(at(path), 'w+', fileMode));
    },
    async read(path) {
      try {
        return await readFile(at(path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async replace(path, bytes) {
      const target = at(path);
      const draft = target + draftSuffix;
      await makeFolder(dirname(target));
      const handle = await open(draft, 'w', fileMode);
      try {
        let offset = 0;
        for (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
          await writeAll(handle, offset, chunk);
          offset += chunk.length;
        }
        await handle.datasync();
      } catch (error) {
        await handle.close();
        // A draft that cannot be removed either is overwritten by the next replace of the same path.
        await unlink(draft).catch(() => undefined);
        throw error;
      }
      await handle.close();
      await rename(draft, target);
      await syncFolder(dirname(target));
    },
    async remove(path) {
      try {
        await unlink(at(path));
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      await syncFolder(dirname(at(path)));
    },
    close: unlock,
  };
}

function nodeFile(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    write: (offset, bytes) => writeAll(handle, offset, bytes),
    truncate: (length) => handle.truncate(length),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, offset + written);
    if (bytesWritten === 0) throw new Error('the disk took no bytes');
    written += bytesWritten;
  }
}

/** Makes a folder and those above it, each name durable. */
async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: folderMode });
  if (firstMade === undefined) return;
  for (let made = folder; made.length >= firstMade.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

async function removeDrafts(top: string): Promise<void> {
  for (const path of await readdir(top, { recursive: true })) {
    if (path.endsWith(draftSuffix)) await unlink(join(top, path));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
