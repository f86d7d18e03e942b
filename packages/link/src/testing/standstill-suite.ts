import { expect, test } from 'bun:test';
import type { Said } from './fake-net.ts';
import { connect, type Side } from './link-scene.ts';

/** What the links of both SDKs make of a page that stood still. */
export function standsStill(side: Side): void {
  asksOverStandstill(side);
  hearsOverStandstill(side);
  opensOverStandstill(side);
}

function asksOverStandstill(side: Side): void {
  test('LINK12: an answer that came in while the page stood still is taken', async () => {
    const scene = await connect(side);
    const { net, link, told } = scene;
    scene.onRequest = () => undefined;
    const asked = link.ask();
    await net.settle();
    const [request] = scene.requests();
    await net.jump(60_000, () => net.socket.tell({ type: 'ok', id: request?.id, serverMs: 1 }));
    await asked;
    await net.pass(60_000);
    expect(told).toEqual([]);
  });

  const { answerMs } = side;
  if (answerMs !== undefined)
    test('LINK12: a request without an answer ends once the grace after a standstill is over, and in time without one', async () => {
      const scene = await connect(side);
      const { net, link } = scene;
      scene.onRequest = () => undefined;
      const ends: string[] = [];
      const ask = (): void => void link.ask().catch((error: Error) => ends.push(error.message));
      ask();
      await net.jump(answerMs + 60_000);
      await net.pass(999);
      expect(ends).toEqual([]);
      await net.pass(1);
      expect(ends).toEqual(['timeout']);
      ask();
      await net.pass(answerMs - 1);
      expect(ends).toHaveLength(1);
      await net.pass(1);
      expect(ends).toEqual(['timeout', 'timeout']);
    });
}

function hearsOverStandstill(side: Side): void {
  test('LINK12: a sign of life that came in while the page stood still counts until the grace is over', async () => {
    const scene = await connect(side, { pingMs: 4_000, leaseMs: 10_000 });
    const { net, told } = scene;
    scene.isMute = true;
    await net.pass(4_000);
    expect(net.said.at(-1)).toEqual({ type: 'ping' });
    await net.jump(60_000);
    await net.pass(999);
    expect(told).toEqual([]);
    net.socket.tell({ type: 'pong' });
    await net.settle();
    await net.pass(2_999);
    expect(told).toEqual([]);
  });

  test('LINK12: a connection without a word is held for dead once the grace after a standstill is over', async () => {
    const scene = await connect(side, { pingMs: 4_000, leaseMs: 10_000 });
    const { net, told } = scene;
    scene.isMute = true;
    await net.pass(4_000);
    await net.jump(60_000);
    await net.pass(999);
    expect(told).toEqual([]);
    await net.pass(1);
    expect(told).toEqual(['lost']);
  });

  test('LINK12: the grace is no longer than the deadline was late', async () => {
    const scene = await connect(side, { pingMs: 4_000, leaseMs: 10_000 });
    const { net, told } = scene;
    scene.isMute = true;
    await net.pass(4_000);
    await net.jump(3_300);
    await net.pass(299);
    expect(told).toEqual([]);
    await net.pass(1);
    expect(told).toEqual(['lost']);
  });
}

function opensOverStandstill(side: Side): void {
  for (const [what, isOpen] of [
    ['the opening of a socket', false],
    ['a welcome', true],
  ] as const)
    test(`LINK12: ${what} that came in while the page stood still counts`, async () => {
      const scene = await connect(side);
      const { net, told } = scene;
      const { onHello } = scene;
      if (isOpen) scene.onHello = () => undefined;
      else net.path = 'hangs';
      net.socket.drop();
      await net.pass(side.firstWaitMsMax);
      const { socket } = net;
      const { length } = net.sockets;
      await net.jump(60_000, () => {
        if (isOpen) onHello(scene.hellos().at(-1) as Said, socket);
        else socket.opens();
      });
      expect(told).toEqual(['lost', 'connected']);
      expect(net.sockets).toHaveLength(length);
    });
}
