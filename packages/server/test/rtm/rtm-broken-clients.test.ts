import { afterAll, beforeAll, expect, test } from 'bun:test';
import { loginOf, SignalingClient } from '../../testing/clients/signaling-client.ts';
import { Pair } from '../../testing/hostile/pair.ts';
import { RawSocket } from '../../testing/hostile/raw-socket.ts';
import { type ServerProcess, startServerProcess, until } from '../../testing/processes/server-process.ts';

/** Longer than a client of these can be starved by what else the machine does; whom nobody hears is cut at its end. */
const leases = { rtcMs: 20_000, signalingMs: 20_000, recoveryMs: 20_000 };

let server: ServerProcess;
let pair: Pair;
beforeAll(async () => {
  server = await startServerProcess({ leases });
  pair = await Pair.begin(server);
}, 60_000);
afterAll(async () => {
  pair?.close();
  await server?.close();
});

const publish = (over: object) => ({
  type: 'publish',
  id: 1,
  channelType: 'MESSAGE',
  channel: 'x',
  content: { text: 'x' },
  ...over,
});
/** The faults that end the connection, with their codes … */
const ends = [
  ['text that is no JSON', 'nonsense', 'frame_not_json'],
  ['an empty text', '', 'frame_not_json'],
  ['a list', '[1]', 'frame_not_json'],
  ['null', 'null', 'frame_not_json'],
  ['lists in lists', '['.repeat(60_000), 'frame_invalid'],
  ['objects in objects', '{"a":'.repeat(12_000), 'frame_invalid'],
  ['closed lists in lists', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'frame_invalid'],
  ['an unknown type without id', { type: 'dance' }, 'frame_invalid'],
  ['no type', { id: 1 }, undefined],
  ['an id below 0', publish({ id: -1 }), 'frame_invalid'],
  ['a fraction as id', publish({ id: 0.5 }), 'frame_invalid'],
  ['an id beyond 2^53', publish({ id: 2 ** 53 }), 'frame_invalid'],
  ['a text as id', publish({ id: '1' }), 'frame_invalid'],
  ['a second login', { ...loginOf('broken', {}) }, 'already_joined'],
  ['a frame a byte too long', `{"type":"ping","pad":"${'x'.repeat(65_536 - 24)}"}`, 'frame_invalid'],
  ['a frame that is too long', `{"type":"ping","pad":"${'x'.repeat(65_536 - 23)}"}`, 'frame_too_large'],
  ['wide characters that are too long', `{"type":"ping","pad":"${'語'.repeat(21_840)}"}`, 'frame_too_large'],
] as const;
/** … and what is refused by number, and nothing more. */
const refusals = [
  ['an unknown type', { type: 'dance', id: 1 }, -10014],
  ['a field more', publish({ more: 1 }), -10014],
  ['a field less', { type: 'publish', id: 1, channelType: 'MESSAGE', channel: 'x' }, -11009],
  ['a channel that is none', publish({ channel: 'a/b' }), -10008],
  ['a channel that is a number', publish({ channel: 7 }), -10014],
  ['a kind of channel that is none', publish({ channelType: 'ROOM' }), -10019],
  ['a prototype', `{"type":"publish","id":1,"__proto__":{"channel":"x"}}`, -10014],
] as const;

test(
  'SIG124: what cannot be read is refused by its number or ends the connection by its code, and touches nobody else',
  () =>
    pair.whileAttacked(async () => {
      for (const [what, frame, code] of ends) {
        const client = await SignalingClient.login(server.url, 'broken');
        client.send(frame);
        if (code === undefined) {
          await client.until('a refusal', () => client.all('refused').length > 0);
          client.drop();
          continue;
        }
        await client.until(`the end after ${what}`, () => client.closed);
        expect([what, client.all('closing').map((closing) => closing.code)]).toEqual([what, [code]]);
      }
      const client = await SignalingClient.login(server.url, 'broken');
      for (const [at, [what, frame, code]] of refusals.entries()) {
        client.send(frame);
        await client.until(`a refusal of ${what}`, () => client.all('refused').length > at);
        expect([what, client.all('refused').at(-1)]).toMatchObject([what, { id: 1, code }]);
      }
      expect(client.closed).toBeUndefined();
      client.drop();
    }),
  180_000,
);

test('SIG124: of equal ids each request is answered; a request that waits holds up no other', async () => {
  const [ann, bob] = [
    await SignalingClient.login(server.url, 'ann'),
    await SignalingClient.login(server.url, 'bob'),
  ];
  for (let at = 0; at < 5; at += 1) ann.send(publish({}));
  await ann.until('five answers', () => ann.all('ok').filter(({ id }) => id === 1).length === 5);
  const lock = { channelType: 'MESSAGE', channel: 'x', lockName: 'stage' };
  await bob.asks({ type: 'set-lock', ...lock, ttl: 10 });
  expect(await bob.asks({ type: 'acquire-lock', ...lock, retry: false })).toMatchObject({ type: 'ok' });
  ann.send({ type: 'acquire-lock', id: 77, ...lock, retry: true });
  ann.send(publish({ id: 78 }));
  await ann.until('the later answer', () => ann.all('ok').some(({ id }) => id === 78));
  expect(ann.all('ok').some(({ id }) => id === 77)).toBe(false);
  await bob.asks({ type: 'release-lock', ...lock });
  await ann.until('the earlier answer', () => ann.all('ok').some(({ id }) => id === 77));
  ann.drop();
  bob.drop();
});

test(
  'SIG125: what breaks WebSocket itself, or goes silent in the middle, is closed, and nothing is left of it',
  () =>
    pair.whileAttacked(async () => {
      const before = await openSockets();
      const broken: RawSocket[] = [];
      const begin = async (act: (socket: RawSocket) => void): Promise<void> => {
        const socket = await RawSocket.open(server.url);
        act(socket);
        broken.push(socket);
      };
      for (let at = 0; at < 20; at += 1) {
        const login = loginOf(`broken ${at}`, {});
        const after = (act: (socket: RawSocket) => void) => (socket: RawSocket) => {
          socket.send(login);
          act(socket);
        };
        await begin(() => undefined);
        await begin((socket) => socket.send(login, { share: 0.5 }));
        await begin(after((socket) => socket.send(publish({}), { share: 0.5 })));
        await begin(after((socket) => socket.send('x'.repeat(60_000), { share: 0.99 })));
        await begin(after((socket) => socket.send('x'.repeat(200_000))));
        await begin(after((socket) => socket.send(new Uint8Array([0xff, 0xfe, 0xfd]))));
        await begin(after((socket) => socket.send('x', { opcode: 3 })));
        await begin(after((socket) => socket.send('x', { opcode: 0 })));
        await begin(after((socket) => socket.send('x'.repeat(300), { opcode: 9 })));
        // It sends nothing more, answers no ping, and does not close when it is told to.
        await begin(after((socket) => socket.stopReading()));
      }
      await until('nothing to be left of them', async () => (await openSockets()) === before, 120_000);
      for (const socket of broken) socket.close();
    }),
  180_000,
);

async function openSockets(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^housecount_signaling_sockets (\d+)$/m.exec(text)?.[1]);
}
