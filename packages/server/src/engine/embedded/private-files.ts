import { closeSync, openSync } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folder holds secrets: whoever may read it can resume as anybody and sign notices. */
export const folderMode = 0o700;
export const fileMode = 0o600;
/** The permission bits that let a group or others in. */
const othersBits = 0o077;

/** The names of files that a server makes in its data folder; only these are changed: a folder that was named by mistake keeps the rights of everything else in it. */
const ownNames =
  /^(log|snapshots|notify|self-signed|repaired-.*|alive|manifest|resume-secret|lock\.db.*|(history|messages|deliveries|idempotency)\.db.*)$/;

/**
 * Takes the rights of group and others from the data folder and from what a server makes in it. Gives how many had some, and
 * the paths of which the system refused it.
 */
export async function makePrivate(
  top: string,
): Promise<{ readonly changed: number; readonly refused: readonly string[] }> {
  let changed = 0;
  const refused: string[] = [];
  const take = async (path: string): Promise<void> => {
    const found = await lstat(path).catch(() => undefined);
    // A link may lead anywhere, and what it leads to is not ours to change. A file may be gone by now.
    if (!found?.isDirectory() && !found?.isFile()) return;
    if ((found.mode & othersBits) !== 0) {
      try {
        await chmod(path, found.isDirectory() ? folderMode : fileMode);
        changed += 1;
      } catch {
        refused.push(path);
      }
    }
    if (found.isDirectory() && path !== top)
      for (const name of await readdir(path)) await take(join(path, name));
  };
  await take(top);
  for (const name of await readdir(top)) if (ownNames.test(name)) await take(join(top, name));
  return { changed, refused };
}

/** Makes an empty private file if there is none, whatever the umask: SQLite gives the files beside it the same rights. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', fileMode));
}
