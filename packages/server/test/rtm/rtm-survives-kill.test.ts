import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { logoutAll, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { type ServerProcess, startServerProcess } from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

test('RTM36, RTM37: after kill -9 both come back to where they were; what was decided meanwhile holds', async () => {
  const [ann, bob] = [rtmUser(server.url, 'ann'), rtmUser(server.url, 'bob')];
  for (const { client } of [ann, bob]) {
    await client.login({ token: rtmToken(client === ann.client ? 'ann' : 'bob') });
    await client.subscribe('lobby');
    await client.subscribe('hall');
  }
  await bob.client.presence.setState('lobby', 'MESSAGE', { mood: 'fine', seat: '7' });
  await ann.until('the state', () => ann.told().includes('REMOTE_STATE_CHANGED bob'));
  await server.kill();
  await bob.until('the loss', () => bob.links.at(-1)?.currentState !== 'CONNECTED');
  expect(await bob.client.unsubscribe('hall')).toEqual({ timestamp: 0, channelName: 'hall' });
  await bob.client.presence.removeState('lobby', 'MESSAGE', { states: ['seat'] });
  await server.restart();
  for (const user of [ann, bob]) {
    await user.until('the server', () => user.links.at(-1)?.currentState === 'CONNECTED');
    expect(user.links.at(-1)?.unrestoredChannels).toEqual([]);
  }
  await ann.client.publish('lobby', 'again');
  await bob.until('the message', () => bob.messages.length === 1);
  // The states came as a change or, if bob was back first, in ann's snapshot.
  const bobsStates = (): object | undefined => {
    for (const { channelName, publisher, stateChanged, eventType, snapshot } of ann.presence.toReversed()) {
      if (channelName !== 'lobby') continue;
      if (eventType === 'REMOTE_STATE_CHANGED' && publisher === 'bob') return stateChanged;
      if (snapshot) return snapshot.find(({ userId }) => userId === 'bob')?.states;
    }
    return undefined;
  };
  await ann.until("bob's new state", () => JSON.stringify(bobsStates()) === '{"mood":"fine"}');
  expect(await ann.client.presence.getState('bob', 'lobby', 'MESSAGE')).toMatchObject({
    states: { mood: 'fine' },
  });
  expect(
    (await ann.client.presence.getOnlineUsers('hall', 'MESSAGE')).occupants.map(({ userId }) => userId),
  ).toEqual(['ann']);
  expect(
    ann.told().filter((each) => each === 'REMOTE_TIMEOUT bob' || each === 'REMOTE_JOIN bob'),
  ).toHaveLength(2);
}, 120_000);
