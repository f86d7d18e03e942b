import { crc32 } from 'node:zlib';
import { HousecountError } from '@housecount/protocol';
import { chainOf, hexOf } from './batch.ts';
import { getUint64, setUint64, viewOf } from './frame.ts';

/** The beginning of a file of the log. */
export interface SegmentHead {
  /** Position of its first record. */
  readonly first: number;
  /** Epoch milliseconds. */
  readonly createdMs: number;
  /** Chain before its first batch, hexadecimal; absent: a file of before there were batches. */
  readonly chain?: string;
  /** Length of the header. */
  readonly bytes: number;
}

/**
 * "HCSEG" and three digits, the version; first position u64, created (epoch ms) u64, crc32 of these u32. From version 2 on the
 * chain before the first batch, 16 bytes, and a crc32 of all before it u32. Every version begins with the first 28 bytes.
 */
const beginning = 'HCSEG';
const oldBytes = 28;
const version = 2;
/** Bytes of the longest header that there is. */
export const headBytesMax = 48;

/** A header; without a chain that of a file without batches. */
export function encodeHead({ first, createdMs, chain }: Omit<SegmentHead, 'bytes'>): Uint8Array {
  const bytes = new Uint8Array(chain === undefined ? oldBytes : headBytesMax);
  const view = viewOf(bytes);
  bytes.set(new TextEncoder().encode(`${beginning}00${chain === undefined ? 1 : version}`));
  setUint64(view, 8, first);
  setUint64(view, 16, createdMs);
  view.setUint32(24, crc32(bytes.subarray(0, 24)), true);
  if (chain === undefined) return bytes;
  bytes.set(chainOf(chain), oldBytes);
  view.setUint32(44, crc32(bytes.subarray(0, 44)), true);
  return bytes;
}

/**
 * Reads a header; undefined if it is not whole.
 * @throws HousecountError data_newer if a newer server wrote it.
 */
export function decodeHead(bytes: Uint8Array, path: string): SegmentHead | undefined {
  if (bytes.length < oldBytes) return undefined;
  const view = viewOf(bytes);
  const found = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (!/^HCSEG\d{3}$/.test(found) || view.getUint32(24, true) !== crc32(bytes.subarray(0, 24)))
    return undefined;
  const written = Number(found.slice(beginning.length));
  if (written > version)
    throw new HousecountError(
      'data_newer',
      `${path} has version ${written}, and this server knows none after ${version}. Start the server that wrote the folder, or a newer one; or put back the backup of before the upgrade.`,
    );
  const head = { first: getUint64(view, 8), createdMs: getUint64(view, 16) };
  if (written < version) return { ...head, bytes: oldBytes };
  if (bytes.length < headBytesMax || view.getUint32(44, true) !== crc32(bytes.subarray(0, 44)))
    return undefined;
  return { ...head, chain: hexOf(bytes.subarray(oldBytes, 44)), bytes: headBytesMax };
}
