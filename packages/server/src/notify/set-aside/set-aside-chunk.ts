import { crc32 } from 'node:zlib';
import { HousecountError } from '@housecount/protocol';
import { decodeLines, encodeLine } from '../../kept/files/checked-lines.ts';
import type { LogEntry } from '../../log/record/record.ts';
import { isObject } from '../../settings/reader.ts';

/**
 * A file of entries that were set aside: a checked line that says which positions of the log it stands for, how long
 * the rest is and what its checksum is; then one line of JSON per entry. It is only ever written whole.
 */
export interface Chunk {
  /** It holds all entries of the app's events after this position … */
  readonly after: number;
  /** … up to this one. */
  readonly through: number;
  /** One line per entry. */
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const newline = 0x0a;
/** No head is as long, bytes. */
const headBytesMax = 256;

export const encodeEntry = (entry: LogEntry): Uint8Array => encoder.encode(`${JSON.stringify(entry)}\n`);

/** The parts of the file, in order. */
export function encodeChunk({ after, through, body }: Chunk): readonly Uint8Array[] {
  const head = encodeLine({ after, through, bytes: body.length, checksum: crc32(body) });
  return [encoder.encode(head), body];
}

/** Undefined if it is not whole. */
export function decodeChunk(bytes: Uint8Array): Chunk | undefined {
  const end = bytes.subarray(0, headBytesMax).indexOf(newline) + 1;
  const [head] = decodeLines(bytes.subarray(0, end));
  if (!head || !isHead(head.value)) return undefined;
  const { after, through, checksum } = head.value;
  const body = bytes.subarray(end);
  if (body.length !== head.value.bytes || crc32(body) !== checksum) return undefined;
  return { after, through, body };
}

/** The entries after `after`, in order. The checksum of the chunk is good. */
export function entriesOf({ body }: Chunk, after: number): readonly LogEntry[] {
  return decoder
    .decode(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogEntry)
    .filter(({ position }) => position > after);
}

export const damagedChunk = (path: string): HousecountError =>
  new HousecountError(
    'data_damaged',
    `It is ${path}, where events are kept for receivers that are down. Restart the server: it lets go of the file, and tells the receivers.`,
  );

interface Head {
  readonly after: number;
  readonly through: number;
  readonly bytes: number;
  readonly checksum: number;
}

const isHead = (value: unknown): value is Head =>
  isObject(value) && [value.after, value.through, value.bytes, value.checksum].every(Number.isSafeInteger);
