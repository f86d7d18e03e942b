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

/** Clients that are logged in, some at a time: who has not logged in soon after connecting is put out, on a busy machine too. */
async function crowd(count: number, name: string): Promise<SignalingClient[]> {
  const clients: SignalingClient[] = [];
  while (clients.length < count) {
    const next = Array.from(
      { length: Math.min(20, count - clients.length) },
      (_, at) => `${name} ${clients.length + at}`,
    );
    clients.push(...(await Promise.all(next.map((userId) => SignalingClient.login(server.url, userId)))));
  }
  return clients;
}
const lock = { channelType: 'MESSAGE', channel: 'stage', lockName: 'mic' };

test(
  'SIG128: of hundreds who want one lock one has it at a time, each gets it, and who vanishes holds up nobody',
  () =>
    pair.whileAttacked(async () => {
      const clients = await crowd(300, 'singer');
      const [first] = clients;
      await first?.asks({ type: 'set-lock', ...lock, ttl: 10 });
      let holders = 0;
      let most = 0;
      let sung = 0;
      // Every tenth goes while it waits.
      const vanishes = (at: number) => at % 10 === 9;
      await Promise.all(
        clients.map(async (client, at) => {
          const had = client.asks({ type: 'acquire-lock', ...lock, retry: true }, 150_000);
          if (vanishes(at)) {
            client.drop();
            had.catch(() => undefined);
            return;
          }
          expect((await had).type).toBe('ok');
          holders += 1;
          most = Math.max(most, holders);
          sung += 1;
          holders -= 1;
          expect((await client.asks({ type: 'release-lock', ...lock })).type).toBe('ok');
        }),
      );
      expect([sung, most]).toEqual([270, 1]);
      const answer = await first?.asks({ type: 'get-locks', channelType: 'MESSAGE', channel: 'stage' });
      expect(answer).toMatchObject({ result: { locks: [{ lockName: 'mic', owner: '' }] } });
      for (const client of clients) client.drop();
    }),
  180_000,
);

test(
  'SIG128: who acquires and releases without end is refused by the rate, and waits for 32 locks at most',
  () =>
    pair.whileAttacked(async () => {
      const clients = await crowd(100, 'stormer');
      const lock = { channelType: 'MESSAGE', channel: 'storm', lockName: 'mic' };
      await clients[0]?.asks({ type: 'set-lock', ...lock, ttl: 10 });
      const answers = clients.map((client) => new Answers(client));
      const allowed = allowance(20);
      for (let at = 0; at < 150; at += 1)
        for (const client of clients) {
          const type = at % 2 === 0 ? 'acquire-lock' : 'release-lock';
          client.send({ id: 1_000 + at, type, ...lock, ...(type === 'acquire-lock' && { retry: false }) });
        }
      for (const [at, answered] of answers.entries()) {
        await clients[at]?.until('every answer', () => answered.all === 150, 120_000);
        const { refused } = answered;
        expect([...refused.keys()].filter((code) => ![-10021, -14006, -14007].includes(code))).toEqual([]);
        expect(answered.all - (refused.get(-10021) ?? 0)).toBeLessThan(allowed());
      }
      const [holder] = await crowd(1, 'holder');
      const [waiter] = await crowd(1, 'waiter');
      const named = (at: number) => ({
        ...lock,
        channel: `stage ${Math.floor(at / 32)}`,
        lockName: `l${at}`,
      });
      for (let at = 0; at < 33; at += 1) {
        await holder?.asks({ type: 'set-lock', ...named(at), ttl: 10 });
        await holder?.asks({ type: 'acquire-lock', ...named(at), retry: false });
      }
      for (let at = 0; at < 32; at += 1)
        waiter?.send({ type: 'acquire-lock', id: 1_000 + at, ...named(at), retry: true });
      expect(await waiter?.asks({ type: 'acquire-lock', ...named(32), retry: true })).toMatchObject({
        code: -14003,
      });
      for (const client of [...clients, holder, waiter]) client?.drop();
    }),
  180_000,
);

test(
  'SIG128: states that change without end are told at their rate, and the last is what is there',
  () =>
    pair.whileAttacked(async () => {
      const clients = await crowd(40, 'flickerer');
      await Promise.all(clients.map((client) => client.subscribes('disco', { withMessage: false })));
      const answers = clients.map((client) => new Answers(client));
      const allowed = allowance(20);
      for (let at = 0; at < 200; at += 1)
        for (const client of clients)
          client.send({
            id: 1_000 + at,
            type: 'set-state',
            channelType: 'MESSAGE',
            channel: 'disco',
            // All that is told of it is less than cuts a client that reads nothing meanwhile.
            states: { color: `${at}`, pad: 'x'.repeat(200) },
          });
      for (const [at, answered] of answers.entries()) {
        await clients[at]?.until('every answer', () => answered.all === 200, 120_000);
        expect(answered.ok + (answered.refused.get(-10021) ?? 0)).toBe(200);
        expect(answered.ok).toBeLessThan(allowed());
      }
      const [first] = clients;
      const last = await first?.asks({
        type: 'get-state',
        channelType: 'MESSAGE',
        channel: 'disco',
        userId: 'flickerer 7',
      });
      if (last?.type !== 'ok') throw new Error(JSON.stringify(last));
      const told = () =>
        first
          ?.presence('disco')
          .findLast((event) => event.type === 'REMOTE_STATE_CHANGED' && event.userId === 'flickerer 7');
      const { states } = last.result as { readonly states: Readonly<Record<string, string>> };
      // The answer may be before the last event.
      await first?.until(
        'the last state',
        () => {
          const event = told();
          return event?.type === 'REMOTE_STATE_CHANGED' && event.states.color === states.color;
        },
        120_000,
      );
      expect(told()).toMatchObject({ states });
      for (const client of clients) client.drop();
    }),
  180_000,
);

test(
  'SIG129: hundreds who break off and come back over and over keep their sessions, and leave nothing behind',
  () =>
    pair.whileAttacked(async () => {
      let clients = await crowd(200, 'wobbler');
      await Promise.all(clients.map((client) => client.subscribes('wobble', { withPresence: false })));
      for (let round = 0; round < 5; round += 1)
        clients = await Promise.all(
          clients.map(async (client, at) => {
            client.drop();
            const { session } = client.welcome;
            const back = await SignalingClient.login(server.url, `wobbler ${at}`, { session });
            expect(back.welcome).toMatchObject({ resumed: true, session: { id: session.id } });
            return back;
          }),
        );
      const online = await clients[0]?.asks({
        type: 'online-users',
        channelType: 'MESSAGE',
        channel: 'wobble',
        includedUserId: false,
        includedState: false,
      });
      expect(online).toMatchObject({ result: { channelOccupancy: 200 } });
      for (const client of clients) client.drop();
    }),
  180_000,
);

test(
  'SIG129: thousands of logins with bad tokens are refused one by one, and cost the others nothing',
  () =>
    pair.whileAttacked(async () => {
      const tokens = ['', 'nonsense', '007'.padEnd(8_000, 'x'), '007eJx', `007${btoa('x'.repeat(3_000))}`];
      for (let round = 0; round < 20; round += 1)
        await Promise.all(
          Array.from({ length: 100 }, async (_, at) => {
            const failure = await SignalingClient.login(server.url, 'quiet ann', {
              token: tokens[at % tokens.length] ?? '',
            }).catch((cause: Error) => cause);
            expect(String(failure)).toMatch(/"errorCode":-10005/);
          }),
        );
    }),
  180_000,
);
