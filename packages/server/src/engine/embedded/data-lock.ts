import { Database } from 'bun:sqlite';
import { HousecountError } from '@housecount/protocol';
import { makePrivateFile } from './private-files.ts';

/**
 * Takes `folder` for this process; returns what gives it back. Throws `data_in_use` if another process, or another
 * opener in this one, has it. It is a lock of the kernel on `lock.db` (SQLite's exclusive one: neither Bun nor Node
 * offers flock), so it dies with the process however that dies; the file itself means nothing.
 */
export function lockDataFolder(folder: string): () => void {
  let database: Database | undefined;
  try {
    makePrivateFile(`${folder}/lock.db`);
    database = new Database(`${folder}/lock.db`, { create: true, readwrite: true });
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (!isBusy(cause)) throw cause;
    const remedy = `It is ${folder}: end that server, or give this one a folder of its own (dataDir, or --data-dir).`;
    throw new HousecountError('data_in_use', remedy, { cause });
  }
  const held = database;
  return () => held.close();
}

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && String(cause.code).startsWith('SQLITE_BUSY');
