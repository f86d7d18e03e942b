import { afterEach, expect, test } from 'bun:test';
import type { Socket } from 'node:dgram';
import { until } from '../../processes/server-process.ts';
import { udpSocket } from '../udp.ts';
import { udpRelay, withoutCandidates } from './udp-relay.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

const kept = <T extends { close(): void }>(each: T): T => {
  open.push(each);
  return each;
};

/** A server that says everything back, and the answer that names it. */
async function echo(): Promise<{ socket: Socket; answer: string }> {
  const socket = kept(await udpSocket());
  socket.on('message', (packet, from) => socket.send(packet, from.port, from.address));
  const { port } = socket.address();
  return { socket, answer: `v=0\r\na=candidate:1 1 UDP 2114977791 127.0.0.1 ${port} typ host\r\n` };
}

async function client(): Promise<{
  socket: Socket;
  heard: number[];
  send(tag: number, answer: string): void;
}> {
  const socket = kept(await udpSocket());
  const heard: number[] = [];
  socket.on('message', (packet) => heard.push(packet.readUInt32BE(0)));
  return {
    socket,
    heard,
    send(tag, answer) {
      const packet = Buffer.alloc(100);
      packet.writeUInt32BE(tag, 0);
      socket.send(packet, Number(/ (\d+) typ host/.exec(answer)?.[1]), '127.0.0.1');
    },
  };
}

test('BENCH3: packets go to the server and back through the relay, in order, however they are jittered', async () => {
  const [server, viewer] = await Promise.all([echo(), client()]);
  const flow = kept(udpRelay()).flow({ up: { jitterMs: 20 }, down: { delayMs: 5, jitterMs: 20 } });
  const answer = await flow.through(server.answer);
  for (let tag = 0; tag < 100; tag++) viewer.send(tag, answer);
  await until('all came back', () => viewer.heard.length === 100);
  expect(viewer.heard).toEqual(Array.from({ length: 100 }, (_, tag) => tag));
  const { up, down } = flow.counts();
  for (const direction of [up, down])
    expect(direction).toEqual({
      arrived: { packets: 100, bytes: 10_000 },
      delivered: { packets: 100, bytes: 10_000 },
      overflowed: 0,
      lost: 0,
      cut: 0,
    });
});

test('BENCH3: flows have their own links, which change while they run', async () => {
  const [server, one, other] = await Promise.all([echo(), client(), client()]);
  const relay = kept(udpRelay());
  const [cut, free] = [relay.flow({ up: { cut: true } }), relay.flow()];
  const [cutAnswer, freeAnswer] = [await cut.through(server.answer), await free.through(server.answer)];
  one.send(1, cutAnswer);
  other.send(2, freeAnswer);
  await until('the free one', () => other.heard.length === 1);
  await until('the cut', () => cut.counts().up.cut === 1);
  cut.reshape({ up: {} });
  one.send(3, cutAnswer);
  await until('the other', () => one.heard.length === 1);
  expect([one.heard, other.heard]).toEqual([[3], [2]]);
  expect(cut.counts().up.arrived.packets).toBe(2);
  expect(free.counts().up.arrived.packets).toBe(1);
});

test('BENCH3: each client has a way of its own, and each port of the server one port of the relay', async () => {
  const [first, second] = await Promise.all([echo(), echo()]);
  const seen = new Set<number>();
  first.socket.on('message', (_, from) => seen.add(from.port));
  const flow = kept(udpRelay()).flow();
  const [one, other] = await Promise.all([client(), client()]);
  const answer = await flow.through(first.answer);
  one.send(1, answer);
  other.send(2, answer);
  await until('both', () => one.heard.length + other.heard.length === 2);
  expect([one.heard, other.heard]).toEqual([[1], [2]]);
  expect(seen.size).toBe(2);
  expect(await flow.through(first.answer)).toBe(answer);
  expect(await flow.through(second.answer)).not.toBe(answer);
  expect(flow.ports).toHaveLength(2);
});

test('BENCH3: an answer through the relay names no way around it', async () => {
  const flow = kept(udpRelay()).flow();
  const answer = await flow.through(
    [
      'v=0',
      'a=candidate:1 1 UDP 2130706431 192.0.2.1 7081 typ host',
      'a=candidate:2 1 UDP 2130706430 2001:db8::1 7081 typ host',
      'a=candidate:3 1 UDP 1 192.0.2.1 7082 typ host',
      'a=candidate:4 1 tcp 1 192.0.2.1 7081 typ host tcptype passive',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  );
  const [first, second] = flow.ports;
  expect(answer.split('\r\n')).toEqual([
    'v=0',
    `a=candidate:1 1 UDP 2130706431 127.0.0.1 ${first} typ host`,
    `a=candidate:3 1 UDP 1 127.0.0.1 ${second} typ host`,
    'a=end-of-candidates',
    '',
  ]);
  const offer = 'v=0\r\na=candidate:1 1 UDP 1 192.0.2.7 9 typ host\r\na=end-of-candidates\r\na=mid:0\r\n';
  expect(withoutCandidates(offer)).toBe('v=0\r\na=mid:0\r\n');
});
