import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a program of the system; Debian has those of servers in folders that are not in everybody's PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The program, which must be there in CI; undefined elsewhere, where tests that need it say that they are skipped. */
export function wantProgram(name: string, debianPackage: string): string | undefined {
  const found = findProgram(name);
  if (found === undefined && process.env.CI)
    throw new Error(`${name} (Debian: ${debianPackage}) is not installed.`);
  return found;
}
