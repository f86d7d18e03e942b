import { createHash } from 'node:crypto';
import type { Disk } from '../../engine/disk.ts';
import type { Kept, KeptBytes, KeptRead, KeptValue, Revision } from '../contract.ts';
import { decodeLines, encodeLine } from './checked-lines.ts';
import { JournalFile } from './journal-file.ts';
import { MapFile } from './map-file.ts';
import { NamedTurns } from './named-turns.ts';

/** Small durable state as files of the data folder: a name is a path, bytes are a file, anything else is checked lines. */
export function keptFiles(disk: Disk): Kept {
  const turns = new NamedTurns();
  return {
    list: (folder) => disk.list(folder),
    bytes: (name) => bytesFile(disk, name, turns),
    value: (name) => valueFile(bytesFile(disk, name, turns)),
    map: (name, options) => MapFile.open(disk, name, options),
    journal: (name, options) => JournalFile.open(disk, name, options),
  };
}

/** The folder has one process, so a file is what it was read as until another call here changes it. */
function bytesFile(disk: Disk, path: string, turns: NamedTurns): KeptBytes {
  const get = async () => {
    const value = await disk.read(path);
    return { value, revision: revisionOf(value) };
  };
  return {
    get,
    compareAndSet: (expected, next) =>
      turns.take(path, async () => {
        const { revision } = await get();
        if (revision !== expected) return undefined;
        await (next ? disk.replace(path, next) : disk.remove(path));
        return revisionOf(next);
      }),
    read: () => disk.read(path),
    put: (bytes) => turns.take(path, () => disk.replace(path, bytes)),
    remove: () => turns.take(path, () => disk.remove(path)),
  };
}

const revisionOf = (bytes: Uint8Array | undefined): Revision =>
  bytes ? createHash('sha256').update(bytes).digest('base64') : 'none';

/** One checked line. */
function valueFile(file: KeptBytes): KeptValue {
  const encoded = (value: unknown) => new TextEncoder().encode(encodeLine(value));
  return {
    async read() {
      const { value: bytes, revision } = await file.get();
      return { ...readOf(bytes), revision };
    },
    put: (value) => file.put(encoded(value)),
    compareAndSet: (expected, value) => file.compareAndSet(expected, encoded(value)),
    remove: file.remove,
  };
}

function readOf(bytes: Uint8Array | undefined): KeptRead {
  if (bytes === undefined) return { is: 'none' };
  const [line] = decodeLines(bytes);
  if (!line) return { is: 'damaged' };
  return line.end === bytes.length
    ? { is: 'whole', value: line.value }
    : { is: 'damaged', first: line.value };
}
