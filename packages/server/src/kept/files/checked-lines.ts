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
  for (const { line, end } of eachLine(bytes)) {
    if (!line) return lines;
    lines.push({ ...line, end });
  }
  return lines;
}

/** Every line that ends within `bytes`, in order; `line` is undefined for one that does not check. */
export function* eachLine(
  bytes: Uint8Array,
): Generator<{ readonly line: Pick<DecodedLine, 'value'> | undefined; readonly end: number }> {
  let start = 0;
  for (let stop = bytes.indexOf(newline); stop >= 0; stop = bytes.indexOf(newline, start)) {
    const text = decoder.decode(bytes.subarray(start, stop));
    const json = text.slice(prefixLength);
    const isWhole = text.slice(0, prefixLength) === `${checksum(json)} `;
    start = stop + 1;
    yield { line: isWhole ? { value: JSON.parse(json) } : undefined, end: start };
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
