import { StreamLines } from './stream-lines.ts';

/** One event of a server-sent event stream. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** Characters of one event, at most; a longer one ends the stream with an error. Chosen: eight notices of 128 KiB. */
const eventCharactersMax = 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6) from a response body. EventSource is not used because it cannot
 * send an Authorization header. Ends when the body ends.
 */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const lines = new StreamLines();
  let name = '';
  let data: string[] = [];
  let id: string | undefined;
  let characters = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const line of lines.push(decoder.decode(value, { stream: true }))) {
        if (line === '') {
          if (data.length > 0)
            yield { event: name || 'message', data: data.join('\n'), ...(id !== undefined && { id }) };
          name = '';
          data = [];
          characters = 0;
          continue;
        }
        const colon = line.indexOf(':');
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        characters += line.length;
        if (characters > eventCharactersMax) throw new Error('An event of the stream is too long.');
        if (field === 'event') name = text;
        else if (field === 'data') data.push(text);
        else if (field === 'id' && !text.includes('\0')) id = text;
      }
      if (lines.pendingCharacters + characters > eventCharactersMax)
        throw new Error('An event of the stream is too long.');
    }
  } finally {
    // Whoever stops reading also stops the request.
    await reader.cancel().catch(() => undefined);
  }
}
