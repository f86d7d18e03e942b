import { afterEach, beforeEach, expect, test } from 'bun:test';
import { showLogin } from '@housecount/link';
import { setLogLevel } from '../log.ts';
import { setParameter } from '../settings.ts';
import { FakeServer, until, welcome } from '../testing/fake-server.ts';
import { Client } from './client.ts';

const app = '0123456789abcdef0123456789abcdef';
const before = (['document', 'window'] as const).map(
  (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
);
let server: FakeServer;
let client: Client;
let hide: () => void;
/** A server of its own for each test: what is known of one is not asked again. */
let servers = 0;
beforeEach(() => {
  setLogLevel(4);
  Object.defineProperty(globalThis, 'document', {
    value: { querySelector: () => null, addEventListener: () => undefined },
    configurable: true,
  });
  servers += 1;
  setParameter('HOUSECOUNT_URL', `http://server-${servers}.test`);
  server = new FakeServer().install();
  server.onHello = ({ resume }, socket) =>
    socket.tell(
      welcome({ resumed: resume !== undefined, link: { nonce: `nonce ${server.sockets.length}` } }),
    );
  client = new Client({ mode: 'live', codec: 'vp8' });
  hide = showLogin(app, async (nonce) => `proof-of-${nonce.replace(' ', '-')}`);
});
afterEach(async () => {
  await client.leave();
  hide();
  server.restore();
  setLogLevel(2);
  setParameter('HOUSECOUNT_URL', undefined);
  for (const [name, descriptor] of before)
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
});
const join = (): Promise<unknown> => client.join(app, 'lobby', null, 7);

test('SDK110: a join says that a link comes, does not wait for it, and sends the proof about its own nonce', async () => {
  server.onRequest = () => undefined;
  expect(await join()).toBe(7);
  expect(server.hellos).toMatchObject([{ linkAwaited: true }]);
  await until('the proof', () => server.of('link').length > 0);
  expect(server.of('link')).toMatchObject([{ proof: 'proof-of-nonce-1' }]);
});

test('SDK110: a login that is called while the socket opens is said in its hello', async () => {
  hide();
  const joined = join();
  hide = showLogin(app, async () => 'a-proof');
  await joined;
  expect(server.hellos).toMatchObject([{ linkAwaited: true }]);
});

test('SDK110: a page without a login says and sends nothing', async () => {
  hide();
  await join();
  expect(server.hellos[0]).not.toHaveProperty('linkAwaited');
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(server.of('link')).toEqual([]);
});

test('SDK111: a proof that is lost with its connection is not sent on the next one; one about its nonce is', async () => {
  server.onRequest = () => undefined;
  await join();
  await until('the proof', () => server.of('link').length === 1);
  server.socket.drop();
  await until('another one', () => server.of('link').length === 2);
  expect(server.of('link').map(({ proof }) => proof)).toEqual(['proof-of-nonce-1', 'proof-of-nonce-2']);
  expect(client.connectionState).toBe('CONNECTED');
});

test('SDK112: a refused proof leaves the client in, and nobody waits for another', async () => {
  server.onRequest = (frame, socket) =>
    frame.type === 'link' && frame.proof !== undefined
      ? socket.tell({ type: 'error', id: frame.id, code: 'link_proof_invalid', message: 'No.' })
      : socket.tell({ type: 'ok', id: frame.id });
  await join();
  await until('both', () => server.of('link').length === 2);
  expect(server.of('link')[1]).not.toHaveProperty('proof');
  expect(client.connectionState).toBe('CONNECTED');
});

test('SDK113: a server that is older than links is joined at once without, and is not told again', async () => {
  server.onHello = (hello, socket) => {
    if (hello.linkAwaited === undefined) socket.tell(welcome());
    else {
      socket.tell({ type: 'error', code: 'frame_invalid', message: 'Unknown field "linkAwaited".' });
      socket.drop(4400);
    }
  };
  expect(await join()).toBe(7);
  expect(server.hellos.map(({ linkAwaited }) => linkAwaited)).toEqual([true, undefined]);
  await client.leave();
  await join();
  expect(server.hellos.map(({ linkAwaited }) => linkAwaited)).toEqual([true, undefined, undefined]);
  expect(server.of('link')).toEqual([]);
});

test('SDK111: a login that comes while the connection is lost is asked once there is another', async () => {
  hide();
  await join();
  server.down = true;
  server.socket.drop();
  await until('the loss', () => client.connectionState === 'RECONNECTING');
  const asked: string[] = [];
  hide = showLogin(app, async (nonce) => {
    asked.push(nonce);
    return 'a-proof';
  });
  await until('an attempt', () => server.sockets.length > 2);
  expect(asked).toEqual([]);
  server.down = false;
  await until('the proof', () => server.of('link').length > 0);
  expect(asked).toEqual([`nonce ${server.sockets.length}`]);
});
