/**
 * The disk as the embedded engine and the notice cursors need it: small enough that the simulation can lose or tear
 * whatever was not synced. Real one: node-disk.ts.
 */
export interface Disk {
  /** Names in the folder; empty if it does not exist. Folders are made on first write. */
  list(folder: string): Promise<readonly string[]>;
  /** Opens a file, made empty if there is none; its name is then durable only once `replace` has written it. */
  open(path: string): Promise<DiskFile>;
  /** Whole file, or undefined if there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Atomic: afterwards the path holds all of `bytes` or what it held before, durably (write, sync, rename, sync folder). */
  replace(path: string, bytes: Uint8Array | Iterable<Uint8Array>): Promise<void>;
  /** Durable when it resolves; nothing happens if there is no such file. */
  remove(path: string): Promise<void>;
}

export interface DiskFile {
  size(): Promise<number>;
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** fdatasync: what was written before is durable when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
