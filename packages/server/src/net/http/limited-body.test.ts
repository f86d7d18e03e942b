import { expect, test } from 'bun:test';
import { systemClock } from '../../clock.ts';
import { withLimitedBody } from './limited-body.ts';

const limits = { bytesMax: 10_000, withinMs: 60_000, clock: systemClock() };

test('PARSE5: of a body that comes byte by byte its bytes are kept, not its pieces', async () => {
  const pieces: WeakRef<Uint8Array>[] = [];
  let alive = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // A turn of the loop: what was read is let go in it.
      await new Promise((resolve) => setImmediate(resolve));
      if (pieces.length === 1_000) {
        Bun.gc(true);
        alive = pieces.filter((piece) => piece.deref() !== undefined).length;
        controller.close();
        return;
      }
      const piece = new Uint8Array([pieces.length & 0x7f]);
      pieces.push(new WeakRef(piece));
      controller.enqueue(piece);
    },
  });
  const request = new Request('http://127.0.0.1/', { method: 'POST', body });
  const read = await withLimitedBody(request, limits);
  if (typeof read === 'string') throw new Error(read);
  expect(new Uint8Array(await read.arrayBuffer())[130]).toBe(2);
  // The collector is free to keep some a while.
  expect(alive).toBeLessThan(200);
});
