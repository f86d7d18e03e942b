import { afterEach, expect, test } from 'bun:test';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { type ServerProcess, startServerProcess } from '../../../testing/processes/server-process.ts';

const channel = 'premiere';
let server: ServerProcess | undefined;
let clients: SignalingClient[] = [];
afterEach(async () => {
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
  server = undefined;
});
const login = async (...[url, userId, over]: Parameters<typeof SignalingClient.login>) => {
  const client = await SignalingClient.login(url, userId, over);
  clients.push(client);
  return client;
};

test('SIG38: who comes back after kill -9 makes no presence event, who does not is a timeout', async () => {
  server = await startServerProcess({
    leases: { rtcMs: 10_000, signalingMs: 10_000, recoveryMs: 10_000 },
  });
  const { url } = server;
  const before = await Promise.all(['ann', 'bob', 'cid'].map((userId) => login(url, userId)));
  for (const client of before) await client.subscribes(channel, { states: { mood: 'good' } });
  await server.kill();
  await server.restart();
  const [ann, bob] = await Promise.all(
    ['ann', 'bob'].map(async (userId, index) => {
      const session = before[index]?.welcome.session;
      const client = await login(url, userId, session ? { session } : {});
      expect(client.welcome.session.id).toBe(session?.id ?? '');
      await client.subscribes(channel);
      return client;
    }),
  );
  if (!ann || !bob) throw new Error('two came back');
  await ann.until('the timeout', () => ann.presence(channel).some(({ type }) => type === 'REMOTE_TIMEOUT'));
  const [snapshot, ...more] = ann.presence(channel);
  expect(snapshot).toMatchObject({ type: 'SNAPSHOT', occupants: { length: 3 } });
  expect(more).toEqual([{ type: 'REMOTE_TIMEOUT', userId: 'cid' }]);
  expect(await bob.asks({ type: 'get-state', channelType: 'MESSAGE', channel, userId: 'ann' })).toMatchObject(
    { result: { states: { mood: 'good' } } },
  );
}, 120_000);
