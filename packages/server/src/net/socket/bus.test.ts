import { expect, test } from 'bun:test';
import { SocketBus } from './bus.ts';
import type { Socket } from './socket.ts';

test('a bus carries to every listener that has joined it, from then on until that leaves', () => {
  const bus = new SocketBus();
  const seen: string[] = [];
  const listener = (name: string) => ({
    publish: (topic: string, text: string, except?: Socket) =>
      void seen.push(`${name} ${topic} ${text} ${except?.address ?? ''}`.trim()),
  });
  bus.publish('t', 'nobody');
  bus.join(listener('first'));
  const leave = bus.join(listener('second'));
  bus.publish('t', 'both', { address: '192.0.2.1' } as Socket);
  leave();
  bus.publish('t', 'one');
  expect(seen).toEqual(['first t both 192.0.2.1', 'second t both 192.0.2.1', 'first t one']);
});
