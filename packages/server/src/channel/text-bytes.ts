const encoder = new TextEncoder();

/** Most texts are ASCII. */
export const utf8Length = (text: string): number =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: of all of ASCII.
  /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length;

/** Bytes that a text which is kept by name takes beside its own. Chosen, about what an object has for it. */
export const entryBytes = 64;

/** Approximate memory that texts by name take, bytes. */
export function bytesOfTexts(texts: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [name, text] of Object.entries(texts)) bytes += entryBytes + utf8Length(name) + utf8Length(text);
  return bytes;
}
