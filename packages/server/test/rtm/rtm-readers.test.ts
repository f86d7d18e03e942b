import { afterAll, beforeAll, expect, test } from 'bun:test';
import { loginOf, SignalingClient } from '../../testing/clients/signaling-client.ts';
import { Answers } from '../../testing/hostile/answers.ts';
import { longLeases, Pair } from '../../testing/hostile/pair.ts';
import { RawSocket } from '../../testing/hostile/raw-socket.ts';
import { type ServerProcess, startServerProcess, until } from '../../testing/processes/server-process.ts';

let server: ServerProcess;
let pair: Pair;
beforeAll(async () => {
  server = await startServerProcess({ leases: longLeases });
  pair = await Pair.begin(server);
}, 60_000);
afterAll(async () => {
  pair?.close();
  await server?.close();
});

const channel = 'loud';

test(
  'SIG126: who does not read is cut at a named backlog, and can come back; who reads the same misses nothing',
  () =>
    pair.whileAttacked(async () => {
      const [loud, reader] = [
        await SignalingClient.login(server.url, 'loud'),
        await SignalingClient.login(server.url, 'reader'),
      ];
      await reader.subscribes(channel, { withPresence: false });
      const deaf: RawSocket[] = [];
      for (let at = 0; at < 10; at += 1) {
        const socket = await RawSocket.open(server.url);
        socket.send(loginOf(`deaf ${at}`, {}));
        await until('the welcome', () => socket.tail.includes('welcome'));
        socket.send({
          type: 'subscribe',
          id: 1,
          channelType: 'MESSAGE',
          channel,
          withMessage: true,
          withPresence: false,
          withMetadata: false,
          withLock: false,
          beQuiet: false,
        });
        await until('the answer', () => socket.tail.includes('"ok"'));
        deaf.push(socket);
      }
      const sessions = deaf.map((socket) => {
        socket.stopReading();
        return /"session":(\{[^}]*\})/.exec(socket.tail)?.[1] ?? '';
      });
      const open = await openSockets();
      let sent = 0;
      // Messages are published as fast as the rate allows, until all readers are cut.
      await until('all of them to be cut', async () => {
        for (let at = 0; at < 20; at += 1) {
          const answer = await loud.asks({
            type: 'publish',
            channelType: 'MESSAGE',
            channel,
            content: { text: 'x'.repeat(32 * 1024) },
          });
          if (answer.type === 'ok') sent += 1;
          else expect(answer.code).toBe(-10021);
        }
        return (await openSockets()) === open - deaf.length;
      });
      await reader.until('every message', () => reader.all('message').length === sent);
      const [session = ''] = sessions;
      const back = await SignalingClient.login(server.url, 'deaf 0', { session: JSON.parse(session) });
      expect(back.welcome.resumed).toBe(true);
      await until('the rate to allow one more', async () => {
        const content = { text: 'still there?' };
        return (await loud.asks({ type: 'publish', channelType: 'MESSAGE', channel, content })).type === 'ok';
      });
      await back.until('the message', () => back.all('message').length === 1);
      for (const client of [loud, reader, back, ...deaf.map((each) => ({ drop: () => each.close() }))])
        client.drop();
    }),
  60_000,
);

test(
  'SIG132: a flood of long messages to one user is refused while they cannot read more, cuts nobody off, and all that was taken arrives',
  () =>
    pair.whileAttacked(async () => {
      const victim = await RawSocket.open(server.url);
      victim.send(loginOf('victim', {}));
      await until('the welcome', () => victim.tail.includes('welcome'));
      victim.stopReading();
      const flooders = await Promise.all(
        Array.from({ length: 4 }, (_, at) => SignalingClient.login(server.url, `flooder ${at}`)),
      );
      const content = { text: 'x'.repeat(32 * 1024) };
      const answers = flooders.map((client) => new Answers(client));
      for (let at = 0; at < 200; at += 1)
        for (const client of flooders)
          client.send({ type: 'publish', id: 1_000 + at, channelType: 'USER', channel: 'victim', content });
      let taken = 0;
      for (const [at, answered] of answers.entries()) {
        await flooders[at]?.until('every answer', () => answered.all === 200);
        expect([...answered.refused.keys()]).toEqual([-11025]);
        taken += answered.ok;
      }
      victim.readOn();
      await until('the victim to have read', async () => {
        const last = { type: 'publish', channelType: 'USER', channel: 'victim', content: { text: 'enough' } };
        return (await flooders[0]?.asks(last))?.type === 'ok';
      });
      await until('the last message', () => victim.tail.includes('enough'));
      expect(victim.isClosed).toBe(false);
      expect(victim.bytes).toBeGreaterThan(taken * 32 * 1024);
      expect(victim.bytes).toBeLessThan((taken + 1) * 33 * 1024);
      for (const client of [...flooders, { drop: () => victim.close() }]) client.drop();
    }),
  60_000,
);

async function openSockets(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^housecount_signaling_sockets (\d+)$/m.exec(text)?.[1]);
}
