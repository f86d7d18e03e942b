/** One server-sent event. `id` is the last one that was told, also by an event without data. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** Characters of one event; a longer one ends the stream with an error. */
const eventLengthMax = 1024 * 1024;

/** Reads server-sent events (WHATWG HTML section 9.2.6) from a body; `onId` hears every id, with or without data. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  onId: (id: string) => void,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let id = '';
  let data: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A carriage return at the end may be half of a line break.
    const complete = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const lines = complete.split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '') + rest.slice(complete.length);
    length += rest.length;
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
        event = '';
        data = [];
        length = 0;
        continue;
      }
      length += line.length;
      const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
      else if (name === 'id') {
        id = value;
        onId(id);
      }
    }
    if (length > eventLengthMax) throw new Error('The stream sent an event that is too long.');
    length -= rest.length;
  }
}
