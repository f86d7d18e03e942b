import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rtmToken } from '../../../testing/clients/rtm-client.ts';
import { type CuttableProxy, startCuttableProxy } from '../../../testing/processes/cuttable-proxy.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** The built SDK in two pages and in plain Node, each through a network of its own, on one channel of a real server. */

/** Milliseconds. Long enough that a network which is away for 3 s is not held for dead, whenever the last ping went out. */
const leaseMs = 15_000;
/** Milliseconds. Longer than a user who logs in elsewhere needs to subscribe there on a busy machine. */
const debounceMs = 10_000;
/** Milliseconds: a lease and a debounce may be over before anything is told. */
const toldWithinMs = 60_000;
const channel = 'lobby';
let browser: Chromium;
let server: ServerProcess;
beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchChromium(),
    startServerProcess({
      apps: [{ ...testApp, signaling: { debounceMs } }],
      leases: { signalingMs: leaseMs },
    }),
  ]);
}, 180_000);
afterAll(async () => {
  await Promise.all([browser?.close(), server?.close()]);
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: answers and events come as JSON, and each test says what it expects of them.
type Json = any;

interface User {
  readonly userId: string;
  readonly network: CuttableProxy;
  /** The answer of a method of the client. Throws with the code if it rejects. */
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  call(path: string, ...args: readonly unknown[]): Promise<any>;
  codeOf(path: string, ...args: readonly unknown[]): Promise<number | undefined>;
  /** Everything it told, in order; of one event alone. */
  told(name?: string): Promise<Json[]>;
  close(): Promise<void>;
}
interface Driver {
  call(path: string, args: readonly unknown[]): Promise<{ ok?: Json; code?: number }>;
  told(): Promise<Json[]>;
  close(): Promise<void>;
}

const driverSource = readFileSync(
  fileURLToPath(new URL('../../../testing/clients/rtm-driver.mjs', import.meta.url)),
  'utf8',
);

async function inPage(settings: object): Promise<Driver> {
  const page = await browser.newPage();
  await page.addScriptTag({ url: `${server.url}/sdk/agora-rtm.js` });
  await page.addScriptTag({
    type: 'module',
    content: `${driverSource}\nwindow.driver = drive(window.AgoraRTM, ${JSON.stringify(settings)});`,
  });
  await page.waitForFunction(() => 'driver' in window);
  return {
    call: (path, args) =>
      page.evaluate(([name, given]) => (window as Json).driver.call(name, given), [path, args] as const),
    told: () => page.evaluate(() => (window as Json).driver.told()),
    close: () => page.close(),
  };
}

async function inNode(settings: object): Promise<Driver> {
  const sdk = fileURLToPath(new URL('../../../../rtm/dist/housecount-rtm.esm.js', import.meta.url));
  const script = fileURLToPath(new URL('../../../testing/clients/rtm-driver-node.mjs', import.meta.url));
  const child = spawn(
    process.env.NODE ?? 'node',
    ['--experimental-websocket', script, JSON.stringify({ ...settings, sdk })],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const asked = new Map<number, (answer: Json) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...answer } = JSON.parse(line);
    asked.get(id)?.(answer);
    asked.delete(id);
  });
  child.once('exit', () => {
    for (const answer of asked.values()) answer({ code: 'Node has ended' });
  });
  let ids = 0;
  const ask = (path: string, args: readonly unknown[]): Promise<Json> =>
    new Promise((resolve) => {
      const id = ++ids;
      asked.set(id, resolve);
      child.stdin.write(`${JSON.stringify({ id, path, args })}\n`);
    });
  return {
    call: ask,
    told: async () => (await ask('told', [])).ok,
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    },
  };
}

let users: User[] = [];
async function user(userId: string, where: typeof inPage): Promise<User> {
  const network = await startCuttableProxy(server.url);
  const driver = await where({ url: network.url, appId: testApp.id, userId });
  const made: User = {
    userId,
    network,
    async call(path, ...args) {
      const answer = await driver.call(path, args);
      if ('code' in answer) throw new Error(`${userId}: ${path} rejected with ${answer.code}`);
      return answer.ok;
    },
    codeOf: async (path, ...args) => (await driver.call(path, args)).code,
    told: async (name) => (await driver.told()).filter((each) => name === undefined || each.name === name),
    async close() {
      network.heal();
      await driver.call('logout', []);
      await driver.close();
      await network.close();
    },
  };
  users.push(made);
  await made.call('login', { token: rtmToken(userId) });
  return made;
}

const everything = { withMetadata: true, withLock: true };
let ann: User;
let bob: User;
let nell: User;
beforeEach(async () => {
  [ann, bob, nell] = [await user('ann', inPage), await user('bob', inPage), await user('nell', inNode)];
  for (const each of [ann, bob, nell]) await each.call('subscribe', channel, everything);
  await hasTold(ann, 'presence', (events) => joinsOf(events, 'nell') === 1);
}, 180_000);
afterEach(async () => {
  const left = users;
  users = [];
  await Promise.all(left.map((each) => each.close()));
}, 180_000);

async function hasTold(who: User, name: string, check: (events: Json[]) => unknown): Promise<void> {
  let events: Json[] = [];
  const isTold = async () => {
    events = await who.told(name);
    return Boolean(check(events));
  };
  await until(`${name} of ${who.userId}`, isTold, toldWithinMs).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(events)}`);
  });
}
const countOf = (events: Json[], type: string, publisher: string): number =>
  events.filter((each) => each.eventType === type && each.publisher === publisher).length;
const joinsOf = (events: Json[], publisher: string): number => countOf(events, 'REMOTE_JOIN', publisher);
const saidTo = async (who: User): Promise<unknown[]> =>
  (await who.told('message')).map(({ message }) => message.bytes ?? message);
const stateOf = async (who: User): Promise<string> => (await who.told('linkState')).at(-1).currentState;

test('RTM115: messages, states, metadata and locks of one are seen by all three alike', async () => {
  await ann.call('publish', channel, 'a text', { customType: 'chat' });
  await hasTold(bob, 'message', (events) => events.length === 1);
  await bob.call('publish', channel, { bytes: [0, 255, 7] });
  await hasTold(nell, 'message', (events) => events.length === 2);
  await nell.call('publish', channel, 'from Node');
  for (const each of [ann, bob, nell]) {
    await hasTold(each, 'message', (events) => events.length === 3);
    expect(await saidTo(each)).toEqual(['a text', [0, 255, 7], 'from Node']);
  }

  await nell.call('presence.setState', channel, 'MESSAGE', { mood: 'fine' });
  for (const each of [ann, bob])
    await hasTold(each, 'presence', (events) =>
      events.some(({ publisher, stateChanged }) => publisher === 'nell' && stateChanged.mood === 'fine'),
    );

  const set = (who: User, value: string, majorRevision: number) =>
    who.codeOf('storage.setChannelMetadata', channel, 'MESSAGE', [{ key: 'title', value }], {
      majorRevision,
      addUserId: true,
    });
  expect(await set(ann, 'one', -1)).toBeUndefined();
  for (const each of [ann, bob, nell])
    await hasTold(each, 'storage', (events) => events.at(-1)?.data.metadata.title?.value === 'one');
  const { majorRevision } = (await bob.told('storage')).at(-1).data;
  const both = await Promise.all([set(bob, 'two', majorRevision), set(nell, 'two', majorRevision)]);
  expect(both.sort()).toEqual([-12014, undefined]);

  const lock = [channel, 'MESSAGE', 'stage'] as const;
  await ann.call('lock.setLock', ...lock, { ttl: 10 });
  await bob.call('lock.acquireLock', ...lock);
  expect(await nell.codeOf('lock.acquireLock', ...lock)).toBe(-14007);
  const waiting = nell.call('lock.acquireLock', ...lock, { retry: true });
  await bob.call('lock.releaseLock', ...lock);
  await waiting;
  for (const each of [ann, bob, nell])
    await hasTold(
      each,
      'lock',
      (events) => events.at(-1)?.eventType === 'ACQUIRED' && events.at(-1)?.owner === 'nell',
    );
  await nell.call('lock.removeLock', ...lock);
}, 180_000);

test('RTM115: the same user elsewhere ends the page, keeps the lock, and others see neither a leave nor a join', async () => {
  const lock = [channel, 'MESSAGE', 'taken'] as const;
  await bob.call('lock.setLock', ...lock);
  await bob.call('lock.acquireLock', ...lock);
  const seen = (await ann.told('presence')).length;
  const second = await user('bob', inNode);
  await second.call('subscribe', channel, everything);
  await hasTold(bob, 'linkState', (events) => events.at(-1)?.currentState === 'FAILED');
  expect((await bob.told('linkState')).at(-1)).toMatchObject({
    operation: 'SERVER_REJECT',
    reasonCode: 'SAME_UID_LOGIN',
  });
  expect(await bob.codeOf('publish', channel, 'from the grave')).toBe(-10025);
  await second.call('publish', channel, 'I am bob');
  for (const each of [ann, nell]) await hasTold(each, 'message', (events) => events.length === 1);
  expect((await ann.call('lock.getLock', channel, 'MESSAGE')).lockDetails).toContainEqual(
    expect.objectContaining({ lockName: 'taken', owner: 'bob' }),
  );
  // Past the debounce, by the order of what follows: who leaves after bob came again is told of after bob would have been.
  const dan = await user('dan', inNode);
  await dan.call('subscribe', channel, everything);
  await dan.call('unsubscribe', channel);
  await hasTold(ann, 'presence', (events) => countOf(events, 'REMOTE_LEAVE', 'dan') === 1);
  await second.call('presence.setState', channel, 'MESSAGE', { device: 'second' });
  await hasTold(ann, 'presence', (events) => events.at(-1)?.eventType === 'REMOTE_STATE_CHANGED');
  const told = (await ann.told('presence')).slice(seen);
  expect(told.map(({ eventType, publisher }) => `${eventType} ${publisher}`)).toEqual([
    'REMOTE_JOIN dan',
    'REMOTE_LEAVE dan',
    'REMOTE_STATE_CHANGED bob',
  ]);
  await second.call('lock.removeLock', ...lock);
}, 180_000);

test('RTM115: a network that is away for 3 s is no event; what was said meanwhile arrives', async () => {
  await bob.call('presence.setState', channel, 'MESSAGE', { seat: '7' });
  await hasTold(ann, 'presence', (events) => events.at(-1)?.stateChanged?.seat === '7');
  const seen = (await ann.told('presence')).length;
  const links = (await bob.told('linkState')).length;
  bob.network.cut();
  await ann.call('publish', channel, 'can you hear me?');
  const answer = bob.call('publish', channel, 'I said it in the tunnel');
  await Bun.sleep(3_000);
  expect(await saidTo(bob)).toEqual([]);
  bob.network.heal();
  await answer;
  for (const each of [ann, bob, nell]) {
    await hasTold(each, 'message', (events) => events.length === 2);
    expect((await saidTo(each)).sort()).toEqual(['I said it in the tunnel', 'can you hear me?']);
  }
  expect((await ann.told('presence')).length).toBe(seen);
  expect((await bob.told('linkState')).length).toBe(links);
}, 180_000);

test('RTM115: away for longer than the lease: a timeout, then a join and the state, by itself', async () => {
  await nell.call('presence.setState', channel, 'MESSAGE', { seat: '9' });
  await hasTold(ann, 'presence', (events) => events.at(-1)?.stateChanged?.seat === '9');
  const seen = (await ann.told('presence')).length;
  nell.network.cut();
  await hasTold(ann, 'presence', (events) => countOf(events, 'REMOTE_TIMEOUT', 'nell') === 1);
  nell.network.heal();
  await hasTold(ann, 'presence', (events) => events.at(-1)?.eventType === 'REMOTE_STATE_CHANGED');
  const since = (await ann.told('presence')).slice(seen);
  expect(since.map(({ eventType, publisher }) => `${eventType} ${publisher}`)).toEqual([
    'REMOTE_TIMEOUT nell',
    'REMOTE_JOIN nell',
    'REMOTE_STATE_CHANGED nell',
  ]);
  expect(since.at(-1).stateChanged).toEqual({ seat: '9' });
  await until('nell', async () => (await stateOf(nell)) === 'CONNECTED');
  expect((await nell.told('linkState')).at(-1).unrestoredChannels).toEqual([]);
  await ann.call('publish', channel, 'welcome back');
  await hasTold(nell, 'message', (events) => events.at(-1)?.message === 'welcome back');
}, 180_000);

test('RTM115: after kill -9 of the server all three are back by themselves, with states, metadata and locks', async () => {
  const lock = [channel, 'MESSAGE', 'held'] as const;
  await bob.call('lock.setLock', ...lock, { ttl: 300 });
  await bob.call('lock.acquireLock', ...lock);
  await ann.call('storage.setChannelMetadata', channel, 'MESSAGE', [{ key: 'kept', value: 'yes' }]);
  await nell.call('presence.setState', channel, 'MESSAGE', { seat: '3' });
  await server.kill();
  for (const each of [ann, bob, nell])
    await until('the loss', async () => (await stateOf(each)) !== 'CONNECTED');
  await server.restart();
  for (const each of [ann, bob, nell]) {
    await until('the server', async () => (await stateOf(each)) === 'CONNECTED');
    expect((await each.told('linkState')).at(-1).unrestoredChannels).toEqual([]);
  }
  const { occupants } = await ann.call('presence.getOnlineUsers', channel, 'MESSAGE', {
    includedState: true,
  });
  expect(occupants.map(({ userId }: Json) => userId).sort()).toEqual(['ann', 'bob', 'nell']);
  expect(occupants.find(({ userId }: Json) => userId === 'nell').states).toEqual({ seat: '3' });
  const { metadata } = await nell.call('storage.getChannelMetadata', channel, 'MESSAGE');
  expect(metadata.kept.value).toBe('yes');
  const { lockDetails } = await nell.call('lock.getLock', channel, 'MESSAGE');
  expect(lockDetails).toContainEqual({ lockName: 'held', owner: 'bob', ttl: 300 });
  await bob.call('lock.releaseLock', ...lock);
  await bob.call('publish', channel, 'all here');
  for (const each of [ann, bob, nell])
    await hasTold(each, 'message', (events) => events.at(-1)?.message === 'all here');
}, 180_000);
