import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SignalingClient } from '../../testing/clients/signaling-client.ts';
import { Answers, allowance } from '../../testing/hostile/answers.ts';
import { longLeases, Pair } from '../../testing/hostile/pair.ts';
import { type ServerProcess, startServerProcess } from '../../testing/processes/server-process.ts';

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

const publish = (channel: string, at: number, length = 10) => ({
  type: 'publish',
  id: at,
  channelType: 'MESSAGE',
  channel,
  content: { text: 'x'.repeat(length) },
});
test(
  'SIG122: messages over the rate are refused, frames over theirs end the connection, and the session comes back; others do not notice',
  () =>
    pair.whileAttacked(async () => {
      const allowed = allowance(60);
      const flooders = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          const client = await SignalingClient.login(server.url, `flooder ${at}`);
          if (at < 2) await client.subscribes('flood', { withPresence: false });
          return { client, answers: new Answers(client) };
        }),
      );
      for (let at = 0; at < 900; at += 1)
        for (const { client } of flooders) client.send(publish('flood', at));
      for (const { client, answers } of flooders)
        await client.until('every answer', () => answers.all === 900);
      for (const { answers } of flooders) {
        expect([...answers.refused.keys()]).toEqual([-10021]);
        expect(answers.ok).toBeGreaterThanOrEqual(300);
        expect(answers.ok).toBeLessThan(allowed());
      }
      for (const { client } of flooders) for (let at = 0; at < 3_000; at += 1) client.send({ type: 'ping' });
      for (const { client } of flooders) {
        await client.until('the end', () => client.closed);
        expect(client.all('closing')).toMatchObject([
          { code: 'rate_limited', errorCode: -10021, retry: true },
        ]);
      }
      const session = flooders[0]?.client.welcome.session;
      const back = await SignalingClient.login(server.url, 'flooder 0', session ? { session } : {});
      expect(back.welcome.resumed).toBe(true);
      back.drop();
    }),
  60_000,
);

test(
  'SIG123: who logs in again and again has the rates of one user',
  () =>
    pair.whileAttacked(async () => {
      const allowed = allowance(60);
      let taken = 0;
      for (let logins = 0; logins < 10; logins += 1) {
        const client = await SignalingClient.login(server.url, 'hydra');
        const answers = new Answers(client);
        for (let at = 0; at < 300; at += 1) client.send(publish('flood', at));
        await client.until('every answer', () => answers.all === 300);
        taken += answers.ok;
        if (logins % 2 === 0) client.send({ type: 'logout' });
        else client.drop();
      }
      expect(taken).toBeGreaterThanOrEqual(300);
      expect(taken).toBeLessThan(allowed());
    }),
  60_000,
);
