import { expect, test } from 'bun:test';
import { eventsOf, type StreamedEvent } from './event-stream.ts';

function body(chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      controller.close();
    },
  });
}

async function read(...chunks: (string | Uint8Array)[]): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for await (const event of eventsOf(body(chunks))) events.push(event);
  return events;
}

test('DEMO6: events are read with name, id and many lines of data; comments are skipped', async () => {
  expect(await read(': hello\n\nevent: attempt\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:x\n\n')).toEqual([
    { event: 'attempt', data: '{"a":\n1}', id: '7' },
    { event: 'message', data: 'x', id: '7' },
  ]);
});

test('DEMO6: events are the same however the bytes are cut', async () => {
  const text = 'event: attempt\r\ndata: "zoë ✓"\r\n\r\ndata: 2\r\rdata: 3\n\n';
  const bytes = new TextEncoder().encode(text);
  const whole = await read(bytes);
  expect(whole.map((event) => event.data)).toEqual(['"zoë ✓"', '2', '3']);
  for (let cut = 1; cut < bytes.length; cut++)
    expect(await read(bytes.slice(0, cut), bytes.slice(cut))).toEqual(whole);
  expect(await read(...Array.from(bytes, (byte) => new Uint8Array([byte])))).toEqual(whole);
});

test('DEMO6: an event that the stream cut short is not shown', async () => {
  expect(await read('data: 1\n\ndata: 2\n')).toEqual([{ event: 'message', data: '1' }]);
});

test('DEMO6: an endless event is refused, in one line or in many', async () => {
  const long = 'x'.repeat(300_000);
  expect(read(`data: ${long}`, long, long, long)).rejects.toThrow('too long');
  expect(read(...Array.from({ length: 5 }, () => `data: ${long}\n`))).rejects.toThrow('too long');
});

test('PARSE1: an event that comes byte by byte is looked at once', async () => {
  const bytes = new TextEncoder().encode(`data: ${'x'.repeat(20_000)}\r\n\r\n`);
  const chunks = Array.from(bytes, (byte) => new Uint8Array([byte]));
  let looked = 0;
  const { split, matchAll } = String.prototype;
  const counted = <T extends (...args: never[]) => unknown>(method: T) =>
    function (this: string, ...args: Parameters<T>) {
      looked += this.length;
      return method.apply(this, args);
    };
  Object.assign(String.prototype, { split: counted(split), matchAll: counted(matchAll) });
  try {
    expect(await read(...chunks)).toHaveLength(1);
  } finally {
    Object.assign(String.prototype, { split, matchAll });
  }
  // Some for each byte, not the whole event for each.
  expect(looked).toBeLessThan(10 * bytes.length);
});
