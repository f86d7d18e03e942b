import type { SignalingContent } from '@housecount/protocol';

/** Bytes of a message, at most (the API's figure: 32 KB). */
export const messageBytesMax = 32 * 1024;

/** A message as it goes over the wire, and its size in bytes. */
export function encodeContent(message: string | Uint8Array): { content: SignalingContent; bytes: number } {
  if (typeof message === 'string')
    return { content: { text: message }, bytes: new TextEncoder().encode(message).length };
  // Parts, for a call takes only so many arguments.
  let binary = '';
  for (let at = 0; at < message.length; at += 4096)
    binary += String.fromCharCode(...message.subarray(at, at + 4096));
  return { content: { bytes: btoa(binary) }, bytes: message.length };
}

/** A message as the app reads it; undefined if its bytes are not base64. */
export function decodeContent(content: SignalingContent): string | Uint8Array | undefined {
  if ('text' in content) return content.text;
  try {
    return Uint8Array.from(atob(content.bytes), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
