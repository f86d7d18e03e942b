import { afterEach, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const channel = 'premiere';
let server: TestServer | undefined;
let sockets: { drop(): void }[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.drop();
  sockets = [];
  await server?.close();
  server = undefined;
});
const kept = <Socket extends { drop(): void }>(socket: Socket): Socket => {
  sockets.push(socket);
  return socket;
};

test('SIG38: one page that subscribes sees viewers that only watch come and go, with role and uid', async () => {
  server = await startTestServer();
  const { url } = server;
  const host = kept(await SignalingClient.login(url, 'host'));
  await host.subscribes(channel);
  const ann = kept(await Client.join({ url, channel, account: 'ann' }));
  const seven = kept(await Client.join({ url, channel, uid: 7, role: 'broadcaster' }));
  await host.until('both', () => host.presence(channel).length >= 5);
  expect(host.presence(channel).slice(1)).toEqual([
    { type: 'REMOTE_JOIN', userId: 'ann' },
    {
      type: 'REMOTE_STATE_CHANGED',
      userId: 'ann',
      states: { role: 'audience', uid: String(ann.welcome.uid) },
    },
    { type: 'REMOTE_JOIN', userId: '7' },
    { type: 'REMOTE_STATE_CHANGED', userId: '7', states: { role: 'broadcaster', uid: '7' } },
  ]);
  await ann.leave();
  await host.until('the leave', () =>
    host.presence(channel).some((event) => event.type === 'REMOTE_LEAVE' && event.userId === 'ann'),
  );
  const answer = await host.asks({
    type: 'online-users',
    channelType: 'MESSAGE',
    channel,
    includedUserId: true,
    includedState: false,
  });
  expect(answer).toMatchObject({
    result: { channelOccupancy: 2, occupants: [{ userId: 'host' }, { userId: '7' }] },
  });
  await seven.leave();
});

test('SIG33: over real sockets messages reach everybody there, in order, and nobody else', async () => {
  server = await startTestServer();
  const { url } = server;
  const clients = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => kept(await SignalingClient.login(url, `user ${index}`))),
  );
  const outsider = kept(await SignalingClient.login(url, 'outsider'));
  await outsider.subscribes('elsewhere');
  await Promise.all(clients.map((client) => client.subscribes(channel)));
  const [publisher] = clients;
  for (let at = 0; at < 100; at++)
    publisher?.send({
      type: 'publish',
      id: 1_000 + at,
      channelType: 'MESSAGE',
      channel,
      content: { text: `${at}` },
    });
  for (const client of clients) {
    await client.until('all messages', () => client.all('message').length >= 100);
    expect(client.all('message').map(({ content }) => content)).toEqual(
      Array.from({ length: 100 }, (_, at) => ({ text: `${at}` })),
    );
  }
  expect(outsider.all('message')).toEqual([]);
});

test('SIG18: a client that floods, or sends giant frames, is cut, and others are served meanwhile', async () => {
  server = await startTestServer();
  const { url } = server;
  const good = kept(await SignalingClient.login(url, 'good'));
  await good.subscribes(channel);
  const flooder = kept(await SignalingClient.login(url, 'flooder'));
  for (let at = 0; at < 20_000; at++) flooder.send('{"type":"ping"}');
  const giant = kept(await SignalingClient.login(url, 'giant'));
  giant.send(`{"type":"ping","pad":"${'x'.repeat(100_000)}"}`);
  const monster = kept(await SignalingClient.login(url, 'monster'));
  monster.send(`{"type":"ping","pad":"${'x'.repeat(1_000_000)}"}`);
  const answer = await good.asks({
    type: 'publish',
    channelType: 'MESSAGE',
    channel,
    content: { text: 'still here' },
  });
  expect(answer.type).toBe('ok');
  for (const client of [flooder, giant, monster]) await client.until('the end', () => client.closed);
  expect(flooder.all('closing')[0]?.code).toBe('rate_limited');
  expect(giant.all('closing')[0]?.code).toBe('frame_too_large');
  expect(good.closed).toBeUndefined();
});

test('SIG11: a plain request to /v1/signaling is told to upgrade', async () => {
  server = await startTestServer();
  const response = await fetch(`${server.url}/v1/signaling`);
  expect([response.status, await response.json()]).toMatchObject([426, { code: 'upgrade_required' }]);
});

test('SIG164: over real sockets, each is told once of the others, and of themselves not at all', async () => {
  server = await startTestServer();
  const { url } = server;
  const names = ['ann', 'bob', 'cat'];
  const users = await Promise.all(names.map((name) => SignalingClient.login(url, name).then(kept)));
  for (const user of users) await user.subscribes('parlour');
  const place = { channelType: 'MESSAGE', channel: 'parlour' };
  await Promise.all(
    users.map((user) => user.asks({ type: 'set-state', ...place, states: { mood: 'good' } })),
  );
  for (const [at, user] of users.entries()) {
    const told = () =>
      user
        .presence('parlour')
        .flatMap((event) => (event.type === 'REMOTE_STATE_CHANGED' ? [event.userId] : []));
    await user.until('word of the others', () => told().length >= 2);
    // The answer to a request made now comes after everything that was told.
    await user.asks({ type: 'get-state', ...place, userId: 'ann' });
    expect(told().sort()).toEqual(names.filter((_, other) => other !== at));
  }
});
