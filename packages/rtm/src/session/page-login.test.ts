import { afterEach, beforeEach, expect, test } from 'bun:test';
import { onlyLogin, watchLogins } from '@housecount/link';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { app, makeClient } from '../testing/harness.ts';

const documentBefore = Object.getOwnPropertyDescriptor(globalThis, 'document');
let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
  Reflect.deleteProperty(globalThis, Symbol.for('housecount.page'));
  Object.defineProperty(globalThis, 'document', {
    value: { querySelector: () => null },
    configurable: true,
  });
  world.onRequest = (request, socket) => {
    if (request.type !== 'link-proof') socket.ok(request.id);
    else {
      const result = { proof: `proof of ${request.nonce}` };
      socket.tell({ type: 'ok', id: request.id, serverMs: 1, result });
    }
  };
});
afterEach(() => {
  world.restore();
  if (documentBefore) Object.defineProperty(globalThis, 'document', documentBefore);
  else Reflect.deleteProperty(globalThis, 'document');
});
const nonce = 'n'.repeat(24);

test('RTM170: a client shows its login to the page from the call on until the logout, and gives a proof once connected', async () => {
  const { client } = makeClient('ann');
  expect(onlyLogin(app)).toBeUndefined();
  const login = client.login();
  const proof = onlyLogin(app)?.(nonce);
  await login;
  expect(await proof).toBe(`proof of ${nonce}`);
  expect(world.of('link-proof')).toHaveLength(1);
  await client.logout();
  expect(onlyLogin(app)).toBeUndefined();
});

test('RTM170: who watches the page asks in the very turn in which the login is shown', async () => {
  const { client } = makeClient('ann');
  const proofs: Promise<string>[] = [];
  const stop = watchLogins(app, async () => {
    const login = proofs.length === 0 ? onlyLogin(app) : undefined;
    if (login) proofs.push(login(nonce));
  });
  await client.login();
  expect(await Promise.all(proofs)).toEqual([`proof of ${nonce}`]);
  stop();
  await client.logout();
});

test('RTM170: over a lost connection the login stays, and a proof comes from the next one', async () => {
  const { client } = makeClient('ann');
  await client.login();
  const shown = onlyLogin(app);
  world.down = true;
  world.socket.drop();
  await world.settle();
  expect(onlyLogin(app)).toBe(shown);
  const proof = shown?.(nonce);
  await world.settle();
  expect(world.of('link-proof')).toEqual([]);
  world.down = false;
  await world.pass(10_000);
  expect(await proof).toBe(`proof of ${nonce}`);
  // One that the loss takes away is asked for again.
  world.mute = true;
  const again = shown?.(nonce);
  await world.settle();
  world.mute = false;
  world.socket.drop();
  await world.pass(10_000);
  expect(await again).toBe(`proof of ${nonce}`);
  await client.logout();
});

test('RTM170: a login that failed is not shown, nor is one that another device took; its proofs reject', async () => {
  const { client } = makeClient('ann');
  world.onLogin = (_, socket) =>
    socket.tell({ type: 'closing', code: 'invalid_token', message: 'No.', retry: false });
  const login = client.login();
  const shown = onlyLogin(app);
  const proof = outcome(shown?.(nonce) ?? Promise.resolve());
  await outcome(login);
  expect(onlyLogin(app)).toBeUndefined();
  expect(await proof).toBeInstanceOf(Error);

  world.onLogin = (_, socket) => socket.tell(world.welcome());
  await client.login();
  expect(onlyLogin(app)).toBe(shown);
  world.socket.tell({ type: 'closing', code: 'replaced', message: 'Elsewhere.', retry: false });
  await world.settle();
  expect(onlyLogin(app)).toBeUndefined();
});

test('RTM170: what the server refuses, and a server that gives none, is a rejection', async () => {
  const { client } = makeClient('ann');
  await client.login();
  world.onRequest = (request, socket) => socket.refuse(request.id, -10021);
  expect(await outcome(onlyLogin(app)?.(nonce) ?? Promise.resolve())).toBeInstanceOf(Error);
  world.onRequest = (request, socket) => socket.ok(request.id);
  expect(await outcome(onlyLogin(app)?.(nonce) ?? Promise.resolve())).toBeInstanceOf(Error);
  await client.logout();
});

test('RTM170: two users of a page are two; who logs out leaves the other', async () => {
  const [ann, bob] = [makeClient('ann').client, makeClient('bob').client];
  await ann.login();
  await bob.login();
  expect(onlyLogin(app)).toBeUndefined();
  await ann.logout();
  expect(onlyLogin(app)).toBeDefined();
  await bob.logout();
});

test('RTM170: where there is no document nothing is shown', async () => {
  Reflect.deleteProperty(globalThis, 'document');
  const { client } = makeClient('ann');
  await client.login();
  expect(onlyLogin(app)).toBeUndefined();
  expect(Symbol.for('housecount.page') in globalThis).toBe(false);
  await client.logout();
});

test("RTM171: a login resolves, and subscribes again, once the page's live clients have done with it", async () => {
  const { client } = makeClient('ann');
  let done: () => void = () => undefined;
  const stop = watchLogins(app, () => new Promise((resolve) => (done = resolve)));
  let isIn = false;
  const login = client.login().then(() => (isIn = true));
  await world.settle();
  expect(world.logins).toHaveLength(1);
  expect(isIn).toBe(false);
  done();
  await login;
  await client.subscribe('lobby');
  // The session is another one after this.
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  world.socket.drop();
  await world.pass(2_000);
  expect(world.logins).toHaveLength(2);
  expect(world.of('subscribe')).toHaveLength(1);
  done();
  await world.settle();
  expect(world.of('subscribe')).toHaveLength(2);
  stop();
  await client.logout();
});

test('RTM171: one of them that hangs, or fails, is waited for 2 s at most', async () => {
  const { client } = makeClient('ann');
  const stops = [
    watchLogins(app, () => new Promise(() => undefined)),
    watchLogins(app, () => Promise.reject(new Error('no'))),
  ];
  let isIn = false;
  const login = client.login().then(() => (isIn = true));
  await world.pass(1_999);
  expect(isIn).toBe(false);
  await world.pass(1);
  await login;
  for (const stop of stops) stop();
  await client.logout();
  expect(world.timers).toBe(0);
});

test('RTM171: a connection that is lost meanwhile restores nothing, and the next one does once', async () => {
  const page = Object.assign(new EventTarget(), { document: new EventTarget() });
  Object.assign(globalThis, { window: page });
  const { client, links } = makeClient('ann');
  await client.login();
  await client.subscribe('lobby');
  const dones: (() => void)[] = [];
  const stop = watchLogins(app, () => new Promise((resolve) => dones.push(resolve)));
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  world.socket.drop();
  await world.pass(2_000);
  world.socket.drop();
  await world.settle();
  // At once, before the time of the first one is over.
  page.dispatchEvent(new Event('online'));
  await world.settle();
  expect(world.logins).toHaveLength(3);
  dones[0]?.();
  await world.settle();
  expect(world.of('subscribe')).toHaveLength(1);
  dones[1]?.();
  await world.settle();
  expect(world.of('subscribe')).toHaveLength(2);
  expect(links.at(-1)).toMatchObject({ currentState: 'CONNECTED', unrestoredChannels: [] });
  stop();
  await client.logout();
  Reflect.deleteProperty(globalThis, 'window');
});
