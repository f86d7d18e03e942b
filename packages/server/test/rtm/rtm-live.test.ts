import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { Rtm2Permissions, RtmTokenBuilder } from 'agora-token';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    apps: [{ ...testApp, signaling: { announceMax: 8, intervalMs: 5000, debounceMs: 0 } }],
  });
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

const login = async (userId: string): Promise<RtmUser> => {
  const user = rtmUser(server.url, userId);
  await user.client.login({ token: rtmToken(userId) });
  return user;
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fulfilled',
    (error: { errorCode?: number }) => error.errorCode,
  );
let channels = 0;
const newChannel = (): string => `room-${++channels}`;

test('RTM30, RTM50: who subscribes sees who is there, who comes and who goes', async () => {
  const channel = newChannel();
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  await ann.client.subscribe(channel);
  await ann.until('a snapshot', () => ann.presence.length === 1);
  expect(ann.presence[0]?.snapshot).toEqual([{ userId: 'ann', states: {}, statesCount: 0 }]);
  await bob.client.subscribe(channel);
  await bob.until('a snapshot', () => bob.presence.length === 1);
  expect(bob.presence[0]?.snapshot?.map(({ userId }) => userId).sort()).toEqual(['ann', 'bob']);
  await ann.until('bob', () => ann.presence.length === 2);
  await bob.client.unsubscribe(channel);
  await ann.until('no bob', () => ann.presence.length === 3);
  await bob.client.subscribe(channel);
  await bob.client.logout();
  await ann.until('bob twice', () => ann.presence.length === 5);
  expect(ann.told()).toEqual([
    'SNAPSHOT',
    'REMOTE_JOIN bob',
    'REMOTE_LEAVE bob',
    'REMOTE_JOIN bob',
    'REMOTE_LEAVE bob',
  ]);
}, 60_000);

test('RTM34, RTM35: text, bytes, a custom type, and messages to a user arrive as they were sent', async () => {
  const channel = newChannel();
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  await Promise.all([ann.client.subscribe(channel), bob.client.subscribe(channel)]);
  const bytes = Uint8Array.from({ length: 32 * 1024 }, (_, at) => at % 256);
  const text = '"ä\n'.repeat(8192);
  await bob.client.publish(channel, text, { customType: 'röt' });
  await bob.client.publish(channel, bytes);
  await bob.client.publish('ann', 'only you', { channelType: 'USER' });
  await ann.until('three messages', () => ann.messages.length === 3);
  await bob.until('its own two', () => bob.messages.length === 2);
  expect(ann.messages.map(({ timestamp, ...rest }) => ({ ...rest, timed: timestamp > 1e12 }))).toEqual([
    {
      channelType: 'MESSAGE',
      channelName: channel,
      topicName: '',
      messageType: 'STRING',
      customType: 'röt',
      message: text,
      publisher: 'bob',
      timed: true,
    },
    {
      channelType: 'MESSAGE',
      channelName: channel,
      topicName: '',
      messageType: 'BINARY',
      customType: '',
      message: bytes,
      publisher: 'bob',
      timed: true,
    },
    {
      channelType: 'USER',
      channelName: 'ann',
      topicName: '',
      messageType: 'STRING',
      customType: '',
      message: 'only you',
      publisher: 'bob',
      timed: true,
    },
  ]);
  expect(await codeOf(bob.client.publish('nobody', 'x', { channelType: 'USER' }))).toBe(-11033);
}, 60_000);

test('RTM51-56: states and queries', async () => {
  const channel = newChannel();
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  const { presence } = bob.client;
  await ann.client.subscribe(channel);
  await presence.setState(channel, 'MESSAGE', { mood: 'fine', seat: '7' });
  await bob.client.subscribe(channel);
  await ann.until("bob's first state", () => ann.told().includes('REMOTE_STATE_CHANGED bob'));
  expect(ann.presence.at(-1)?.stateChanged).toEqual({ mood: 'fine', seat: '7' });
  await presence.removeState(channel, 'MESSAGE', { states: ['seat'] });
  await ann.until('less of it', () => !('seat' in (ann.presence.at(-1)?.stateChanged ?? {})));
  expect(await ann.client.presence.getState('bob', channel, 'MESSAGE')).toMatchObject({
    userId: 'bob',
    states: { mood: 'fine' },
    statesCount: 1,
  });
  const all = await ann.client.presence.getOnlineUsers(channel, 'MESSAGE', { includedState: true });
  expect(all).toMatchObject({ totalOccupancy: 2, channelOccupancy: 2, nextPage: '' });
  expect(all.occupants.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual([
    { userId: 'ann', states: {}, statesCount: 0 },
    { userId: 'bob', states: { mood: 'fine' }, statesCount: 1 },
  ]);
  expect(await ann.client.presence.whoNow(channel, 'MESSAGE', { includedUserId: false })).toMatchObject({
    totalOccupancy: 2,
    occupants: [],
  });
  expect(await ann.client.presence.whereNow('bob')).toMatchObject({
    channels: [{ channelName: channel, channelType: 'MESSAGE' }],
    totalChannel: 1,
  });
  expect((await bob.client.presence.getUserChannels('')).totalChannel).toBe(1);
  await bob.client.unsubscribe(channel);
  expect(await codeOf(ann.client.presence.getState('bob', channel, 'MESSAGE'))).toBe(-13011);
  expect((await ann.client.presence.getUserChannels('bob')).channels).toEqual([]);
}, 60_000);

test('RTM30: a quiet subscriber hears, and nobody hears of it', async () => {
  const channel = newChannel();
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  await ann.client.subscribe(channel);
  await bob.client.subscribe(channel, { beQuiet: true });
  await ann.client.publish(channel, 'hello');
  await bob.until('the message', () => bob.messages.length === 1);
  await bob.client.presence.setState(channel, 'MESSAGE', { mood: 'fine' });
  await bob.client.unsubscribe(channel);
  const cat = await login('cat');
  await cat.client.subscribe(channel);
  await ann.until('cat', () => ann.presence.length >= 2);
  expect(ann.told()).toEqual(['SNAPSHOT', 'REMOTE_JOIN cat']);
}, 60_000);

test('RTM36: a broken connection comes back with its session; nobody is told, and nothing has to be done', async () => {
  const channel = newChannel();
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  await ann.client.subscribe(channel);
  await bob.client.subscribe(channel);
  await bob.client.presence.setState(channel, 'MESSAGE', { mood: 'fine' });
  await ann.until('bob', () => ann.presence.length === 3);
  bob.breakSocket();
  await bob.until('it', () => bob.links.at(-1)?.reasonCode === 'RECONNECT_SUCCESS');
  expect(bob.links.at(-1)).toMatchObject({
    isResumed: true,
    affectedChannels: [channel],
    unrestoredChannels: [],
  });
  expect(bob.links.map(({ currentState }) => currentState)).toEqual([
    'CONNECTING',
    'CONNECTED',
    'DISCONNECTED',
    'CONNECTING',
    'CONNECTED',
  ]);
  await ann.client.publish(channel, 'still there?');
  await bob.until('the message', () => bob.messages.length === 1);
  expect(await ann.client.presence.getState('bob', channel, 'MESSAGE')).toMatchObject({
    states: { mood: 'fine' },
  });
  expect(ann.told()).toEqual(['SNAPSHOT', 'REMOTE_JOIN bob', 'REMOTE_STATE_CHANGED bob']);
}, 60_000);

test('RTM18: a login of the same user elsewhere ends the first for good', async () => {
  const first = await login('ann');
  const second = await login('ann');
  await first.until('the end', () => first.links.at(-1)?.currentState === 'FAILED');
  expect(first.links.at(-1)).toMatchObject({ operation: 'SERVER_REJECT', reasonCode: 'SAME_UID_LOGIN' });
  expect(await codeOf(first.client.publish('x', 'x'))).toBe(-10025);
  expect(await codeOf(second.client.publish('x', 'x'))).toBe('fulfilled');
}, 60_000);

test('RTM11, RTM19: tokens: wrong, of somebody else, expired; one that ends soon is told and renewed', async () => {
  const { client, links, tokens, until } = rtmUser(server.url, 'ann');
  expect(await codeOf(client.login())).toBe(-10005);
  expect(links.at(-1)).toMatchObject({ currentState: 'FAILED', reasonCode: 'INVALID_TOKEN' });
  expect(await codeOf(client.login({ token: 'nonsense' }))).toBe(-10005);
  expect(await codeOf(client.login({ token: rtmToken('bob') }))).toBe(-10005);
  await client.login({ token: rtmToken('ann', 20) });
  await until('the warning', () => tokens.length === 1);
  expect(tokens[0]).toMatchObject({ eventType: 'WILL_EXPIRE' });
  expect(await codeOf(client.renewToken('nonsense'))).toBe(-10005);
  expect((await client.renewToken(rtmToken('ann'))).timestamp).toBeGreaterThan(1e12);
  await client.logout();
  await client.login({ token: rtmToken('ann', 2) });
  await until('the end', () => links.at(-1)?.currentState === 'FAILED');
  expect(links.at(-1)).toMatchObject({ operation: 'SERVER_REJECT', reasonCode: 'TOKEN_EXPIRED' });
  const unknown = rtmUser(server.url, 'ann');
  await unknown.client.login({ token: rtmToken('ann') });
}, 60_000);

test('RTM112, SIG87: a token with lists, and one that allows less: the app is told which channels it reads no more', async () => {
  const listed = (...readable: string[]): string => {
    const permissions = new Rtm2Permissions();
    permissions.add(Rtm2Permissions.kMessageChannels, Rtm2Permissions.kRead, readable);
    permissions.add(Rtm2Permissions.kMessageChannels, Rtm2Permissions.kWrite, ['chat-*']);
    return RtmTokenBuilder.buildTokenWithPermissions(
      testApp.id,
      testApp.certificate,
      'ann',
      permissions,
      3600,
    );
  };
  const ann = rtmUser(server.url, 'ann');
  await ann.client.login({ token: listed('chat-*', 'news') });
  await ann.client.subscribe('chat-1');
  await ann.client.subscribe('news');
  expect(await codeOf(ann.client.subscribe('secret'))).toBe(-11021);
  expect(await codeOf(ann.client.publish('news', 'me too'))).toBe(-11024);
  await ann.client.publish('chat-1', 'hello');
  await ann.until('its own', () => ann.messages.length === 1);
  await ann.client.renewToken(listed('news'));
  await ann.until('the event', () => ann.tokens.length === 1);
  expect(ann.tokens[0]).toMatchObject({
    eventType: 'READ_PERMISSION_REVOKED',
    reason: 'The token read permission is revoked',
    affectedResources: { messageChannels: ['chat-1'] },
  });
  const restored = ann.links.length;
  ann.breakSocket();
  await ann.until('a connection again', () => ann.links.slice(restored).at(-1)?.currentState === 'CONNECTED');
  expect(ann.links.at(-1)).toMatchObject({ affectedChannels: ['news'], unrestoredChannels: [] });
  await ann.client.publish('chat-1', 'I do not hear this');
  await (await login('bob')).client.publish('news', 'but this');
  await ann.until('the news', () => ann.messages.length === 2);
  expect(ann.messages[1]?.message).toBe('but this');
}, 60_000);

test('RTM50: in a large channel changes come together, net, with the number at the end', async () => {
  const channel = newChannel();
  const ann = await login('ann');
  await ann.client.subscribe(channel);
  const others = await Promise.all(Array.from({ length: 12 }, (_, at) => login(`user-${at}`)));
  for (const { client } of others) await client.subscribe(channel);
  const [first] = others;
  await first?.client.unsubscribe(channel);
  await ann.until('the interval', () => ann.presence.some(({ interval }) => interval?.totalOccupancy === 12));
  const joined = new Set<string>();
  for (const { eventType, publisher, interval } of ann.presence) {
    if (eventType === 'REMOTE_JOIN') joined.add(publisher);
    if (eventType === 'REMOTE_LEAVE') joined.delete(publisher);
    for (const userId of interval?.join.users ?? []) joined.add(userId);
    for (const userId of interval?.leave.users ?? []) joined.delete(userId);
  }
  expect([...joined].sort()).toEqual(Array.from({ length: 11 }, (_, at) => `user-${at + 1}`).sort());
}, 60_000);
