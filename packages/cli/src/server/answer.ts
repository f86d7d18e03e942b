import { UnreachedError } from './unreached.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Bytes of an answer that are read, at most: a page of 1,000 events has about 2 MB. Chosen. */
const answerBytesMax = 64 * 1024 * 1024;

/**
 * The JSON of an answer that has the fields of `what`, as `is` says; the rest of it is taken as the server documents it.
 * @throws UnreachedError if it is something else: the page of a proxy, or of another server, or one without an end
 */
export async function answerOf<T>(
  response: Response,
  what: string,
  is: (fields: Fields) => boolean,
): Promise<T> {
  const { text, whole } = await beginningOf(response, answerBytesMax);
  const value = whole ? jsonOf(text) : undefined;
  // Checked as far as it is used.
  if (isObject(value) && is(value)) return value as T;
  const begins = text.slice(0, 4_000).trim().split('\n')[0]?.slice(0, 100) ?? '';
  throw new UnreachedError(
    `the server gave what is not ${what}: ${begins === '' ? 'nothing' : begins}. Is this the address of a Housecount server?`,
  );
}

/**
 * The text of an answer as far as `bytesMax`; `whole` if that is all of it. The rest is not read.
 * @throws UnreachedError if the connection is lost before
 */
export async function beginningOf(
  { body }: Response,
  bytesMax: number,
): Promise<{ readonly text: string; readonly whole: boolean }> {
  if (body === null) return { text: '', whole: true };
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes <= bytesMax) {
      const { done, value } = await reader.read();
      if (done) return { text: textOf(parts), whole: true };
      bytes += value.length;
      parts.push(value);
    }
  } catch (cause) {
    throw new UnreachedError('the server broke off its answer', { cause });
  }
  // The part that was read counts: that the rest could not be declined changes nothing.
  await reader.cancel().catch(() => {});
  return { text: textOf(parts).slice(0, bytesMax), whole: false };
}

const textOf = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('utf8');

/** undefined if the text is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
