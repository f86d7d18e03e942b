type Fields = Readonly<Record<string, unknown>>;

/**
 * The JSON of an answer that has the fields of `what`, as `is` says; the rest of it is taken as the server documents it.
 * @throws Error, in words, if it is something else: the page of a proxy, or of another server
 */
export async function answerOf<T>(
  response: Response,
  what: string,
  is: (fields: Fields) => boolean,
): Promise<T> {
  const text = await response.text();
  const value = jsonOf(text);
  // Checked as far as it is used.
  if (isObject(value) && is(value)) return value as T;
  const begins = text.trim().split('\n')[0]?.slice(0, 100) ?? '';
  throw new Error(`the server gave what is not ${what}: ${begins === '' ? 'nothing' : begins}`);
}

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
