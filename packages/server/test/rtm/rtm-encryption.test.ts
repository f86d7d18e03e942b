import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RTMConfig } from '../../../rtm/src/index.ts';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testCustomer,
} from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

const sealed: RTMConfig = {
  encryptionMode: 'AES_256_GCM',
  cipherKey: 'k1',
  salt: new Uint8Array(32).fill(5),
};
const authorization = `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`;
const login = async (userId: string, config: RTMConfig = sealed): Promise<RtmUser> => {
  const user = rtmUser(server.url, userId, config);
  await user.client.login({ token: rtmToken(userId) });
  return user;
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { errorCode?: number }) => error.errorCode,
  );
const said = ({ messages }: RtmUser) => messages.map(({ message }) => message);

test('RTM134: clients with the same key read each other, text and bytes up to the limit, in order; others read nothing, and go on', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  const eve = await login('eve', { ...sealed, cipherKey: 'k2' });
  const plain = await login('plain', {});
  for (const { client } of [ann, bob, eve, plain]) await client.subscribe('vault');
  const bytes = new Uint8Array(32_768).map((_, each) => each);
  // JSON would make six of each of these: encrypted they fit.
  const control = '\u0001'.repeat(32_768);
  const messages = [
    'first',
    bytes,
    '',
    control,
    ...Array.from({ length: 20 }, (_, each) => `number ${each}`),
  ];
  await Promise.all(messages.map((message) => ann.client.publish('vault', message, { customType: 'c' })));
  await bob.until('all', () => bob.messages.length === messages.length);
  expect(said(bob)).toEqual(messages);
  expect(bob.messages[0]).toMatchObject({ publisher: 'ann', customType: 'c', messageType: 'STRING' });
  expect(bob.messages[1]).toMatchObject({ messageType: 'BINARY', channelName: 'vault' });
  await ann.until('the echo', () => ann.messages.length === messages.length);
  expect(await codeOf(ann.client.publish('vault', 'x'.repeat(32_769)))).toBe(-11010);

  await plain.client.publish('vault', 'in the clear');
  await bob.client.publish('vault', 'last');
  await plain.until('its own', () => plain.messages.length > 0);
  await ann.until('the last', () => said(ann).at(-1) === 'last');
  expect(said(ann)).not.toContain('in the clear');
  expect(said(plain)).toEqual(['in the clear']);
  await eve.client.publish('vault', 'mine');
  await eve.until('its own', () => eve.messages.length > 0);
  expect(said(eve)).toEqual(['mine']);
});

test('RTM134: what is told in between comes in its order: presence, and an unsubscribed channel tells nothing more', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  await bob.client.subscribe('hall');
  const order: string[] = [];
  bob.client.on('message', ({ message }) => order.push(String(message)));
  bob.client.on('presence', ({ eventType }) => order.push(eventType));
  await bob.until('the snapshot', () => bob.presence.length === 1);
  await ann.client.publish('hall', 'before');
  await ann.client.subscribe('hall');
  await ann.client.publish('hall', 'after');
  await bob.until('both', () => bob.messages.length === 2);
  expect(order.filter((each) => each !== 'SNAPSHOT')).toEqual(['before', 'REMOTE_JOIN', 'after']);
  const publishing = ann.client.publish('hall', 'too late');
  await bob.client.unsubscribe('hall');
  await publishing;
  await ann.client.publish('bob', 'a mark', { channelType: 'USER' });
  await bob.until('the mark', () => said(bob).includes('a mark'));
  expect(said(bob)).not.toContain('too late');
});

test('RTM135: the server, its history and REST have nothing but the sealed message; clients with the key read their history', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  const keep = { storeInHistory: true } as const;
  await ann.client.publish('diary', 'a secret of the house', { ...keep, customType: 'note' });
  await ann.client.publish('bob', 'for bob alone', { ...keep, channelType: 'USER' });
  await bob.client.publish('ann', Uint8Array.of(1, 2), { ...keep, channelType: 'USER' });
  const shown = await fetch(`${server.url}/v1/apps/${testApp.id}/channels/diary/messages`, {
    headers: { authorization },
  });
  const { messages } = (await shown.json()) as { messages: { content: object }[] };
  expect(messages).toHaveLength(1);
  expect(Object.keys(messages[0]?.content ?? {})).toEqual(['sealed']);
  const read = async (
    { client }: RtmUser,
    ...[channel, type]: ['diary' | 'bob' | 'ann', 'MESSAGE' | 'USER']
  ) => (await client.history.getMessages(channel, type)).messageList.map(({ message }) => message);
  expect(await read(bob, 'diary', 'MESSAGE')).toEqual(['a secret of the house']);
  expect(await read(ann, 'bob', 'USER')).toEqual([Uint8Array.of(1, 2), 'for bob alone']);
  expect(await read(bob, 'ann', 'USER')).toEqual([Uint8Array.of(1, 2), 'for bob alone']);
  const eve = await login('eve', { ...sealed, salt: new Uint8Array() });
  expect(await eve.client.history.getMessages('diary', 'MESSAGE')).toMatchObject({
    messageList: [],
    newStart: 0,
  });
});

test('RTM134: messages in topics are sealed too, up to their limit', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  const { RtcTokenBuilder, RtcRole } = await import('agora-token');
  const arenas = [];
  for (const { client } of [ann, bob]) {
    const arena = client.createStreamChannel('arena');
    const userId = client === ann.client ? 'ann' : 'bob';
    const token = RtcTokenBuilder.buildTokenWithUserAccount(
      testApp.id,
      testApp.certificate,
      'arena',
      userId,
      RtcRole.PUBLISHER,
      600,
      600,
    );
    await arena.join({ token });
    arenas.push(arena);
  }
  const [annsArena, bobsArena] = arenas;
  await annsArena?.joinTopic('moves');
  await bobsArena?.subscribeTopic('moves', { users: ['ann'] });
  const most = new Uint8Array(1024).fill(3);
  const sent = ['e4', most, 'e5'];
  await Promise.all(sent.map((each) => annsArena?.publishTopicMessage('moves', each)));
  await bob.until('the moves', () => bob.messages.length === 3);
  expect(said(bob)).toEqual(sent);
  expect(bob.messages[0]).toMatchObject({ channelType: 'STREAM', topicName: 'moves', publisher: 'ann' });
});

test('RTM130: the example of docs/encryption.md publishes from a backend what clients read', async () => {
  const page = readFileSync(new URL('../../../../docs/encryption.md', import.meta.url), 'utf8');
  const example = page.split('```ts\n').at(-1)?.split('```')[0];
  const folder = await mkdtemp(join(tmpdir(), 'housecount-example-'));
  const settings = `const cipherKey = 'k1';\nconst salt = Buffer.alloc(32, 5);\n`;
  const file = join(folder, 'seal.ts');
  try {
    await writeFile(file, `${settings}${example}\nexport { seal };\n`);
    const { seal } = (await import(file)) as { seal: (...args: string[]) => { sealed: string } };
    const bob = await login('bob');
    await bob.client.subscribe('news');
    const answer = await fetch(`${server.url}/v1/apps/${testApp.id}/channels/news/messages`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        publisher: 'the house',
        content: seal('doors open', testApp.id, 'news', 'the house'),
      }),
    });
    expect(answer.status).toBe(200);
    await bob.until('the news', () => bob.messages.length > 0);
    expect(bob.messages[0]).toMatchObject({ message: 'doors open', publisher: 'the house' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
