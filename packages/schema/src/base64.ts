/** RFC 4648 section 4, with its padding; an empty text stands for no bytes. */
export const base64Pattern = '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$';
const base64 = new RegExp(base64Pattern);

/** Bytes that a base64 text stands for; undefined if it is none. */
export function base64BytesOf(text: string): number | undefined {
  if (!base64.test(text)) return undefined;
  return (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
}
