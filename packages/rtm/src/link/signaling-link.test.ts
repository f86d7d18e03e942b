import { afterEach, beforeEach, expect, test } from 'bun:test';
import { environment } from '../settings/environment.ts';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { app, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.restore());

const say = (closing: { code: string; retry?: boolean; errorCode?: number; retryAfterMs?: number }): void =>
  world.socket.tell({ type: 'closing', message: 'The server ends this.', retry: false, ...closing });

test('RTM10: login opens one socket and says who, with which token and which timings', async () => {
  const { client, changes, links } = makeClient('ann', {
    presenceTimeout: 2,
    heartbeatInterval: 9999,
    privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: ['server.test'] },
  });
  expect(await client.login({ token: '007secret' })).toEqual({ timestamp: world.nowMs });
  expect(world.sockets.map((socket) => socket.url)).toEqual(['wss://server.test/v1/signaling']);
  expect(world.logins).toEqual([
    {
      type: 'login',
      version: 1,
      app,
      userId: 'ann',
      token: '007secret',
      heartbeatInterval: 1800,
      presenceTimeout: 5,
    },
  ]);
  expect(links[0]).toEqual({
    currentState: 'CONNECTING',
    previousState: 'IDLE',
    serviceType: 'MESSAGE',
    operation: 'LOGIN',
    reason: 'Perform login operation',
    reasonCode: 'LOGIN',
    affectedChannels: [],
    unrestoredChannels: [],
    isResumed: false,
    timestamp: world.nowMs,
  });
  expect(changes()).toEqual(['CONNECTING LOGIN LOGIN', 'CONNECTED LOGIN LOGIN_SUCCESS']);
});

test('RTM10: without a token, with an empty one, or with the app id as one, none is sent', async () => {
  for (const [user, options] of [
    ['a', undefined],
    ['b', {}],
    ['c', { token: '' }],
    ['d', { token: app }],
  ] as const)
    await makeClient(user).client.login(options);
  expect(world.logins).toHaveLength(4);
  for (const login of world.logins) expect(login).not.toHaveProperty('token');
  expect(world.logins[0]).toMatchObject({ heartbeatInterval: 5, presenceTimeout: 300 });
  expect(await outcome(makeClient().client.login({ token: 7 as unknown as string }))).toBe(-10005);
});

test('RTM11: a login that is refused rejects with the code, and the link has failed until another login', async () => {
  const { client, changes } = makeClient();
  for (const [code, errorCode, reason] of [
    ['invalid_token', -10005, 'INVALID_TOKEN'],
    ['token_expired', -10009, 'TOKEN_EXPIRED'],
    ['token_app_mismatch', -10016, 'INCONSISTENT_APP_ID'],
    ['token_no_privilege', -10015, 'LOGIN_NOT_AUTHORIZED'],
    ['invalid_app_id', -10003, 'LOGIN_REJECTED'],
    ['banned', -10012, 'KICKED_OUT_BY_SERVER'],
    ['something_new', -10012, 'LOGIN_REJECTED'],
  ] as const) {
    world.onLogin = () => say({ code });
    expect(await outcome(client.login())).toBe(errorCode);
    expect(changes().at(-1)).toBe(`FAILED SERVER_REJECT ${reason}`);
    await world.pass(300_000);
    expect(changes()).toEqual([]);
  }
  world.onLogin = () => say({ code: 'invalid_token', errorCode: -10016 });
  expect(await outcome(client.login())).toBe(-10016);
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  await client.login();
  expect(changes().slice(2)).toEqual(['CONNECTING LOGIN RELOGIN', 'CONNECTED LOGIN LOGIN_SUCCESS']);
});

test('RTM12: a login that cannot reach the server rejects -10011 and goes on trying', async () => {
  const { client, changes } = makeClient();
  world.down = true;
  expect(await outcome(client.login())).toBe(-10011);
  expect(changes()).toEqual(['CONNECTING LOGIN LOGIN', 'DISCONNECTED LOGIN CONNECTION_ERROR']);
  world.down = false;
  await world.pass(2000);
  expect(changes()).toEqual([
    'CONNECTING AUTO_RECONNECT AUTO_RECONNECT',
    'CONNECTED RECONNECTED RECONNECT_SUCCESS',
  ]);
});

test('RTM12: a login that cannot reach the server says which address it tried', async () => {
  const { client } = makeClient();
  world.down = true;
  const reason = await client.login().catch((error: { reason: string }) => error.reason);
  expect(reason).toContain('http://server.test ');
  await client.logout();
});

test('RTM12: a server that does not answer is given ten seconds', async () => {
  const { client, changes } = makeClient();
  world.mute = true;
  const login = outcome(client.login());
  await world.pass(9_999);
  expect(changes()).toEqual(['CONNECTING LOGIN LOGIN']);
  await world.pass(1);
  expect(await login).toBe(-10011);
  expect(changes()).toEqual(['DISCONNECTED LOGIN LOGIN_TIMEOUT']);
});

test('RTM13: a pending login is cancelled by another one, and by a logout', async () => {
  const { client, changes } = makeClient();
  world.onLogin = () => undefined;
  const first = outcome(client.login());
  const second = outcome(client.login());
  expect(await first).toBe(-10023);
  await world.settle();
  const out = client.logout();
  expect(await second).toBe(-10023);
  await out;
  expect(changes().at(-1)).toBe('IDLE LOGOUT LOGOUT');
  await world.pass(300_000);
  expect(changes()).toEqual([]);
  expect(world.timers).toBe(0);
});

test('RTM13: a login while connected is done at once, and takes a new token on', async () => {
  const { client, changes } = makeClient();
  await client.login({ token: '007one' });
  changes();
  expect(await client.login({ token: '007one' })).toEqual({ timestamp: 0 });
  expect(await client.login()).toEqual({ timestamp: 0 });
  expect(world.requests).toEqual([]);
  expect(await client.login({ token: '007two' })).toEqual({ timestamp: world.nowMs });
  expect(world.of('renew-token')).toEqual([{ type: 'renew-token', id: 1, token: '007two' }]);
  expect(changes()).toEqual([]);
});

test('RTM14: logout says goodbye at once, waits for the answer a bounded time, and keeps nothing', async () => {
  const { client, changes, statuses } = makeClient();
  expect(await client.logout()).toEqual({ timestamp: 0 });
  await client.login();
  const out = client.logout();
  expect(world.others).toEqual([{ type: 'logout' }]);
  expect(await out).toEqual({ timestamp: world.nowMs });
  expect(changes().at(-1)).toBe('IDLE LOGOUT LOGOUT');
  expect(statuses.at(-1)).toEqual({ state: 'DISCONNECTED', reason: 'LOGOUT', timestamp: world.nowMs });
  expect(world.timers).toBe(0);

  await client.login();
  expect(world.logins.at(-1)).not.toHaveProperty('session');
  world.socket.say = () => undefined;
  const late = client.logout();
  await world.pass(2000);
  await late;
  expect(world.socket.readyState).toBe(3);
});

test('RTM15: a first connection that does not come about is tried again after 2, 4, 8 … seconds', async () => {
  const { client, changes } = makeClient();
  world.down = true;
  await outcome(client.login());
  changes();
  for (const seconds of [2, 4, 8, 16, 32]) {
    await world.pass(seconds * 1000 - 1);
    expect(changes()).toEqual([]);
    await world.pass(1);
    expect(changes()).toHaveLength(2);
  }
});

test('RTM15: a lost connection is tried again and again, and comes back with its session', async () => {
  const { client, changes, links } = makeClient();
  await client.login();
  await client.subscribe('lobby');
  changes();
  world.socket.drop();
  world.down = true;
  await world.settle();
  expect(links[0]).toMatchObject({ previousState: 'CONNECTED', affectedChannels: ['lobby'] });
  expect(changes()).toEqual(['DISCONNECTED SERVER_TIMEOUT CONNECTION_ERROR']);
  for (const seconds of [2, 2.5, 2.5, 2.5, 2.5]) {
    await world.pass(seconds * 1000 - 1);
    expect(changes()).toEqual([]);
    await world.pass(1);
    expect(changes()).toEqual([
      'CONNECTING AUTO_RECONNECT AUTO_RECONNECT',
      'DISCONNECTED AUTO_RECONNECT CONNECTION_ERROR',
    ]);
  }
  world.down = false;
  world.logins.splice(0);
  client.login().catch(() => undefined);
  await world.settle();
  expect(world.logins[0]).toMatchObject({ session: { id: 's1', key: 'k1' } });
  expect(links.at(-1)).toMatchObject({
    currentState: 'CONNECTED',
    isResumed: true,
    affectedChannels: ['lobby'],
    unrestoredChannels: [],
  });
});

test('RTM15: up to half of a wait is cut at random, never below what the server asked for', async () => {
  const { client, changes } = makeClient();
  await client.login();
  world.random = 0;
  world.socket.drop();
  await world.settle();
  changes();
  await world.pass(999);
  expect(changes()).toEqual([]);
  await world.pass(1);
  expect(changes()).toHaveLength(2);
  say({ code: 'going_away', retry: true, retryAfterMs: 2_200 });
  await world.settle();
  expect(changes()).toEqual(['DISCONNECTED SERVER_REJECT CONNECTION_ERROR']);
  await world.pass(2_199);
  expect(changes()).toEqual([]);
  await world.pass(1);
  expect(changes()).toHaveLength(2);
});

for (const terms of [
  { leaseMs: 10_000, recoveryMs: 15_000 },
  { leaseMs: 5_000, recoveryMs: 600_000 },
  { leaseMs: 315_000, recoveryMs: 5_000 },
  {},
])
  test(`BACK2: with ${JSON.stringify(terms)} a session is asked for again within half of the shorter lease, however long nobody is there`, async () => {
    const { client } = makeClient();
    world.onLogin = (_, socket) => socket.tell(world.welcome({ ...terms, resumed: world.logins.length > 1 }));
    await client.login();
    const leastMs = Math.min(terms.leaseMs ?? 10_000, terms.recoveryMs ?? 10_000);
    for (const outageMs of [1_000, 60_000, 7_200_000]) {
      const { length } = world.logins;
      say({ code: 'going_away', retry: true, retryAfterMs: 3_600_000 });
      world.down = true;
      await world.pass(outageMs);
      world.down = false;
      await world.pass(leastMs / 2);
      expect(world.logins).toHaveLength(length + 1);
      expect(world.logins.at(-1)).toMatchObject({ session: { id: 's1', key: 'k1' } });
    }
  });

test('BACK7: each attempt to resume has a number above the last one and the welcome’s', async () => {
  const { client } = makeClient();
  world.onLogin = (_, socket) =>
    socket.tell(world.welcome({ attempt: world.logins.length === 3 ? 20 : 0, resumed: true }));
  await client.login();
  for (let times = 0; times < 3; times++) {
    world.socket.drop();
    await world.pass(10_000);
  }
  expect(world.logins.map(({ attempt }) => attempt)).toEqual([undefined, 1, 2, 21]);
});

test('BACK7: a server that does not count is told no number', async () => {
  const { client } = makeClient();
  await client.login();
  world.socket.drop();
  await world.pass(10_000);
  expect(world.logins).toHaveLength(2);
  expect(world.logins[1]).not.toHaveProperty('attempt');
});

test('BACK2: a session that is lost before all was restored in it is asked for again as soon as any other', async () => {
  const { client } = makeClient();
  await client.login();
  await client.subscribe('lobby');
  say({ code: 'replaced' });
  await world.settle();
  world.onRequest = (_, socket) => socket.drop();
  world.logins.splice(0);
  void outcome(client.login());
  await world.pass(60_000);
  expect(world.logins.length).toBeGreaterThanOrEqual(24);
  await client.logout();
});

test('BACK4: those whom a server told the same time come spread over the longest wait after it', async () => {
  const { client } = makeClient();
  await client.login();
  const waits: number[] = [];
  for (const random of [0, 0.5, 1]) {
    world.random = random;
    const { length } = world.logins;
    say({ code: 'going_away', retry: true, retryAfterMs: 1_000 });
    await world.settle();
    let waitedMs = 0;
    for (; world.logins.length === length; waitedMs += 10) await world.pass(10);
    waits.push(waitedMs);
  }
  expect(waits).toEqual([1_000, 2_250, 3_500]);
});

test('BACK3: a socket that does not open is given up in time for another one, a server that is slow to welcome is not', async () => {
  const { client, changes } = makeClient();
  await client.login();
  changes();
  world.mute = true;
  world.socket.drop();
  await world.pass(2_000);
  expect(changes().at(-1)).toBe('CONNECTING AUTO_RECONNECT AUTO_RECONNECT');
  await world.pass(4_999);
  expect(changes()).toEqual([]);
  await world.pass(1);
  expect(changes()).toEqual(['DISCONNECTED AUTO_RECONNECT RECONNECT_TIMEOUT']);
  world.mute = false;
  world.onLogin = () => undefined;
  await world.pass(2_500);
  changes();
  await world.pass(9_999);
  expect(changes()).toEqual([]);
  await world.pass(1);
  expect(changes()).toEqual(['DISCONNECTED AUTO_RECONNECT RECONNECT_TIMEOUT']);
});

test('RTM16: a session that is not back after two minutes is suspended, and tried without end', async () => {
  const { client, changes, links } = makeClient();
  await client.login();
  changes();
  world.down = true;
  world.socket.drop();
  await world.pass(119_999);
  expect(changes().some((change) => change.startsWith('SUSPENDED'))).toBe(false);
  await world.pass(1);
  expect(changes()).toEqual(['SUSPENDED AUTO_RECONNECT RECONNECT_TIMEOUT']);
  await world.pass(3_600_000);
  changes();
  world.down = false;
  await world.pass(2_500);
  expect(links.at(-1)).toMatchObject({ currentState: 'CONNECTED', isResumed: false });
});

test('RTM16: after two minutes the link is suspended and tries every 30 seconds without end', async () => {
  const { client, changes, links } = makeClient();
  world.down = true;
  await outcome(client.login());
  changes();
  await world.pass(119_999);
  expect(changes().some((change) => change.startsWith('SUSPENDED'))).toBe(false);
  await world.pass(1);
  expect(changes()).toEqual(['SUSPENDED AUTO_RECONNECT RECONNECT_TIMEOUT']);
  for (let round = 0; round < 50; round++) {
    await world.pass(30_000);
    expect(changes()).toEqual([
      'CONNECTING AUTO_RECONNECT AUTO_RECONNECT',
      'SUSPENDED AUTO_RECONNECT CONNECTION_ERROR',
    ]);
  }
  world.down = false;
  await world.pass(30_000);
  expect(links.at(-1)).toMatchObject({
    currentState: 'CONNECTED',
    previousState: 'CONNECTING',
    isResumed: false,
  });
});

test('RTM16: a login that fails while the link is suspended changes nothing of its pace', async () => {
  const { client, changes } = makeClient();
  world.down = true;
  await outcome(client.login());
  await world.pass(120_000);
  expect(await outcome(client.login())).toBe(-10011);
  changes();
  for (let round = 0; round < 5; round++) {
    await world.pass(29_999);
    expect(changes()).toEqual([]);
    await world.pass(1);
    expect(changes()).toHaveLength(2);
  }
  await client.logout();
});

for (const [way, hours] of [
  ['back', -1],
  ['forth', 1],
] as const)
  test(`RTM16: a clock that is set ${way} changes nothing about when the link tries and is suspended`, async () => {
    const { client, changes } = makeClient();
    await client.login();
    changes();
    world.down = true;
    world.socket.drop();
    await world.settle();
    world.nowMs += hours * 3_600_000;
    await world.pass(119_999);
    expect(changes().filter((change) => change.startsWith('CONNECTING'))).toHaveLength(48);
    await world.pass(1);
    expect(changes()).toEqual(['SUSPENDED AUTO_RECONNECT RECONNECT_TIMEOUT']);
    await world.pass(2_500);
    expect(changes()).toHaveLength(2);
  });

test('RTM16: each of several addresses has its turn', async () => {
  const { client } = makeClient('ann', {
    privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: ['http://a', 'http://b'] },
  });
  world.down = true;
  await outcome(client.login());
  await world.pass(6000);
  expect(world.sockets.map((socket) => socket.url)).toEqual([
    'ws://a/v1/signaling',
    'ws://b/v1/signaling',
    'ws://a/v1/signaling',
  ]);
});

test('RTM17, BACK5: pings go out however much the server says; without a word the end comes with half of the lease left', async () => {
  const { client, changes } = makeClient();
  world.onLogin = (_, socket) => socket.tell(world.welcome({ pingMs: 4000 }));
  await client.login();
  changes();
  for (let second = 0; second < 20; second++) {
    world.socket.tell({ type: 'pong', serverMs: 0 });
    await world.pass(1000);
  }
  expect(world.others).toHaveLength(5);
  world.mute = true;
  await world.pass(6_999);
  expect(changes()).toEqual([]);
  await world.pass(1);
  expect(changes()).toEqual(['DISCONNECTED HEARTBEAT_TIMEOUT KEEP_ALIVE_TIMEOUT']);
});

test('RTM18: a login of the same user elsewhere ends this one for good', async () => {
  const { client, changes, statuses } = makeClient();
  await client.login();
  await client.subscribe('lobby');
  changes();
  say({ code: 'replaced' });
  await world.pass(300_000);
  expect(changes()).toEqual(['FAILED SERVER_REJECT SAME_UID_LOGIN']);
  expect(statuses.at(-1)).toMatchObject({ state: 'FAILED', reason: 'SAME_UID_LOGIN' });
  expect(await outcome(client.publish('lobby', 'x'))).toBe(-10025);
  await client.login();
  expect(world.logins.at(-1)).not.toHaveProperty('session');
  expect(world.of('subscribe')).toHaveLength(2);
});

test('RTM19: a token that ends is told, renewed, and used from then on', async () => {
  const { client, changes, tokens } = makeClient();
  await client.login({ token: '007one' });
  await client.subscribe('lobby');
  world.socket.tell({ type: 'token-will-expire', endsMs: world.nowMs + 30_000 });
  await world.settle();
  expect(tokens).toEqual([
    '',
    {
      eventType: 'WILL_EXPIRE',
      reason: 'The token is about to expire',
      affectedResources: { messageChannels: ['lobby'] },
      timestamp: world.nowMs,
    },
  ]);
  expect(await client.renewToken('007two')).toEqual({ timestamp: world.nowMs });
  world.onRequest = (request, socket) => socket.refuse(request.id, -10005);
  expect(await outcome(client.renewToken('wrong'))).toBe(-10005);
  world.socket.drop();
  await world.pass(2000);
  expect(world.logins.at(-1)).toMatchObject({ token: '007two' });
  changes();
  say({ code: 'token_expired' });
  await world.settle();
  expect(changes()).toEqual(['FAILED SERVER_REJECT TOKEN_EXPIRED']);
});

test('RTM19: a token renewed while the connection is lost goes with the next one, or times out', async () => {
  const { client } = makeClient();
  expect(await outcome(client.renewToken('x'))).toBe(-10025);
  await client.login({ token: '007one' });
  expect(await outcome(client.renewToken(''))).toBe(-10005);
  expect(await outcome(client.renewToken('x', { channelName: 'stream' }))).toBe(-11001);
  world.socket.drop();
  await world.settle();
  const renewed = client.renewToken('007two');
  await world.pass(2000);
  expect(await renewed).toEqual({ timestamp: world.nowMs });
  expect(world.logins.at(-1)).toMatchObject({ token: '007two' });

  world.onRequest = (_, socket) => socket.drop();
  const inFlight = client.renewToken('007three');
  await world.pass(2000);
  expect(await inFlight).toEqual({ timestamp: world.nowMs });
  expect(world.logins.at(-1)).toMatchObject({ token: '007three' });

  world.down = true;
  world.socket.drop();
  const never = outcome(client.renewToken('four'));
  await world.pass(10_000);
  expect(await never).toBe(-10026);
  await client.logout();
});

test('RTM19: a token renewed while a connection is being made is told to the server before it counts', async () => {
  const { client, changes } = makeClient();
  await client.login({ token: '007one' });
  changes();
  world.onLogin = () => undefined;
  world.socket.drop();
  await world.pass(2000);
  const renewed = outcome(client.renewToken('007two'));
  world.socket.tell(world.welcome({ resumed: true }));
  expect(await renewed).toEqual({ timestamp: world.nowMs });
  expect(world.logins.at(-1)).toMatchObject({ token: '007one' });
  expect(world.of('renew-token')).toMatchObject([{ token: '007two' }]);
  expect(changes().at(-1)).toBe('CONNECTED RECONNECTED RECONNECT_SUCCESS');

  world.socket.drop();
  await world.pass(2000);
  expect(world.logins.at(-1)).toMatchObject({ token: '007two' });
  const refused = outcome(client.renewToken('wrong'));
  world.onRequest = (request, socket) => socket.refuse(request.id, -10005);
  world.socket.tell(world.welcome({ resumed: true }));
  expect(await refused).toBe(-10005);
  expect(changes().at(-1)).toBe('CONNECTED RECONNECTED RECONNECT_SUCCESS');
  world.socket.drop();
  await world.pass(2000);
  expect(world.logins.at(-1)).toMatchObject({ token: '007two' });
});

test('RTM19: a renewal that waited for the connection fails in the name of what was called', async () => {
  const { client } = makeClient();
  for (const [operation, act] of [
    ['login', () => client.login({ token: '007two' })],
    ['renewToken', () => client.renewToken('007two')],
  ] as const) {
    await client.login();
    world.mute = true;
    const waiting = act().catch(({ operation: said }: { operation: string }) => said);
    world.mute = false;
    world.down = true;
    world.socket.drop();
    await world.settle();
    await client.logout();
    expect(await waiting).toBe(operation);
    world.down = false;
  }
});

test('RTM19: a connection refused for a token that was renewed meanwhile is made with the new one', async () => {
  const { client, changes } = makeClient();
  await client.login({ token: '007one' });
  changes();
  world.onLogin = () => undefined;
  world.socket.drop();
  await world.pass(2000);
  const renewed = outcome(client.renewToken('007two'));
  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: true }));
  say({ code: 'token_expired' });
  expect(await renewed).toEqual({ timestamp: world.nowMs });
  expect(world.logins.map(({ token }) => token)).toEqual(['007one', '007one', '007two']);
  expect(changes()).toEqual([
    'DISCONNECTED SERVER_TIMEOUT CONNECTION_ERROR',
    'CONNECTING AUTO_RECONNECT AUTO_RECONNECT',
    'CONNECTED RECONNECTED RECONNECT_SUCCESS',
  ]);
  // The second token is refused for good.
  world.onLogin = () => say({ code: 'token_expired' });
  world.socket.drop();
  await world.pass(2000);
  expect(changes().at(-1)).toBe('FAILED SERVER_REJECT TOKEN_EXPIRED');
});

test('RTM20: without a WebSocket, without a server, without the service, a login fails with that', async () => {
  world.noSocket = true;
  const { client, changes } = makeClient();
  const login = outcome(client.login());
  await world.pass(0);
  expect(await login).toBe(-10022);
  expect(changes().at(-1)).toBe('FAILED SERVER_REJECT SERVICE_NOT_SUPPORTED');
  expect(await outcome(makeClient('b', { privateConfig: undefined }).client.login())).toBe(-10024);
  const stream = makeClient('c', { privateConfig: { serviceType: ['STREAM'], accessPointHosts: ['h'] } });
  expect(await outcome(stream.client.login())).toBe(-10022);
});

test('RTM20: a page told that its network is back tries at once', async () => {
  const page = new EventTarget();
  Object.assign(globalThis, { window: page });
  try {
    const { client, changes } = makeClient();
    await client.login();
    page.dispatchEvent(new Event('online'));
    world.down = true;
    world.socket.drop();
    await world.settle();
    world.down = false;
    changes();
    page.dispatchEvent(new Event('online'));
    await world.settle();
    expect(changes()).toEqual([
      'CONNECTING NETWORK_CHANGE NETWORK_CHANGE',
      'CONNECTED RECONNECTED RECONNECT_SUCCESS',
    ]);
    await client.logout();
    page.dispatchEvent(new Event('online'));
    expect(changes()).toEqual(['IDLE LOGOUT LOGOUT']);
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
  }
});

test('RTM140: a page that is left and kept by the browser gives its connection up, and is back at once when it is shown', async () => {
  const page = Object.assign(new EventTarget(), { document: new EventTarget() });
  const says = (name: string, persisted: boolean) =>
    page.dispatchEvent(Object.assign(new Event(name), { persisted }));
  const freeze = () => page.document.dispatchEvent(new Event('freeze'));
  Object.assign(globalThis, { window: page });
  try {
    const { client, changes } = makeClient();
    await client.login();
    changes();
    // A page that is frozen in the background, or closed, causes no change of state.
    freeze();
    says('pagehide', false);
    freeze();
    says('pageshow', false);
    await world.settle();
    expect(changes()).toEqual([]);

    says('pagehide', true);
    expect(world.socket.readyState).toBe(1);
    freeze();
    expect(world.socket.readyState).toBe(3);
    expect(changes()).toEqual(['DISCONNECTED SERVER_TIMEOUT CONNECTION_ERROR']);
    says('pageshow', true);
    await world.settle();
    expect(world.logins.at(-1)).toMatchObject({ session: { id: 's1' } });
    expect(changes()).toEqual([
      'CONNECTING NETWORK_CHANGE NETWORK_CHANGE',
      'CONNECTED RECONNECTED RECONNECT_SUCCESS',
    ]);

    // An app that logs out as the page goes has said goodbye.
    page.addEventListener('pagehide', () => client.logout());
    says('pagehide', true);
    freeze();
    expect(world.others.at(-1)).toEqual({ type: 'logout' });
    await world.settle();
    says('pageshow', true);
    await world.pass(60_000);
    expect(changes()).toEqual(['IDLE LOGOUT LOGOUT']);
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
  }
});

for (const bad of ['', '{', 'null', '7', '{"type":7}', '{"type":"of-a-later-version"}', new ArrayBuffer(3)])
  test(`RTM21: ${JSON.stringify(bad)} from the server is passed over`, async () => {
    const { client, changes } = makeClient();
    await client.login();
    changes();
    world.socket.say(bad);
    world.socket.ok(999);
    world.socket.tell(world.welcome());
    await world.settle();
    expect(changes()).toEqual([]);
    expect(await client.publish('lobby', 'x')).toMatchObject({ channelName: 'lobby' });
  });

test('RTM22: a login or logout by a listener of linkState takes effect', async () => {
  const { client, changes } = makeClient();
  client.once('linkState', () => client.logout());
  expect(await outcome(client.login())).toBe(-10023);
  await world.pass(60_000);
  expect(changes()).toEqual(['CONNECTING LOGIN LOGIN', 'IDLE LOGOUT LOGOUT']);
  expect(world.sockets).toEqual([]);
  await client.login();
  client.on('linkState', ({ currentState }) => {
    if (currentState === 'DISCONNECTED') void client.logout();
  });
  world.socket.drop();
  await world.pass(60_000);
  expect(changes().slice(-2)).toEqual(['DISCONNECTED SERVER_TIMEOUT CONNECTION_ERROR', 'IDLE LOGOUT LOGOUT']);
});

test('RTM22: a login from a listener that is told of the loss is the one that counts', async () => {
  const { client, changes } = makeClient();
  await client.login();
  changes();
  const logins: Promise<unknown>[] = [];
  client.on('linkState', ({ currentState }) => {
    if (currentState === 'DISCONNECTED') logins.push(outcome(client.login()));
  });
  world.socket.drop();
  await world.settle();
  expect(await Promise.all(logins)).toEqual([{ timestamp: world.nowMs }]);
  expect(changes()).toEqual([
    'DISCONNECTED SERVER_TIMEOUT CONNECTION_ERROR',
    'CONNECTING LOGIN RELOGIN',
    'CONNECTED LOGIN LOGIN_SUCCESS',
  ]);
  expect(world.timers).toBe(1);
});

test('RTM36: a new session that is lost before all was restored in it is not taken for whole when it is back', async () => {
  const { client } = makeClient();
  await client.login();
  await client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  await client.storage.subscribeUserMetadata('bob');
  await client.createStreamChannel('arena').join();
  const made = { session: { id: 's2', key: 'k2' } };
  world.onLogin = (_, socket) => socket.tell(world.welcome(made));
  world.onRequest = (_, socket) => socket.drop();
  world.socket.drop();
  await world.pass(2000);
  world.requests.splice(0);
  world.onLogin = (_, socket) => socket.tell(world.welcome({ ...made, resumed: true }));
  world.onRequest = (request, socket) => socket.ok(request.id);
  await world.pass(4000);
  expect(world.of('subscribe')).toMatchObject([
    { channelType: 'MESSAGE', channel: 'lobby', states: { mood: 'fine' } },
    { channelType: 'STREAM', channel: 'arena' },
  ]);
  expect(world.of('subscribe-user-metadata')).toMatchObject([{ userId: 'bob' }]);

  // Once the session is whole, nothing is asked again.
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2000);
  expect(world.requests).toEqual([]);
});

test('BACK11: a wait of the SDK that is longer than a timer can be given does not end at once', async () => {
  world.restore();
  let isOver = false;
  const cancel = environment.after(2 ** 31 + 5, () => {
    isOver = true;
  });
  await new Promise<void>((resolve) => {
    environment.after(20, resolve);
  });
  expect(isOver).toBe(false);
  cancel();
});

test('RTM99: a text that is no token is refused at once, without the network, and a token is tried', async () => {
  for (const token of ['secret', 'null', 'Bearer 007abc', '007 with a space', '0'.repeat(32)]) {
    const { client, changes } = makeClient(`u${token.length}`);
    expect(await outcome(client.login({ token }))).toBe(-10005);
    expect(changes()).toEqual(['FAILED SERVER_REJECT INVALID_TOKEN']);
  }
  expect(world.sockets).toEqual([]);
  await makeClient('ann').client.login({ token: '006old' });
  expect(world.logins).toMatchObject([{ token: '006old' }]);
});

test('RTM99: the token of the configuration is used by a login that brings none', async () => {
  const { client } = makeClient('ann', { token: '007config' });
  await client.login();
  await client.logout();
  const { client: other } = makeClient('bob', { token: '007config' });
  await other.login({ token: '007own' });
  expect(world.logins.map(({ token }) => token)).toEqual(['007config', '007own']);
});
