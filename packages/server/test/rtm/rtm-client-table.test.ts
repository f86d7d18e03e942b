import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { RtmTokenBuilder } from 'agora-token';
import AgoraRTM, { type RTMClient, type RTMConfig } from '../../../rtm/src/index.ts';
import { logoutAll, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { codeOf, loggedIn, newChannel, streamToken } from '../../testing/clients/rtm-tables.ts';
import { SignalingClient } from '../../testing/clients/signaling-client.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

/** One test for each row of the API's tables of the client, its errors and rates (spec: signaling sections 0, 1, 5 and 6.1), against a real server. */
let server: TestServer;
/** A server at which each client's own settings say how long it may be silent. */
let patient: TestServer;
/** The result of a test that runs long, beside the others. */
let dying: ReturnType<typeof dieSilently>;
const deathbed = 'deathbed';
async function dieSilently() {
  const watcher = await SignalingClient.login(patient.url, 'the watcher');
  await watcher.subscribes(deathbed);
  const loggedInWith = async (userId: string, presenceTimeout: number) => {
    const client = await SignalingClient.login(patient.url, userId, {
      heartbeatInterval: 5,
      presenceTimeout,
    });
    await client.subscribes(deathbed);
    return client;
  };
  // The first is told as early as settings go: after 5 s, 10 s, and 5 s. A standstill of the server lengthens the leases of both.
  const [first, second] = [await loggedInWith('first', 5), await loggedInWith('second', 10)];
  first.drop();
  second.drop();
  return { watcher, lostMs: Date.now() };
}
beforeAll(async () => {
  [server, patient] = await Promise.all([
    startTestServer(),
    startTestServer({ apps: [{ ...testApp, signaling: { lease: 'client', debounceMs: 0 } }] }),
  ]);
  dying = dieSilently();
}, 60_000);
afterEach(() => logoutAll());
afterAll(async () => {
  await Promise.all([server.close(), patient.close()]);
});
const login = (userId: string, config?: RTMConfig) => loggedIn(server.url, userId, config);

type Call = readonly [name: string, call: (client: RTMClient) => unknown];
const item = [{ key: 'k', value: 'v' }];
/** Every call that needs the network, with arguments that are legal. */
const calls: readonly Call[] = [
  ['subscribe', (c) => c.subscribe('lobby')],
  ['publish', (c) => c.publish('lobby', 'x')],
  ['renewToken', (c) => c.renewToken('007x')],
  ['getOnlineUsers', (c) => c.presence.getOnlineUsers('lobby', 'MESSAGE')],
  ['whoNow', (c) => c.presence.whoNow('lobby', 'MESSAGE')],
  ['getUserChannels', (c) => c.presence.getUserChannels('ann')],
  ['whereNow', (c) => c.presence.whereNow('ann')],
  ['presenceSetState', (c) => c.presence.setState('lobby', 'MESSAGE', { a: '1' })],
  ['presenceGetState', (c) => c.presence.getState('ann', 'lobby', 'MESSAGE')],
  ['removeState', (c) => c.presence.removeState('lobby', 'MESSAGE')],
  ['setChannelMetadata', (c) => c.storage.setChannelMetadata('lobby', 'MESSAGE', item)],
  ['updateChannelMetadata', (c) => c.storage.updateChannelMetadata('lobby', 'MESSAGE', item)],
  ['removeChannelMetadata', (c) => c.storage.removeChannelMetadata('lobby', 'MESSAGE')],
  ['getChannelMetadata', (c) => c.storage.getChannelMetadata('lobby', 'MESSAGE')],
  ['setUserMetadata', (c) => c.storage.setUserMetadata(item)],
  ['updateUserMetadata', (c) => c.storage.updateUserMetadata(item)],
  ['removeUserMetadata', (c) => c.storage.removeUserMetadata()],
  ['getUserMetadata', (c) => c.storage.getUserMetadata()],
  ['subscribeUserMetadata', (c) => c.storage.subscribeUserMetadata('bob')],
  ['setLock', (c) => c.lock.setLock('lobby', 'MESSAGE', 'l')],
  ['removeLock', (c) => c.lock.removeLock('lobby', 'MESSAGE', 'l')],
  ['acquireLock', (c) => c.lock.acquireLock('lobby', 'MESSAGE', 'l')],
  ['releaseLock', (c) => c.lock.releaseLock('lobby', 'MESSAGE', 'l')],
  ['revokeLock', (c) => c.lock.revokeLock('lobby', 'MESSAGE', 'l', 'ann')],
  ['getLock', (c) => c.lock.getLock('lobby', 'MESSAGE')],
  ['getMessages', (c) => c.history.getMessages('lobby', 'MESSAGE')],
  ['join', (c) => c.createStreamChannel('arena').join()],
];

describe('calls before a login and after its end', () => {
  test.each(calls)('RTM120: %s: −10025 before a login and after a logout', async (_, call) => {
    const { client } = rtmUser(server.url, 'ann');
    expect(await codeOf(() => call(client))).toBe(-10025);
    await client.login({ token: rtmToken('ann') });
    await client.logout();
    expect(await codeOf(() => call(client))).toBe(-10025);
  });

  test('RTM120: after a failure: −10025, of storage and locks −10011; states may be set', async () => {
    const { client, until: untilSeen, links } = await login('ann');
    await login('ann');
    await untilSeen('the end', () => links.at(-1)?.currentState === 'FAILED');
    for (const [name, call] of calls) {
      const storage = /Metadata|Lock/.test(name);
      const allowed = name === 'presenceSetState' || name === 'removeState';
      expect([name, await codeOf(() => call(client))]).toEqual([
        name,
        storage ? -10011 : allowed ? 0 : -10025,
      ]);
    }
  });

  test('RTM120: logout and unsubscribe are answered without a login', async () => {
    const { client } = rtmUser(server.url, 'ann');
    expect(await client.unsubscribe('lobby')).toEqual({ timestamp: 0, channelName: 'lobby' });
    expect(await client.logout()).toEqual({ timestamp: 0 });
  });
});

describe('errors', () => {
  test('RTM120: they have operation, reason with its full stop, errorCode, code, and the message of both', async () => {
    const { client } = await login('ann');
    const error = (await client.subscribe('a.b').catch((each: unknown) => each)) as Record<string, unknown>;
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ error: true, operation: 'subscribe', errorCode: -10008, code: -10008 });
    expect(error.reason).toMatch(/\.$/);
    expect(error.message).toBe(`Error Code -10008 - ${error.reason}`);
    expect(error).toBeInstanceOf(AgoraRTM.RTMBaseError);
  });

  test('RTM120: of bad arguments, what is checked first is told: rate, type, connection, the rest', async () => {
    const { client } = rtmUser(server.url, 'ann');
    const bad = 'USER' as never;
    expect(await codeOf(() => client.presence.getOnlineUsers('a.b', bad))).toBe(-10019);
    expect(await codeOf(() => client.presence.getOnlineUsers('a.b', 'MESSAGE'))).toBe(-10025);
    await client.login({ token: rtmToken('ann') });
    expect(await codeOf(() => client.presence.getOnlineUsers('a.b', 'MESSAGE'))).toBe(-10008);
    while ((await codeOf(() => client.presence.getOnlineUsers('a.b', bad))) === -10019);
    expect(await codeOf(() => client.presence.getOnlineUsers('a.b', bad))).toBe(-10021);
  });

  const badNames = calls.filter(([name]) =>
    /Lock|ChannelMetadata|OnlineUsers|whoNow|State|getMessages/.test(name),
  );
  test.each(badNames)('RTM120: %s: a channel name that is not legal: −10008', async (name) => {
    const { client } = await login('ann');
    const bad: Record<string, (c: RTMClient) => unknown> = {
      getOnlineUsers: (c) => c.presence.getOnlineUsers('a.b', 'MESSAGE'),
      whoNow: (c) => c.presence.whoNow('a.b', 'MESSAGE'),
      presenceSetState: (c) => c.presence.setState('a.b', 'MESSAGE', {}),
      presenceGetState: (c) => c.presence.getState('ann', 'a.b', 'MESSAGE'),
      removeState: (c) => c.presence.removeState('a.b', 'MESSAGE'),
      setChannelMetadata: (c) => c.storage.setChannelMetadata('a.b', 'MESSAGE', item),
      updateChannelMetadata: (c) => c.storage.updateChannelMetadata('a.b', 'MESSAGE', item),
      removeChannelMetadata: (c) => c.storage.removeChannelMetadata('a.b', 'MESSAGE'),
      getChannelMetadata: (c) => c.storage.getChannelMetadata('a.b', 'MESSAGE'),
      setLock: (c) => c.lock.setLock('a.b', 'MESSAGE', 'l'),
      removeLock: (c) => c.lock.removeLock('a.b', 'MESSAGE', 'l'),
      acquireLock: (c) => c.lock.acquireLock('a.b', 'MESSAGE', 'l'),
      releaseLock: (c) => c.lock.releaseLock('a.b', 'MESSAGE', 'l'),
      revokeLock: (c) => c.lock.revokeLock('a.b', 'MESSAGE', 'l', 'ann'),
      getLock: (c) => c.lock.getLock('a.b', 'MESSAGE'),
      getMessages: (c) => c.history.getMessages('a.b', 'MESSAGE'),
    };
    expect(await codeOf(() => bad[name]?.(client))).toBe(-10008);
  });

  test('RTM120: a user id that is not legal: −10006', async () => {
    const { client } = await login('ann');
    for (const call of [
      () => client.presence.getUserChannels('a.b'),
      () => client.presence.getState('a.b', 'lobby', 'MESSAGE'),
      () => client.storage.getUserMetadata({ userId: 'a.b' }),
      () => client.storage.subscribeUserMetadata(''),
    ])
      expect(await codeOf(call)).toBe(-10006);
  });
});

describe('calls in a second', () => {
  const rates: readonly [
    bucket: string,
    perSecond: number,
    call: (client: RTMClient, at: number) => unknown,
  ][] = [
    ['publish', 60, (c) => c.publish('lobby', 'x')],
    ['subscribe', 20, (c, at) => c.subscribe(`rate ${at}`)],
    ['getOnlineUsers', 20, (c) => c.presence.getOnlineUsers('lobby', 'MESSAGE')],
    ['getState', 20, (c) => c.presence.getState('ann', 'lobby', 'MESSAGE')],
    ['getUserChannels', 20, (c) => c.presence.getUserChannels('ann')],
    ['modifyState', 20, (c) => c.presence.setState('lobby', 'MESSAGE', { a: '1' })],
    ['modifyState', 20, (c) => c.presence.removeState('lobby', 'MESSAGE')],
    ['channelMetaModify', 20, (c) => c.storage.setChannelMetadata('lobby', 'MESSAGE', item)],
    ['channelMetaGet', 20, (c) => c.storage.getChannelMetadata('lobby', 'MESSAGE')],
    ['userMetaModify', 20, (c) => c.storage.setUserMetadata(item)],
    ['setLock', 20, (c) => c.lock.setLock('lobby', 'MESSAGE', 'l')],
    ['getMessages', 20, (c) => c.history.getMessages('lobby', 'MESSAGE')],
    ['acquireLock', 10, (c) => c.lock.acquireLock('lobby', 'MESSAGE', 'l')],
  ];
  test.each(rates)('RTM120: %s: −10021 above %d, in the name of the kind', async (bucket, most, call) => {
    const { client } = await login('ann');
    const attempts = await Promise.all(
      Array.from({ length: most + 3 }, async (_, at) => {
        try {
          await call(client, at);
          return undefined;
        } catch (error) {
          const { errorCode, operation } = error as { errorCode: number; operation: string };
          return errorCode === -10021 ? operation : undefined;
        }
      }),
    );
    expect(attempts.filter((each) => each === undefined)).toHaveLength(most);
    expect(attempts.slice(most)).toEqual([bucket, bucket, bucket]);
  });

  test('RTM120: after a second there is room again', async () => {
    const { client } = await login('ann');
    const acquire = () => codeOf(() => client.lock.acquireLock('lobby', 'MESSAGE', 'never'));
    const all = await Promise.all(Array.from({ length: 11 }, acquire));
    expect(all.at(-1)).toBe(-10021);
    await Bun.sleep(1_050);
    expect(await acquire()).toBe(-14008);
  });
});

describe('login, logout, tokens', () => {
  test('RTM116: login: connected at once with a token of this user; a wrong one, or none: −10005, and FAILED', async () => {
    const ann = rtmUser(server.url, 'ann');
    for (const options of [undefined, {}, { token: '' }, { token: testApp.id }, { token: rtmToken('bob') }])
      expect(await codeOf(() => ann.client.login(options))).toBe(-10005);
    expect(ann.links.at(-1)).toMatchObject({ currentState: 'FAILED', reasonCode: 'INVALID_TOKEN' });
    expect(await ann.client.login({ token: rtmToken('ann') })).toEqual({ timestamp: expect.any(Number) });
    const changes = ann.links.slice(-2).map(({ currentState, operation }) => `${currentState} ${operation}`);
    expect(changes).toEqual(['CONNECTING LOGIN', 'CONNECTED LOGIN']);
  });

  test('RTM116: a token of another app: −10016; one that has ended: −10009', async () => {
    const { client } = rtmUser(server.url, 'ann');
    const other = 'f'.repeat(32);
    const foreign = RtmTokenBuilder.buildToken(other, other, 'ann', 600);
    expect(await codeOf(() => client.login({ token: foreign }))).toBe(-10016);
    const short = rtmToken('ann', 1);
    await Bun.sleep(2_100);
    expect(await codeOf(() => client.login({ token: short }))).toBe(-10009);
    const unknown = new AgoraRTM.RTM(other, 'ann', {
      logLevel: 'none',
      privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: [server.url] },
    });
    expect(await codeOf(() => unknown.login({ token: foreign }))).toBe(-10003);
  });

  test('RTM116: another login, and a logout, cancel one that is pending: −10023', async () => {
    const { client } = rtmUser(server.url, 'ann');
    const token = rtmToken('ann');
    const [first, second] = [codeOf(() => client.login({ token })), client.login({ token })];
    expect(await first).toBe(-10023);
    await second;
    await client.logout();
    const third = codeOf(() => client.login({ token }));
    await client.logout();
    expect(await third).toBe(-10023);
  });

  test('RTM116: logout: others see a leave in every channel; what was subscribed is not after a new login', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channels = [newChannel(), newChannel()];
    for (const channel of channels) {
      await bob.client.subscribe(channel);
      await ann.client.subscribe(channel);
    }
    await ann.client.logout();
    await bob.until('both', () => bob.told().filter((each) => each === 'REMOTE_LEAVE ann').length === 2);
    await ann.client.login({ token: rtmToken('ann') });
    expect((await ann.client.presence.getUserChannels('')).channels).toEqual([]);
  });

  test('RTM116: renewToken of a stream channel is renewed by its name; one that is not joined: −11001', async () => {
    const { client } = await login('ann');
    const channel = newChannel();
    const renew = () =>
      codeOf(() => client.renewToken(streamToken('ann', channel), { channelName: channel }));
    expect(await renew()).toBe(-11001);
    await client.createStreamChannel(channel).join({ token: streamToken('ann', channel) });
    expect(await renew()).toBe(0);
  });

  test('RTM116: a token that ends: told 30 s before in both events, then FAILED with TOKEN_EXPIRED; a new login works', async () => {
    const ann = rtmUser(server.url, 'ann');
    const positional: string[] = [];
    ann.client.addEventListener('tokenPrivilegeWillExpire', (channelName) => positional.push(channelName));
    await ann.client.login({ token: rtmToken('ann', 3) });
    await ann.until('the warning', () => ann.tokens.length > 0);
    expect(ann.tokens[0]).toEqual({
      eventType: 'WILL_EXPIRE',
      reason: 'The token is about to expire' as never,
      affectedResources: { messageChannels: [] },
      timestamp: expect.any(Number),
    });
    expect(positional).toEqual(['']);
    await ann.until('the end', () => ann.links.at(-1)?.currentState === 'FAILED');
    expect(ann.links.at(-1)).toMatchObject({ operation: 'SERVER_REJECT', reasonCode: 'TOKEN_EXPIRED' });
    await ann.client.login({ token: rtmToken('ann') });
  }, 30_000);
});

describe('link states', () => {
  const changesOf = (links: { previousState: string; currentState: string }[]) =>
    links.map(({ previousState, currentState }) => `${previousState} ${currentState}`);

  test('RTM116: IDLE to CONNECTED and back, with operation, reason, its text and code', async () => {
    const ann = await login('ann');
    await ann.client.logout();
    expect(changesOf(ann.links)).toEqual(['IDLE CONNECTING', 'CONNECTING CONNECTED', 'CONNECTED IDLE']);
    expect(ann.links).toMatchObject([
      { operation: 'LOGIN', reasonCode: 'LOGIN', reason: 'Perform login operation', serviceType: 'MESSAGE' },
      { operation: 'LOGIN', reasonCode: 'LOGIN_SUCCESS', reason: 'Login success', isResumed: false },
      { operation: 'LOGOUT', reasonCode: 'LOGOUT', reason: 'Logout success' },
    ]);
  });

  test('RTM116: a loss: DISCONNECTED, CONNECTING, CONNECTED, resumed, with the channels', async () => {
    const ann = await login('ann');
    const channel = newChannel();
    await ann.client.subscribe(channel);
    const before = ann.links.length;
    ann.breakSocket();
    await ann.until('the connection', () => ann.links.slice(before).at(-1)?.currentState === 'CONNECTED');
    expect(changesOf(ann.links.slice(before))).toEqual([
      'CONNECTED DISCONNECTED',
      'DISCONNECTED CONNECTING',
      'CONNECTING CONNECTED',
    ]);
    expect(ann.links.at(-1)).toMatchObject({
      operation: 'RECONNECTED',
      reasonCode: 'RECONNECT_SUCCESS',
      affectedChannels: [channel],
      unrestoredChannels: [],
      isResumed: true,
    });
  });

  test('RTM116: the same user elsewhere: FAILED with SAME_UID_LOGIN, and no attempt to come back', async () => {
    const first = await login('ann');
    await login('ann');
    await first.until('the end', () => first.links.at(-1)?.currentState === 'FAILED');
    expect(first.links.at(-1)).toMatchObject({
      operation: 'SERVER_REJECT',
      reasonCode: 'SAME_UID_LOGIN',
      reason: 'The same uid login on another device',
    });
    await Bun.sleep(2_500);
    expect(first.links.at(-1)?.currentState).toBe('FAILED');
  });

  test('RTM116: a stream channel has a link of its own: STREAM, from join to leave', async () => {
    const ann = await login('ann');
    const channel = newChannel();
    const stream = ann.client.createStreamChannel(channel);
    await stream.join({ token: streamToken('ann', channel) });
    await stream.leave();
    expect(
      ann.links
        .filter(({ serviceType }) => serviceType === 'STREAM')
        .map(({ currentState, operation, reasonCode }) => `${currentState} ${operation} ${reasonCode}`),
    ).toEqual(['CONNECTING JOIN JOIN', 'CONNECTED JOIN JOIN_SUCCESS', 'IDLE LEAVE LEAVE']);
  });
});

describe('RTMConfig', () => {
  test('RTM116: presenceTimeout and heartbeatInterval: out of range they are moved to the nearest bound', async () => {
    const watcher = await loggedIn(patient.url, 'watcher');
    const channel = newChannel();
    await watcher.client.subscribe(channel);
    for (const config of [
      { presenceTimeout: 0, heartbeatInterval: -1 },
      { presenceTimeout: 5, heartbeatInterval: 5 },
    ]) {
      const ann = await loggedIn(patient.url, 'ann', config);
      await ann.client.subscribe(channel);
      await ann.client.logout();
    }
    await watcher.until('both', () => watcher.presence.length === 5);
  });

  test('RTM116: a silent death is told after heartbeat, 10 s and presenceTimeout, where the app leaves it to the client', async () => {
    const { watcher, lostMs } = await dying;
    const timeouts = () => watcher.all('presence').filter(({ event }) => event.type === 'REMOTE_TIMEOUT');
    await watcher.until('both timeouts', () => timeouts().length === 2, 60_000);
    expect(timeouts().map(({ event }) => 'userId' in event && event.userId)).toEqual(['first', 'second']);
    const [first, second] = timeouts().map(({ serverMs }) => serverMs - lostMs);
    expect(first).toBeGreaterThan(18_000);
    expect(second).toBeGreaterThan(23_000);
    watcher.drop();
  }, 120_000);

  test('RTM116: useStringUserId false needs a number; serviceType without STREAM has no stream channels', async () => {
    expect(await codeOf(() => rtmUser(server.url, 'ann', { useStringUserId: false }))).toBe(-10006);
    const seven = await login('7', { useStringUserId: false });
    await seven.client.publish('7', 'me', { channelType: 'USER' });
    const plain = rtmUser(server.url, 'ann', {
      privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: [server.url] },
    });
    expect(await codeOf(() => plain.client.createStreamChannel('x'))).toBe(-10022);
    const streams = rtmUser(server.url, 'ann', {
      privateConfig: { serviceType: ['STREAM'], accessPointHosts: [server.url] },
    });
    expect(await codeOf(() => streams.client.login({ token: rtmToken('ann') }))).toBe(-10022);
  });
});
