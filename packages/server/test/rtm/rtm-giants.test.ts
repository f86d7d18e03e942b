import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SignalingClient } from '../../testing/clients/signaling-client.ts';
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

const place = { channelType: 'MESSAGE', channel: 'hall' };
const named = (count: number, value: string, length = 0): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [String(at).padStart(length, 'k'), value]));

/** Asks again while it is only too early; the number of the refusal, 0 if there is none. */
async function codeOf(client: SignalingClient, request: Readonly<Record<string, unknown>>): Promise<number> {
  for (;;) {
    const answer = await client.asks(request);
    if (answer.type === 'ok') return 0;
    if (answer.code !== -10021) return answer.code;
  }
}

test(
  'SIG127: states that are too many, too long, or too much are refused, each by its number, and nothing of them is shown',
  () =>
    pair.whileAttacked(async () => {
      const [giant, looker] = [
        await SignalingClient.login(server.url, 'giant'),
        await SignalingClient.login(server.url, 'looker'),
      ];
      await giant.subscribes('hall', { withPresence: false });
      await looker.subscribes('hall');
      for (const [states, code] of [
        [named(33, 'x'), -13005],
        [named(32, 'x'), 0],
        [{ one_more: 'x' }, -13005],
        [{ 0: 'x'.repeat(1_025) }, -13009],
        [named(1, 'x', 65), -13008],
        [{ 0: '語'.repeat(342) }, -13009],
        [named(8, 'x'.repeat(1_024)), -13009],
        [named(7, 'x'.repeat(1_024)), 0],
      ] as const)
        expect([
          Object.keys(states).length,
          await codeOf(giant, { type: 'set-state', ...place, states }),
        ]).toEqual([Object.keys(states).length, code]);
      const changes = () => looker.presence('hall').filter(({ type }) => type === 'REMOTE_STATE_CHANGED');
      await looker.until('the second change', () => changes().length === 2);
      expect(changes().length).toBe(2);
      giant.drop();
      looker.drop();
    }),
  60_000,
);

test(
  'SIG127: of ten thousand subscriptions a user has a hundred',
  () =>
    pair.whileAttacked(async () => {
      const greedy = await SignalingClient.login(server.url, 'greedy');
      const subscribe = (at: number) => ({
        type: 'subscribe',
        channelType: 'MESSAGE',
        channel: `room ${at}`,
        withMessage: true,
        withPresence: true,
        withMetadata: true,
        withLock: true,
        beQuiet: false,
      });
      for (let at = 0; at < 100; at += 1) expect(await codeOf(greedy, subscribe(at))).toBe(0);
      expect(await codeOf(greedy, subscribe(100))).toBe(-11005);
      // The rest as fast as it can.
      for (let at = 101; at < 10_000; at += 1) greedy.send({ id: at, ...subscribe(at) });
      await greedy.until('the end', () => greedy.closed);
      expect(greedy.all('closing')).toMatchObject([{ code: 'rate_limited' }]);
      const back = await SignalingClient.login(server.url, 'greedy', { session: greedy.welcome.session });
      const where = await back.asks({ type: 'user-channels', userId: 'greedy' });
      expect(where.type === 'ok' && (where.result as { channels: unknown[] }).channels.length).toBe(100);
      back.send({ type: 'logout' });
      await back.until('the end', () => back.closed);
    }),
  60_000,
);

test(
  'SIG127, SIG160: of ten thousand items of metadata a channel keeps a thousand, whole or not at all',
  () =>
    pair.whileAttacked(async () => {
      const hoarder = await SignalingClient.login(server.url, 'hoarder');
      const write = (from: number, count: number) => ({
        type: 'change-metadata',
        target: place,
        mode: 'set',
        items: Array.from({ length: count }, (_, at) => ({
          key: String(from + at).padStart(8, '0'),
          value: 'v',
          revision: -1,
        })),
        majorRevision: -1,
        lockName: '',
        addTimeStamp: true,
        addUserId: true,
      });
      let kept = 0;
      for (let from = 0; from < 10_000; from += 500) {
        const code = await codeOf(hoarder, write(from, 500));
        if (code === 0) kept += 500;
        else expect(code).toBe(-12006);
      }
      expect(kept).toBe(1_000);
      const read = await hoarder.asks({ type: 'get-metadata', target: place });
      expect(read).toMatchObject({ result: { totalCount: kept } });
      hoarder.drop();
    }),
  60_000,
);
