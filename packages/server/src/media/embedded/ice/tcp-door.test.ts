import { afterEach, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { testClock } from '../../../../testing/worlds/clock.ts';
import { defaultMediaLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import type { Origin } from './ice-front.ts';
import { framed, PacketFrames } from './packet-frames.ts';
import { TcpDoor } from './tcp-door.ts';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function until(check: () => boolean, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A real door; what it hears and loses; clients that say when they are closed. */
async function bench(limits: Partial<typeof defaultMediaLimits> = {}, bindAddress = '127.0.0.1') {
  let aheadMs = 0;
  const heard: { packet: Buffer; from: Origin }[] = [];
  const lost: Origin[] = [];
  const door = new TcpDoor({
    bindAddress,
    clock: testClock(() => Math.floor(performance.now()) + aheadMs),
    limits: { ...defaultMediaLimits, ...limits },
    received: (packet, from) => heard.push({ packet, from }),
    lost: (from) => lost.push(from),
  });
  cleanups.push(() => door.close());
  const port = await door.listen(0);
  return {
    door,
    port,
    heard,
    lost,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    async client(host = '127.0.0.1') {
      const socket: Socket = connect(port, host);
      const made = { socket, closed: false };
      socket.on('error', () => undefined);
      socket.once('close', () => {
        made.closed = true;
      });
      cleanups.push(() => socket.destroy());
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      return made;
    },
  };
}

test('MEDIA46: who sends no frames, or one that is too long for a check, is closed at once; half a frame waits', async () => {
  const { client, heard, lost, door } = await bench();
  for (const garbage of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    Buffer.alloc(64, 0xff),
    framed(Buffer.alloc(mediaLimits.iceTcpFirstFrameBytesMax + 1)),
  ]) {
    const stranger = await client();
    stranger.socket.write(garbage);
    await until(() => stranger.closed);
  }
  expect(heard).toEqual([]);
  await until(() => door.size === 0);
  expect(lost).toHaveLength(4);
  const slow = await client();
  const frame = framed(Buffer.from('a whole packet'));
  slow.socket.write(frame.subarray(0, 1));
  const other = await client();
  other.socket.write(frame);
  await until(() => heard.length === 1);
  slow.socket.write(frame.subarray(1));
  await until(() => heard.length === 2);
  expect(heard.map(({ packet }) => packet.toString())).toEqual(['a whole packet', 'a whole packet']);
  expect([slow.closed, other.closed]).toEqual([false, false]);
});

test('MEDIA46: without a client that has a password a connection ends after 10 s; one that is let go has them again', async () => {
  const { client, heard, advance, door } = await bench();
  const [stranger, guest] = [await client(), await client()];
  guest.socket.write(framed(Buffer.from('x')));
  stranger.socket.write(framed(Buffer.from('y')));
  await until(() => heard.length === 2);
  const from = heard.find(({ packet }) => packet.toString() === 'x')?.from;
  if (from === undefined) throw new Error('not heard');
  door.keep(from);
  advance(mediaLimits.iceTcpUnprovedMs);
  await until(() => stranger.closed);
  expect(guest.closed).toBe(false);
  // A client may send what is longer than a check.
  guest.socket.write(framed(Buffer.alloc(60_000)));
  await until(() => heard.length === 3);
  door.letGo(from);
  advance(mediaLimits.iceTcpUnprovedMs - 1_000);
  const witness = await client();
  advance(1_000);
  await until(() => guest.closed);
  expect(witness.closed).toBe(false);
});

test('LIMIT7: one address has as many connections as mediaTcpConnectionsPerAddressMax says', async () => {
  const { client, door } = await bench({ mediaTcpConnectionsPerAddressMax: 2 });
  const two = [await client(), await client()];
  await until(() => door.size === 2);
  const third = await client();
  await until(() => third.closed);
  // Another address of the loopback.
  const elsewhere = await new Promise<Socket>((resolve) => {
    const socket = connect({
      port: door.portFor('127.0.0.1') ?? 0,
      host: '127.0.0.1',
      localAddress: '127.0.0.2',
    });
    cleanups.push(() => socket.destroy());
    socket.once('connect', () => resolve(socket));
  });
  await until(() => door.size === 3);
  expect(two.map(({ closed }) => closed)).toEqual([false, false]);
  elsewhere.destroy();
  two[0]?.socket.destroy();
  await until(() => door.size === 1);
  const next = await client();
  await until(() => door.size === 2);
  expect(next.closed).toBe(false);
});

test('LIMIT7: all have as many as mediaTcpConnectionsMax says, and who has shown nothing makes room', async () => {
  const { client, heard, door } = await bench({ mediaTcpConnectionsMax: 2 });
  const guest = await client();
  guest.socket.write(framed(Buffer.from('x')));
  await until(() => heard.length === 1);
  door.keep(heard[0]?.from ?? { address: '', port: 0 });
  const stranger = await client();
  await until(() => door.size === 2);
  const second = await client();
  await until(() => stranger.closed);
  second.socket.write(framed(Buffer.from('x')));
  await until(() => heard.length === 2);
  door.keep(heard[1]?.from ?? { address: '', port: 0 });
  const late = await client();
  await until(() => late.closed);
  expect([guest.closed, second.closed, door.size]).toEqual([false, false, 2]);
});

test('MEDIA47: what a slow reader does not take is dropped as packets, and what it gets is whole', async () => {
  const { client, heard, door } = await bench();
  const reader = await client();
  reader.socket.write(framed(Buffer.from('x')));
  await until(() => heard.length === 1);
  const to = heard[0]?.from;
  if (to === undefined) throw new Error('not heard');
  door.keep(to);
  reader.socket.pause();
  const packet = Buffer.alloc(1_000, 7);
  const sent = 100_000;
  const before = process.memoryUsage().rss;
  for (let i = 0; i < sent; i++) {
    packet.writeUInt32BE(i, 0);
    door.send(packet, to);
    if (i % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  // 100 MB were sent, and the system's own buffers hold a few.
  expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  const frames = new PacketFrames();
  const got: number[] = [];
  let isWhole = true;
  reader.socket.on('data', (chunk: Buffer) => {
    for (const each of frames.take(chunk, 0xffff) ?? []) {
      isWhole &&= each.length === 1_000 && each.subarray(4).every((byte) => byte === 7);
      got.push(each.readUInt32BE(0));
    }
  });
  reader.socket.resume();
  await until(() => {
    packet.writeUInt32BE(sent, 0);
    door.send(packet, to);
    return got.includes(sent);
  });
  expect(isWhole).toBe(true);
  expect(got.length).toBeLessThan(sent);
  expect(got).toEqual(got.toSorted((a, b) => a - b));
});

test('MEDIA45: both families have the port, where all addresses are bound to', async () => {
  const { client, heard, door, port } = await bench({}, '0.0.0.0');
  expect([door.portFor('192.0.2.1'), door.portFor('2001:db8::1')]).toEqual([port, port]);
  for (const host of ['127.0.0.1', '::1']) {
    const each = await client(host);
    each.socket.write(framed(Buffer.from(host)));
  }
  await until(() => heard.length === 2);
  expect(heard.map(({ from }) => from.address).toSorted()).toEqual(['127.0.0.1', '::1']);
});
