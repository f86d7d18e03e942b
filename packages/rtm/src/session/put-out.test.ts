import { afterEach, beforeEach, expect, test } from 'bun:test';
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

const putOut = async (channel: string): Promise<void> => {
  world.socket.tell({ type: 'unsubscribed', channel, code: 'kicked', message: 'Out.', serverMs: 7 });
  await world.settle();
};

test('RTM110: a user who is put out of a channel is told so by linkState; the link and the other channels stand', async () => {
  const { client, links } = ann;
  for (const channel of ['lobby', 'hall']) await client.subscribe(channel);
  await client.presence.setState('lobby', 'MESSAGE', { mood: 'good' });
  links.splice(0);
  await putOut('lobby');
  expect(links).toEqual([
    {
      currentState: 'CONNECTED',
      previousState: 'CONNECTED',
      serviceType: 'MESSAGE',
      operation: 'SERVER_REJECT',
      reason: 'Kicked out by server',
      reasonCode: 'KICKED_OUT_BY_SERVER',
      affectedChannels: ['lobby'],
      unrestoredChannels: ['lobby'],
      isResumed: false,
      timestamp: 7,
    },
  ]);
  await putOut('lobby');
  await putOut('never');
  expect(links).toHaveLength(1);
  world.socket.tell({
    type: 'message',
    channelType: 'MESSAGE',
    channel: 'lobby',
    publisher: 'bob',
    content: { text: 'hi' },
    serverMs: 5,
  });
  expect(ann.messages).toEqual([]);
});

test('RTM110: it is not subscribed again by itself, but by the app, if the server takes it', async () => {
  const { client } = ann;
  for (const channel of ['lobby', 'hall']) await client.subscribe(channel);
  await putOut('lobby');
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(5_000);
  const again = world.requests.filter(({ type }) => type === 'subscribe');
  expect(again.map((request) => 'channel' in request && request.channel)).not.toContain('lobby');
  const { onRequest } = world;
  world.onRequest = ({ id }, socket) => socket.refuse(id, -11021);
  expect(await outcome(client.subscribe('lobby'))).toBe(-11021);
  world.onRequest = onRequest;
  await client.subscribe('lobby');
  expect(world.requests.at(-1)).toMatchObject({ type: 'subscribe', channel: 'lobby' });
});

test('RTM111: a user who may not publish gets −11024, and the connection goes on', async () => {
  const { onRequest } = world;
  world.onRequest = ({ id }, socket) => socket.refuse(id, -11024);
  expect(await outcome(ann.client.publish('lobby', 'hi'))).toBe(-11024);
  world.onRequest = onRequest;
  await ann.client.publish('lobby', 'hi');
  expect(ann.links.at(-1)?.currentState).toBe('CONNECTED');
});

test('RTM110, BACK22: what it was put out of while it was away it is told when it is back, and does not subscribe to by itself', async () => {
  const { client, links } = ann;
  for (const channel of ['lobby', 'hall']) await client.subscribe(channel);
  world.requests.splice(0);
  links.splice(0);
  world.onLogin = (_, socket) =>
    socket.tell(
      world.welcome({
        session: { id: 's2', key: 'k2' },
        ended: [
          { type: 'unsubscribed', channel: 'lobby', code: 'kicked', message: 'Out.', serverMs: 7 },
          { type: 'channel-ended', channel: 'never', code: 'kicked', errorCode: -11007, message: 'Out.' },
        ],
      }),
    );
  world.socket.drop();
  await world.pass(5_000);
  expect(world.of('subscribe').map(({ channel }) => channel)).toEqual(['hall']);
  const told = links.filter(({ reasonCode }) => reasonCode === 'KICKED_OUT_BY_SERVER');
  expect(told).toMatchObject([{ affectedChannels: ['lobby'], unrestoredChannels: ['lobby'] }]);
  expect(links.at(-1)).toMatchObject({ currentState: 'CONNECTED', affectedChannels: ['hall'] });
  await client.subscribe('lobby');
  expect(world.of('subscribe').at(-1)).toMatchObject({ channel: 'lobby' });
});
