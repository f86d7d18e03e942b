import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { longLeases } from '../../testing/hostile/pair.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testCustomer,
} from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess({ leases: longLeases });
}, 150_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

const login = async (url: string, userId: string): Promise<RtmUser> => {
  const user = rtmUser(url, userId);
  await user.client.login({ token: rtmToken(userId) });
  return user;
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { errorCode?: number }) => error.errorCode,
  );

test('RTM103, SIG82: what was acknowledged is in the history after kill -9, once, and what is said next has later times', async () => {
  const [ann, bob] = await Promise.all([login(server.url, 'ann'), login(server.url, 'bob')]);
  await bob.client.subscribe('lobby');
  const acknowledged: string[] = [];
  const sending = (async () => {
    for (let each = 0; ; each++) {
      const text = `message ${each}`;
      const code = await codeOf(ann.client.publish('lobby', text, { storeInHistory: true }));
      if (code === 'ok') acknowledged.push(text);
      else if (code !== -10021) return;
    }
  })();
  await bob.until('some messages', () => bob.messages.length >= 20);
  await server.kill();
  await sending;
  await server.restart();
  await ann.until('a connection again', () => ann.links.at(-1)?.currentState === 'CONNECTED');

  const found: { text: string; timestamp: number }[] = [];
  let start = 0;
  do {
    const page = await ann.client.history.getMessages('lobby', 'MESSAGE', { messageCount: 7, start });
    for (const { message, timestamp } of page.messageList) found.push({ text: String(message), timestamp });
    start = page.newStart;
  } while (start !== 0);
  const texts = found.map(({ text }) => text);
  expect(new Set(texts).size).toBe(texts.length);
  // The last one may have been kept without its acknowledgement.
  const inOrder = [...texts].reverse();
  expect(inOrder.slice(0, acknowledged.length)).toEqual(acknowledged);
  expect(inOrder.length - acknowledged.length).toBeLessThanOrEqual(1);
  // A message that bob was told has the time under which it is found.
  for (const { message, timestamp } of bob.messages)
    expect(found).toContainEqual({ text: String(message), timestamp });

  await ann.client.publish('lobby', 'later', { storeInHistory: true });
  const [later, before] = (await ann.client.history.getMessages('lobby', 'MESSAGE', { messageCount: 2 }))
    .messageList;
  expect([later?.message, before?.message]).toEqual(['later', texts[0]]);
  expect(later?.timestamp).toBeGreaterThan(before?.timestamp ?? 0);
}, 60_000);

test('RTM103: to a user who is away, text and bytes are there when they come', async () => {
  const ann = await login(server.url, 'ann');
  const direct = { channelType: 'USER', storeInHistory: true, customType: 'note' } as const;
  expect(await codeOf(ann.client.publish('bob', 'see you', direct))).toBe(-11035);
  expect(await codeOf(ann.client.publish('bob', new Uint8Array([1, 2]), direct))).toBe(-11035);
  const bob = await login(server.url, 'bob');
  const { messageList } = await bob.client.history.getMessages('ann', 'USER');
  expect(messageList.map(({ message, publisher, customType }) => [message, publisher, customType])).toEqual([
    [new Uint8Array([1, 2]), 'ann', 'note'],
    ['see you', 'ann', 'note'],
  ]);
  // A server of the same app reads and deletes it over REST.
  const deleted = await fetch(`${server.url}/v1/apps/${testApp.id}/users/bob/messages`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}` },
  });
  expect(deleted.status).toBe(200);
  expect((await ann.client.history.getMessages('bob', 'USER')).count).toBe(0);
}, 60_000);
