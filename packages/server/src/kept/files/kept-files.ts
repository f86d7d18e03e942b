import type { Disk } from '../../engine/disk.ts';
import type { Kept, KeptBytes, KeptRead, KeptValue } from '../contract.ts';
import { decodeLines, encodeLine } from './checked-lines.ts';
import { JournalFile } from './journal-file.ts';
import { MapFile } from './map-file.ts';

/** Small durable state as files of the data folder: a name is a path, bytes are a file, anything else is checked lines. */
export function keptFiles(disk: Disk): Kept {
  return {
    list: (folder) => disk.list(folder),
    bytes: (name) => bytesFile(disk, name),
    value: (name) => valueFile(bytesFile(disk, name)),
    map: (name, options) => MapFile.open(disk, name, options),
    journal: (name, options) => JournalFile.open(disk, name, options),
  };
}

const bytesFile = (disk: Disk, path: string): KeptBytes => ({
  read: () => disk.read(path),
  put: (bytes) => disk.replace(path, bytes),
  remove: () => disk.remove(path),
});

/** One checked line. */
const valueFile = (file: KeptBytes): KeptValue => ({
  async read(): Promise<KeptRead> {
    const bytes = await file.read();
    if (bytes === undefined) return { is: 'none' };
    const [line] = decodeLines(bytes);
    if (!line) return { is: 'damaged' };
    return line.end === bytes.length
      ? { is: 'whole', value: line.value }
      : { is: 'damaged', first: line.value };
  },
  put: (value) => file.put(new TextEncoder().encode(encodeLine(value))),
  remove: file.remove,
});
