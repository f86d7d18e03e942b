import { crc32 } from 'node:zlib';

/**
 * JSON lines that know whether they are whole: `<crc32, 8 hex> <json>\n`. Files of them are appended to without
 * a sync per line, so a crash may leave the tail torn; reading stops at the first line that does not check.
 */

const decoder = new TextDecoder();
const newline = 0x0a;
const prefixLength = 9;

export function encodeLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

export interface DecodedLine {
  readonly value: unknown;
  /** Bytes from the start of the input to the end of this line. */
  readonly end: number;
}

/** The whole lines at the beginning of `bytes`, up to the first that is torn or corrupt. */
export function decodeLines(bytes: Uint8Array): DecodedLine[] {
  const lines: DecodedLine[] = [];
  let start = 0;
  for (;;) {
    const stop = bytes.indexOf(newline, start);
    if (stop < 0) return lines;
    const line = decoder.decode(bytes.subarray(start, stop));
    const json = line.slice(prefixLength);
    if (line.slice(0, prefixLength) !== `${checksum(json)} `) return lines;
    lines.push({ value: JSON.parse(json), end: stop + 1 });
    start = stop + 1;
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
