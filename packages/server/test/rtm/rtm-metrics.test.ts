import { afterAll, beforeAll, expect, test } from 'bun:test';
import { loginOf, SignalingClient } from '../../testing/clients/signaling-client.ts';
import { RawSocket } from '../../testing/hostile/raw-socket.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  // A client that does not read answers no pings either, and is to be cut for what waits for it, not for its silence.
  server = await startServerProcess({ leases: { rtcMs: 10_000, signalingMs: 100_000, recoveryMs: 15_000 } });
}, 60_000);
afterAll(() => server?.close());

/** A metric of signaling, with its labels if it has some. */
async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`housecount_signaling_${name} `));
  return Number(line?.split(' ').at(-1));
}
const ofApp = (name: string): string => `${name}{app="${testApp.id}"}`;
const place = { channelType: 'MESSAGE', channel: 'lobby' };

test('OPS61: the metrics tell who is there, what they are sent, who is refused, and how near an app is to its limits', async () => {
  const users = await Promise.all(
    ['ann', 'bob', 'cat'].map((user) => SignalingClient.login(server.url, user)),
  );
  const [ann, bob] = users;
  if (!ann || !bob) throw new Error('not there');
  for (const user of users) await user.subscribes('lobby');
  await ann.subscribes('hall');
  expect(await figure('sessions')).toBe(3);
  expect(await figure('subscriptions')).toBe(4);
  expect(await figure(ofApp('channels'))).toBe(2);
  await ann.asks({ type: 'publish', ...place, content: { text: 'to three' } });
  await ann.asks({ type: 'publish', channelType: 'USER', channel: 'bob', content: { text: 'to one' } });
  await ann.asks({ type: 'publish', channelType: 'USER', channel: 'nobody', content: { text: 'to none' } });
  expect([await figure('messages_total'), await figure('deliveries_total')]).toEqual([2, 4]);
  expect(await figure('refusals_total{code="-11033"}')).toBe(1);
  await ann.asks({ type: 'set-state', ...place, states: { mood: 'good' } });
  expect(await figure(ofApp('state_bytes'))).toBe(8 + 64);
  for (const type of ['set-lock', 'acquire-lock'])
    await ann.asks({
      type,
      ...place,
      lockName: 'mic',
      ...(type === 'set-lock' ? { ttl: 10 } : { retry: false }),
    });
  expect(await figure(ofApp('kept_bytes'))).toBe(256);
  bob.send({ type: 'acquire-lock', id: 99, ...place, lockName: 'mic', retry: true });
  await until('the wait', async () => (await figure('lock_waits')) === 1);
  for (const user of users) {
    user.send({ type: 'logout' });
    await user.until('the end', () => user.closed);
  }
  await until('nobody to be left', async () => (await figure('sessions')) === 0);
  expect([await figure('subscriptions'), await figure('lock_waits')]).toEqual([0, 0]);
  expect(await figure(ofApp('state_bytes'))).toBeNaN();
}, 60_000);

test('OPS61: what readers have not taken is shown, and why they were cut', async () => {
  const deaf = await RawSocket.open(server.url);
  deaf.send(loginOf('deaf', {}));
  await until('the welcome', () => deaf.tail.includes('welcome'));
  const subscription = { withMessage: true, withPresence: false, withMetadata: false, withLock: false };
  deaf.send({ type: 'subscribe', id: 1, ...place, ...subscription, beQuiet: false });
  await until('the answer', () => deaf.tail.includes('"ok"'));
  deaf.stopReading();
  const loud = await SignalingClient.login(server.url, 'loud');
  const content = { text: 'x'.repeat(32 * 1024) };
  const shown = async (): Promise<boolean> => {
    // Little by little: between two looks the reader must not come as far as to be cut.
    for (let at = 0; at < 2; at += 1) await loud.asks({ type: 'publish', ...place, content });
    return (await figure('backlog_bytes')) > 100_000;
  };
  await until('a backlog', shown, 60_000);
  const cut = async (): Promise<boolean> => {
    await shown();
    return (await figure('refusals_total{code="slow_reader"}')) === 1;
  };
  await until('the reader to be cut', cut, 60_000);
  await until('nothing to be waiting', async () => (await figure('backlog_bytes')) === 0);
  deaf.close();
  loud.drop();
}, 120_000);
