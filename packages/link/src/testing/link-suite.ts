import { describe, expect, test } from 'bun:test';
import type { Said } from './fake-net.ts';
import { connect, type Side } from './link-scene.ts';
import { standsStill } from './standstill-suite.ts';

const leases = [
  { leaseMs: 10_000, recoveryMs: 15_000 },
  { leaseMs: 5_000, recoveryMs: 600_000 },
  { leaseMs: 315_000, recoveryMs: 5_000 },
  {},
];
const shorterOf = ({ leaseMs = 10_000, recoveryMs = leaseMs }: (typeof leases)[number]): number =>
  Math.min(leaseMs, recoveryMs);

/** The contract of the links of both SDKs. Every wait is at its longest, unless a test says otherwise. */
export function linkContract(side: Side): void {
  describe(`the link of ${side.name}`, () => {
    comesBack(side);
    asks(side);
    hearsSignsOfLife(side);
    standsStill(side);
    ends(side);
    waits(side);
  });
}

function closing(over: object): object {
  return { type: 'closing', code: 'going_away', message: 'Over.', retry: true, ...over };
}

function comesBack(side: Side): void {
  test('LINK1: every socket begins with a hello, which has the key of the last welcome', async () => {
    const scene = await connect(side);
    const { net } = scene;
    for (let life = 1; life <= 3; life++) {
      net.socket.drop();
      await net.pass(5_000);
    }
    expect(scene.hellos().map((hello) => side.keyOf(hello))).toEqual([undefined, 'k1', 'k2', 'k3']);
    expect(net.sockets).toHaveLength(4);
    expect(scene.told).toEqual(['lost', 'connected', 'lost', 'connected', 'lost', 'connected']);
  });

  test('LINK2: a connection that is lost once is tried again after one wait, and the loss is told once however often it fails', async () => {
    const { net, told, hellos } = await connect(side);
    net.path = 'fails';
    net.socket.drop();
    await net.pass(60_000);
    expect(told).toEqual(['lost']);
    const { length } = net.sockets;
    expect(length).toBeGreaterThan(10);
    net.path = 'open';
    await net.pass(2_500);
    expect(told).toEqual(['lost', 'connected']);
    expect(hellos()).toHaveLength(2);
    net.socket.drop();
    await net.pass(side.firstWaitMsMax);
    expect(told).toEqual(['lost', 'connected', 'lost', 'connected']);
  });

  test('LINK7: a network that is said to be back ends a wait, and is nothing to a link that stands', async () => {
    const { net, link, told } = await connect(side);
    link.hurry();
    await net.settle();
    expect(net.sockets).toHaveLength(1);
    net.path = 'fails';
    net.socket.drop();
    await net.settle();
    net.path = 'open';
    link.hurry();
    await net.settle();
    expect(told).toEqual(['lost', 'connected']);
    link.hurry();
    await net.settle();
    expect(net.sockets).toHaveLength(2);
  });
}

function asks(side: Side): void {
  test('LINK3: ids go on over all sockets, and an answer is taken by the request that has its id', async () => {
    const scene = await connect(side);
    const { net, link } = scene;
    await link.ask();
    net.socket.drop();
    await net.pass(5_000);
    scene.onRequest = () => undefined;
    const asked = [link.ask(), link.ask()];
    await net.settle();
    const ids = scene.requests().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const [first, second] = ids.slice(-2);
    for (const id of [9_999, second, second]) net.socket.tell({ type: 'ok', id, serverMs: 2 });
    net.socket.tell(side.refusal(first as number));
    expect(await Promise.allSettled(asked)).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled' }]);
    expect(scene.told).toEqual(['lost', 'connected']);
  });

  test('LINK5: a request longer than the server takes is refused without being sent, and the link stands', async () => {
    const { net, link, told, requests } = await connect(side);
    const outcome = await link.ask(true).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Error);
    expect(requests()).toEqual([]);
    await link.ask();
    expect(told).toEqual([]);
    expect(net.sockets).toHaveLength(1);
  });
}

function hearsSignsOfLife(side: Side): void {
  test('LINK4, BACK5: pings go out whatever the client says, and without a word the end comes with half of the lease left', async () => {
    const scene = await connect(side, { pingMs: 4_000, leaseMs: 10_000 });
    const { net, link, told } = scene;
    const pings = (): number => net.said.filter(({ type }) => type === 'ping').length;
    for (let second = 0; second < 20; second++) {
      await link.ask();
      await net.pass(1_000);
    }
    expect(pings()).toBe(5);
    scene.isMute = true;
    await net.pass(6_999);
    expect(told).toEqual([]);
    await net.pass(1);
    expect(told).toEqual(['lost']);
  });

  for (const [what, data] of [
    ['a frame of a later version', '{"type":"of-a-later-version","x":1}'],
    ['what is no frame', 'null'],
    ['bytes', new ArrayBuffer(3)],
  ] as const)
    test(`LINK4: ${what} is a sign of life, and passed over`, async () => {
      const scene = await connect(side, { pingMs: 4_000, leaseMs: 10_000 });
      const { net, link, told } = scene;
      scene.isMute = true;
      for (let second = 0; second < 30; second++) {
        net.socket.give(data);
        await net.pass(1_000);
      }
      expect(told).toEqual([]);
      await link.ask();
    });
}

function ends(side: Side): void {
  test('LINK6: the last words of a server end the link at once, for good if they say so', async () => {
    const { net, link, told } = await connect(side);
    net.socket.tell(closing({ code: 'kicked', retry: false }));
    await net.settle();
    expect(told).toEqual(['over']);
    expect(net.socket.readyState).toBe(3);
    expect(net.timers).toBe(0);
    await net.pass(3_600_000);
    expect(net.sockets).toHaveLength(1);
    expect(await link.ask().catch((error: unknown) => error)).toBeInstanceOf(Error);
  });

  test('LINK6: last words while the client comes back end the link, too', async () => {
    const scene = await connect(side);
    const { net, told } = scene;
    scene.onHello = (_hello, socket) => socket.tell(closing({ code: 'kicked', retry: false }));
    net.socket.drop();
    await net.pass(60_000);
    expect(told).toEqual(['lost', 'over']);
    expect(net.sockets).toHaveLength(2);
    expect(net.timers).toBe(0);
  });

  for (const when of ['standing', 'waiting', 'hanging', 'greeting', 'refused'] as const)
    test(`LINK8: of a link that is left while it is ${when} nothing is left`, async () => {
      const scene = await connect(side);
      const { net, link } = scene;
      if (when === 'hanging') net.path = 'hangs';
      if (when === 'greeting' || when === 'refused') scene.onHello = () => undefined;
      if (when !== 'standing') net.socket.drop();
      if (when === 'waiting') await net.settle();
      else if (when !== 'standing') await net.pass(2_000);
      const { length } = net.sockets;
      link.leave();
      if (when === 'refused') net.socket.tell(side.refusal(9_999));
      // Time for a server to answer the goodbye, or to give the welcome that is waited for; after a no there is nothing to wait for.
      await (when === 'refused' ? net.settle() : net.pass(10_000));
      expect(net.timers).toBe(0);
      await net.pass(3_600_000);
      expect(net.sockets).toHaveLength(length);
      expect(net.socket.readyState).toBe(3);
      expect(net.said.some(({ type }) => type === side.goodbye)).toBe(when === 'standing');
      link.hurry();
      await net.settle();
      expect(net.sockets).toHaveLength(length);
    });
}

function waits(side: Side): void {
  for (const lease of leases)
    test(`BACK2: with ${JSON.stringify(lease)} it is back within half of the shorter lease, however long nobody was there`, async () => {
      const { net, told, hellos } = await connect(side, lease);
      for (const outageMs of [1_000, 60_000, 900_000]) {
        const { length } = hellos();
        net.socket.tell(closing({ retryAfterMs: 3_600_000 }));
        net.path = 'fails';
        await net.pass(outageMs);
        net.path = 'open';
        await net.pass(shorterOf(lease) / 2);
        expect(hellos()).toHaveLength(length + 1);
        expect(side.keyOf(hellos().at(-1) as Said)).toBe(`k${length}`);
      }
      expect(told).toHaveLength(6);
    });

  test('BACK3: a socket that does not open is given up in time for another one, a server that is slow to welcome is not', async () => {
    const scene = await connect(side);
    const { net } = scene;
    net.path = 'hangs';
    net.socket.drop();
    await net.pass(side.firstWaitMsMax);
    const hanging = net.socket;
    await net.pass(4_999);
    expect(hanging.readyState).toBe(0);
    await net.pass(1);
    expect(hanging.readyState).toBe(3);
    net.path = 'open';
    scene.onHello = () => undefined;
    await net.pass(2_500);
    const slow = net.socket;
    expect(slow.readyState).toBe(1);
    await net.pass(7_499);
    expect(slow.readyState).toBe(1);
    await net.pass(2_501);
    expect(slow.readyState).toBe(3);
  });

  test('BACK4: those whom a server told the same time come spread over the longest wait after it', async () => {
    const { net, hellos } = await connect(side);
    const waits: number[] = [];
    for (const chance of [0, 0.5, 1]) {
      net.chance = chance;
      const { length } = hellos();
      net.socket.tell(closing({ retryAfterMs: 1_000 }));
      await net.settle();
      let waitedMs = 0;
      for (; hellos().length === length; waitedMs += 10) await net.pass(10);
      waits.push(waitedMs);
    }
    expect(waits).toEqual([1_000, 2_250, 3_500]);
  });

  test('BACK4: up to half of a wait is cut at random', async () => {
    const { net } = await connect(side);
    net.chance = 0;
    net.socket.drop();
    await net.pass(side.firstWaitMsMax / 2 - 1);
    expect(net.sockets).toHaveLength(1);
    await net.pass(1);
    expect(net.sockets).toHaveLength(2);
  });
}
