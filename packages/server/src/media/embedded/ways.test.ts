import { afterEach, expect, test } from 'bun:test';
import { overTcp, overUdp, type StunClient, stunClient } from '../../../testing/media/stun-client.ts';
import { syntheticPeer } from '../../../testing/media/synthetic-peer.ts';
import { freeUdpPort } from '../../../testing/media/udp.ts';
import { testClock } from '../../../testing/worlds/clock.ts';
import { mediaLimits } from '../limits.ts';
import { Sfu } from './sfu.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function until(check: () => boolean, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A real SFU, and clients of checks alone, whose offers have the credentials of real ones. */
async function bench() {
  const udpPort = await freeUdpPort();
  let aheadMs = 0;
  const clock = testClock(() => Math.floor(performance.now()) + aheadMs);
  const sfu = new Sfu(
    { udpPort, tcpPort: udpPort, anyTcpPort: true, bindAddress: '127.0.0.1', announcedAddress: 'auto' },
    clock,
    () => undefined,
  );
  cleanups.push(() => sfu.stop());
  return {
    sfu,
    udpPort,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    async session(session: string, direction: 'sendonly' | 'recvonly') {
      const peer = await syntheticPeer({ direction });
      cleanups.push(() => peer.close());
      const request = { room: 'r', publisher: '1', session, offerSdp: peer.offerSdp };
      const answer = await (direction === 'sendonly'
        ? sfu.publish(request)
        : sfu.play({ ...request, audio: true, video: true }));
      if (!answer.ok) throw new Error(answer.detail);
      const ports = [...answer.answerSdp.matchAll(/^a=candidate:\S+ 1 UDP (\d+) \S+ (\d+) /gm)]
        .map(([, priority, port]) => ({ priority: Number(priority), port: Number(port) }))
        .toSorted((a, b) => b.priority - a.priority)
        .map(({ port }) => port);
      const at = async (port: number): Promise<StunClient> => {
        const client = await stunClient(peer.offerSdp, answer.answerSdp, overUdp(port));
        cleanups.push(() => client.close());
        return client;
      };
      const overTcpAt = async (port = 0): Promise<StunClient> => {
        const client = await stunClient(peer.offerSdp, answer.answerSdp, overTcp(port));
        cleanups.push(() => client.close());
        return client;
      };
      return { peer, answerSdp: answer.answerSdp, ports, at, overTcpAt };
    },
  };
}

test('MEDIA40, MEDIA41: a player is given the library’s port first and the front’s second, a publisher the other way about', async () => {
  const { udpPort, session, sfu } = await bench();
  const [player, publisher] = [await session('player', 'recvonly'), await session('host', 'sendonly')];
  const { restartPort: door } = await sfu.listen();
  expect(player.ports).toEqual([udpPort, door]);
  expect(publisher.ports).toEqual([door, udpPort]);
});

test('MEDIA40: the library refuses a tie-breaker of zero, the front takes it, and DTLS begins; any other it leaves to the library', async () => {
  const { udpPort, session, sfu } = await bench();
  const { at } = await session('player', 'recvonly');
  const { restartPort: door } = await sfu.listen();
  const straight = await at(udpPort);
  straight.check(Buffer.alloc(8));
  await until(() => straight.answers.length > 0);
  expect(straight.answers).toEqual([400]);
  straight.check();
  await until(() => straight.answers.includes(0));
  const { at: atOther } = await session('other', 'recvonly');
  const other = await atOther(door);
  for (let i = 0; i < 5; i++) other.check();
  // Of another session: this one's library has a client now.
  const { at: atThird } = await session('third', 'recvonly');
  const client = await atThird(door);
  await until(() => {
    client.check(Buffer.alloc(8));
    // The library is the DTLS client here: what it says comes through.
    return client.data.length > 0;
  });
  expect(client.answers).toContain(0);
  expect(other.answers).toEqual([]);
});

test('MEDIA40: the library’s own check of a client that it refuses does not keep the front from taking it', async () => {
  const { udpPort, session, sfu } = await bench();
  const { at } = await session('player', 'recvonly');
  const straight = await at(udpPort);
  straight.check(Buffer.alloc(8));
  await until(() => straight.answers.includes(400) && straight.asked() > 0);
  const client = await at((await sfu.listen()).restartPort);
  // Once: where the library had a client a second check would be waited for.
  client.check(Buffer.alloc(8));
  await until(() => client.data.length > 0);
});

test('MEDIA42: for 20 s after the server ended it, a session’s checks are answered 400; then not at all', async () => {
  const { session, sfu, advance } = await bench();
  const { at } = await session('host', 'sendonly');
  const client = await at((await sfu.listen()).restartPort);
  await until(() => {
    client.check();
    return client.data.length > 0;
  });
  sfu.close('host');
  await until(() => {
    client.check();
    return client.answers.includes(400);
  });
  advance(mediaLimits.frontEndedMs - 1_000);
  client.check();
  const before = client.answers.length;
  await until(() => client.answers.length > before);
  expect(client.answers.at(-1)).toBe(400);
  advance(1_000);
  // Who asks in vain, and one that is answered, so that it is seen that the time has passed.
  const { at: other } = await session('another', 'sendonly');
  const witness = await other((await sfu.listen()).restartPort);
  await until(() => {
    witness.check();
    return witness.answers.length > 0;
  });
  let [heard, witnessed] = [0, 0];
  // In three rounds, because answers of two sockets may be read in any order.
  let silent = 0;
  await until(() => {
    const [before, seen] = [client.answers.length, witness.answers.length];
    client.check();
    witness.check();
    silent = heard === before && witnessed < seen ? silent + 1 : 0;
    [heard, witnessed] = [before, seen];
    return silent === 3;
  });
});

test('MEDIA45: the answer has the TCP port last, as a passive candidate, after a restart too', async () => {
  const { session, sfu } = await bench();
  const { tcpPort } = await sfu.listen();
  const { answerSdp, peer } = await session('player', 'recvonly');
  const lines = answerSdp.match(/^a=candidate:.*$/gm) ?? [];
  expect(lines.at(-1)).toMatch(
    new RegExp(`^a=candidate:t1 1 tcp \\d+ 127\\.0\\.0\\.1 ${tcpPort} typ host tcptype passive\r?$`),
  );
  const priorities = lines.map((line) => Number(line.split(' ')[3]));
  expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
  const offerSdp = peer.offerSdp
    .replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:another')
    .replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${'p'.repeat(24)}`);
  const again = await sfu.restart('player', offerSdp);
  expect(again.ok && again.answerSdp).toContain(` ${tcpPort} typ host tcptype passive`);
});

test('MEDIA45: a client over TCP alone is connected, ended with 400, and comes back by another connection', async () => {
  const { session, sfu } = await bench();
  const { tcpPort } = await sfu.listen();
  const { overTcpAt } = await session('player', 'recvonly');
  const first = await overTcpAt(tcpPort);
  const speaks = (client: StunClient) => {
    const before = client.data.length;
    return until(() => {
      client.check();
      return client.data.length > before;
    });
  };
  await speaks(first);
  expect(first.answers).toContain(0);
  first.close();
  const second = await overTcpAt(tcpPort);
  await speaks(second);
  sfu.close('player');
  await until(() => {
    second.check();
    return second.answers.includes(400);
  });
});

test('MEDIA40: sixty clients that come at once over TCP are all connected, and all are told the end', async () => {
  const { session, sfu } = await bench();
  const { tcpPort } = await sfu.listen();
  const clients = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const { overTcpAt } = await session(`player-${i}`, 'recvonly');
      return overTcpAt(tcpPort);
    }),
  );
  await until(() => {
    for (const client of clients) if (client.data.length === 0) client.check();
    return clients.every(({ data }) => data.length > 0);
  }, 30_000);
  for (let i = 0; i < clients.length; i++) sfu.close(`player-${i}`);
  await until(() => {
    for (const client of clients) if (!client.answers.includes(400)) client.check();
    return clients.every(({ answers }) => answers.includes(400));
  });
}, 60_000);
