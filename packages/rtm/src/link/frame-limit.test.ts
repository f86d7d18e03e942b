import { afterEach, beforeEach, expect, test } from 'bun:test';
import { signalingFrameBytesMax } from '@housecount/protocol';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  await ann.client.login();
});
afterEach(() => world.restore());

const long = 'x'.repeat(signalingFrameBytesMax);

test('RTM150: a request longer than the server takes is refused here, with a code that says what is too long', async () => {
  const { client } = ann;
  const stream = client.createStreamChannel('arena');
  await stream.join();
  await client.subscribe('lobby');
  ann.changes();
  const asked = world.requests.length;
  const calls: [unknown, Promise<unknown>][] = [
    [-11010, client.publish('lobby', '\u0001'.repeat(32 * 1024))],
    [
      -12006,
      client.storage.setChannelMetadata('lobby', 'MESSAGE', [{ key: 'k', value: '\u0001'.repeat(16_000) }]),
    ],
    [-13009, client.presence.setState('lobby', 'MESSAGE', { avatar: long })],
    [-10005, client.renewToken(long)],
    [-10005, client.renewToken(long, { channelName: 'arena' })],
    [-10005, stream.join({ token: long })],
    [-11011, stream.subscribeTopic('moves', { users: [long] })],
    [-13003, client.presence.getOnlineUsers('lobby', 'MESSAGE', { page: long })],
  ];
  for (const [code, call] of calls) expect([code, await outcome(call)]).toEqual([code, code]);
  expect(world.requests.length).toBe(asked);
  expect(ann.changes()).toEqual([]);
});

test('RTM150: states that are too long are not tried again with every connection', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  expect(await outcome(client.presence.setState('lobby', 'MESSAGE', { avatar: long }))).toBe(-13009);
  expect(await outcome(client.presence.setState('lobby', 'MESSAGE', { mood: 'good' }))).toMatchObject({
    timestamp: world.nowMs,
  });
  world.socket.drop();
  world.onLogin = (_, socket) => socket.tell(world.welcome({ session: { id: 's2', key: 'k2' } }));
  await world.pass(3_000);
  expect(world.of('subscribe').at(-1)).toMatchObject({ states: { mood: 'good' } });
  // States kept for a later subscription would have it refused: too long ones are not kept.
  expect(await outcome(client.presence.setState('attic', 'MESSAGE', { avatar: long }))).toBe(-13009);
  expect(await outcome(client.subscribe('attic'))).toMatchObject({ channelName: 'attic' });
});

for (const character of ['x', '💬'])
  test(`RTM150: a request counts in bytes, up to the last that the server takes, also of ${character}`, async () => {
    const { client } = ann;
    const bytesOfLast = () => Buffer.byteLength(JSON.stringify(world.requests.at(-1)));
    await client.renewToken('x');
    const left = signalingFrameBytesMax - bytesOfLast();
    const size = Buffer.byteLength(character);
    const token = `x${character.repeat(left / size)}${'x'.repeat(left % size)}`;
    await client.renewToken(token);
    expect(bytesOfLast()).toBe(signalingFrameBytesMax);
    const asked = world.requests.length;
    expect(await outcome(client.renewToken(`${token}x`))).toBe(-10005);
    expect(world.requests.length).toBe(asked);
  });
