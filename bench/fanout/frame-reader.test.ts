import { expect, test } from 'bun:test';
import { clientFrame, FrameReader } from './frame-reader.ts';

test('BENCH1: frames are the same however the bytes are cut', () => {
  const texts = ['', 'a', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(70_000)];
  const bytes = Buffer.concat(
    texts.map((text) => {
      const { length } = text;
      const head = length < 126 ? Buffer.from([0x81, length]) : Buffer.alloc(length < 65_536 ? 4 : 10);
      if (length >= 126) {
        head[0] = 0x81;
        head[1] = length < 65_536 ? 126 : 127;
        head.writeUInt16BE(length < 65_536 ? length : 0, 2);
        if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
      }
      return Buffer.concat([head, Buffer.from(text)]);
    }),
  );
  for (const size of [1, 2, 3, 7, 1_000, bytes.length]) {
    const reader = new FrameReader();
    const read: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      reader.take(bytes.subarray(at, at + size), (opcode, payload) =>
        read.push(`${opcode}${Buffer.from(payload)}`),
      );
    expect(read).toEqual(texts.map((text) => `1${text}`));
  }
});

test('BENCH1: what a client sends is masked, and a server can read it', async () => {
  const heard: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('no', { status: 400 })),
    websocket: { message: (_, text) => void heard.push(String(text)) },
  });
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: server.port ?? 0,
    socket: { data() {} },
  });
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const texts = ['hello', 'x'.repeat(300)];
  for (const text of texts) socket.write(clientFrame(1, Buffer.from(text)));
  while (heard.length < 2) await Bun.sleep(5);
  expect(heard).toEqual(texts);
  socket.end();
  await server.stop(true);
});
