import { crc32 } from 'node:zlib';
import type { Logger } from '../../observe/contract.ts';
import type { Disk } from '../disk.ts';

/**
 * A snapshot is UTF-8 lines between a first line, which names format, partition and position, and a last line with
 * the count of lines and the checksum of every byte before it. A file without that last line is not a snapshot.
 */
const firstLine = (partition: string, position: number): string =>
  `housecount snapshot 1 ${partition} ${position}`;
const lastLine = (lines: number, checksum: number): string =>
  `end ${String(lines).padStart(12, '0')} ${checksum.toString(16).padStart(8, '0')}`;
const lastLineBytes = lastLine(0, 0).length + 1;

/** Two: the newest, and one to fall back on should it be damaged. */
const snapshotsKept = 2;
const chunkChars = 128 * 1024;
const blockBytes = 256 * 1024;
const namePattern = /^\d{16}\.snap$/;
const encoder = new TextEncoder();

/** Writes one durably and deletes all but the newest two. `lines` is read lazily; none may hold a line break. */
export async function writeSnapshot(
  disk: Disk,
  folder: string,
  partition: string,
  position: number,
  lines: Iterable<string>,
): Promise<void> {
  const name = `${String(position).padStart(16, '0')}.snap`;
  await disk.replace(`${folder}/${name}`, encode(partition, position, lines));
  const names = (await disk.list(folder)).filter((other) => namePattern.test(other)).sort();
  // A snapshot after the one just written is damaged or was written before a cut: reading skips it, and it goes now.
  const keep = new Set(names.filter((other) => other <= name).slice(-snapshotsKept));
  for (const other of names) if (!keep.has(other)) await disk.remove(`${folder}/${other}`);
}

/** The newest whole one at or before `lastPosition`; others are reported and left alone. */
export async function readSnapshot(
  disk: Disk,
  logger: Logger,
  folder: string,
  partition: string,
  lastPosition: number,
): Promise<{ readonly position: number; readonly lines: AsyncIterable<string> } | undefined> {
  const names = (await disk.list(folder)).filter((name) => namePattern.test(name)).sort();
  for (const name of names.reverse()) {
    const path = `${folder}/${name}`;
    const position = Number(name.slice(0, 16));
    const why =
      position > lastPosition ? 'it is newer than the log' : await damage(disk, path, partition, position);
    if (why === undefined) return { position, lines: readLines(disk, path) };
    logger.error('A snapshot cannot be used; the one before it is tried.', { file: path, why });
  }
  return undefined;
}

function* encode(partition: string, position: number, lines: Iterable<string>): Generator<Uint8Array> {
  let checksum = 0;
  let count = 0;
  let pending = `${firstLine(partition, position)}\n`;
  const flush = (): Uint8Array => {
    const bytes = encoder.encode(pending);
    checksum = crc32(bytes, checksum);
    pending = '';
    return bytes;
  };
  for (const line of lines) {
    if (line.includes('\n')) throw new RangeError('a line of a snapshot must not hold a line break');
    pending += line;
    pending += '\n';
    count += 1;
    if (pending.length >= chunkChars) yield flush();
  }
  yield flush();
  yield encoder.encode(`${lastLine(count, checksum)}\n`);
}

/** Why the file is not a whole snapshot of `partition` at `position`, or undefined. */
async function damage(
  disk: Disk,
  path: string,
  partition: string,
  position: number,
): Promise<string | undefined> {
  const file = await disk.open(path);
  try {
    const bodyBytes = (await file.size()) - lastLineBytes;
    const start = encoder.encode(`${firstLine(partition, position)}\n`);
    if (bodyBytes < start.length) return 'it is too short';
    const head = await file.read(0, start.length);
    if (start.some((byte, at) => head[at] !== byte)) return 'its first line is another';
    let checksum = 0;
    let lines = -1;
    for (let offset = 0; offset < bodyBytes; offset += blockBytes) {
      const block = await file.read(offset, Math.min(blockBytes, bodyBytes - offset));
      checksum = crc32(block, checksum);
      for (let at = block.indexOf(10); at >= 0; at = block.indexOf(10, at + 1)) lines += 1;
    }
    const end = new TextDecoder().decode(await file.read(bodyBytes, lastLineBytes));
    return end === `${lastLine(lines, checksum)}\n` ? undefined : 'its last line or its checksum is wrong';
  } finally {
    await file.close();
  }
}

async function* readLines(disk: Disk, path: string): AsyncGenerator<string> {
  const file = await disk.open(path);
  try {
    const bodyBytes = (await file.size()) - lastLineBytes;
    const decoder = new TextDecoder();
    let rest = '';
    let isFirst = true;
    for (let offset = 0; offset < bodyBytes; offset += blockBytes) {
      const block = await file.read(offset, Math.min(blockBytes, bodyBytes - offset));
      const parts = (rest + decoder.decode(block, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        if (!isFirst) yield line;
        isFirst = false;
      }
    }
  } finally {
    await file.close();
  }
}
