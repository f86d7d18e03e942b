import type { SignalingContent } from '@housecount/protocol';
import { fromBase64, toBase64 } from './base64.ts';

/** Bytes of a message, at most (the API's figure: 32 KB). */
export const messageBytesMax = 32 * 1024;

/** An app publishes text or bytes. */
export type Message = string | Uint8Array;

/** Bytes of a message, a text's as UTF-8. */
export const bytesOf = (message: Message): number =>
  typeof message === 'string' ? new TextEncoder().encode(message).length : message.length;

/** A message as it goes over the wire where it is not encrypted. */
export const encodeContent = (message: Message): SignalingContent =>
  typeof message === 'string' ? { text: message } : { bytes: toBase64(message) };

/** A message as the app reads it; undefined if it is encrypted, or its bytes are not base64. */
export function decodeContent(content: SignalingContent): Message | undefined {
  if ('text' in content) return content.text;
  return 'bytes' in content ? fromBase64(content.bytes) : undefined;
}

export const messageTypeOf = (message: Message): 'STRING' | 'BINARY' =>
  typeof message === 'string' ? 'STRING' : 'BINARY';
