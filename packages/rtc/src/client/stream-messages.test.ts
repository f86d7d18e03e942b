import { afterEach, beforeEach, expect, test } from 'bun:test';
import AgoraRTC, { type HousecountClient } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

let server: FakeServer;
let client: HousecountClient;

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080/');
  setLogLevel(4);
  server = new FakeServer().install();
  client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
});
afterEach(async () => {
  await client.leave();
  server.restore();
  setLogLevel(2);
});
const join = () => client.join('0123456789abcdef0123456789abcdef', 'c', 't', 7);
const texts = () =>
  server
    .of('stream-messages')
    .map(({ messages }) => messages.map((each) => Buffer.from(each, 'base64').toString()));

test('SDK140: stream messages go out in the order of the calls, those of one turn together, sixteen in a frame at most', async () => {
  await join();
  const sent = Array.from({ length: 18 }, (_, at) => client.sendStreamMessage(`m${at}`));
  sent.push(client.sendStreamMessage(new Uint8Array([0xc3, 0xa9]), true));
  await Promise.all(sent);
  expect(texts().map((frame) => frame.length)).toEqual([16, 2, 1]);
  expect(texts().flat()).toEqual([...Array.from({ length: 18 }, (_, at) => `m${at}`), 'é']);
});

test('SDK140: stream-message has the sender and the bytes; one that cannot be read is passed over', async () => {
  const heard: unknown[] = [];
  client.on('stream-message', (uid, payload) => heard.push([uid, [...payload]]));
  await join();
  server.socket.tell({ type: 'host-messages', uid: 8, messages: ['AQI=', '!', ''] });
  server.socket.tell({ type: 'host-messages', uid: 9, account: 'ann', messages: ['/w=='] });
  await until('heard', () => heard.length === 3);
  expect(heard).toEqual([
    [8, [1, 2]],
    [8, []],
    ['ann', [255]],
  ]);
});

test('SDK141: what no server would send is refused by its code, without asking', async () => {
  expect(await codeOf(client.sendStreamMessage('early'))).toBe('INVALID_OPERATION');
  await join();
  const large = client.sendStreamMessage('é'.repeat(513));
  expect(await large.catch(String)).toBe('AgoraRTCError INVALID_PARAMS: stream message out of range');
  expect(await codeOf(client.sendStreamMessage(7 as never))).toBe('INVALID_PARAMS');
  await client.sendStreamMessage('é'.repeat(512));
  await client.setClientRole('audience');
  expect(await codeOf(client.sendStreamMessage('late'))).toBe('INVALID_OPERATION');
  expect(server.of('stream-messages')).toHaveLength(1);
});

test('SDK141: a refusal of the server rejects with a code that apps know, and what comes next goes on', async () => {
  await join();
  const codes = ['rate_limited', 'frame_invalid', 'role_forbidden', 'internal'] as const;
  const heard: string[] = [];
  for (const code of codes) {
    server.onRequest = ({ id }, socket) => socket.tell({ type: 'error', id, code, message: 'no' });
    heard.push(await codeOf(client.sendStreamMessage('x')));
  }
  expect(heard).toEqual(['INVALID_OPERATION', 'NOT_SUPPORTED', 'INVALID_OPERATION', 'UNEXPECTED_RESPONSE']);
  server.onRequest = ({ id }, socket) => socket.tell({ type: 'ok', id });
  await client.sendStreamMessage('y');
});

test('SDK142: a message whose connection is lost is sent once at most, unless it is to be tried again', async () => {
  await join();
  server.onHello = (_hello, socket) => socket.tell(welcome({ resumed: true, role: 'broadcaster' }));
  server.onRequest = () => undefined;
  const once = client.sendStreamMessage('once');
  await until('asked', () => server.of('stream-messages').length === 1);
  server.onRequest = ({ id }, socket) => socket.tell({ type: 'ok', id });
  server.socket.drop();
  expect(await codeOf(once)).toBe('WS_DISCONNECT');
  await until('back', () => client.connectionState === 'CONNECTED');
  server.onRequest = () => undefined;
  const again = client.sendStreamMessage('again', true);
  await until('asked', () => texts().flat().includes('again'));
  server.onRequest = ({ id }, socket) => socket.tell({ type: 'ok', id });
  server.socket.drop();
  await again;
  expect(texts()).toEqual([['once'], ['again'], ['again']]);
});

test('SDK142: leave ends the messages that wait', async () => {
  await join();
  server.onRequest = () => undefined;
  const first = client.sendStreamMessage('first');
  await until('asked', () => server.of('stream-messages').length === 1);
  const codes = [codeOf(first), codeOf(client.sendStreamMessage('second'))];
  await client.leave();
  expect(await Promise.all(codes)).toEqual(['OPERATION_ABORTED', 'OPERATION_ABORTED']);
});

test('SDK142: so many wait at most; the next is refused', async () => {
  await join();
  server.onRequest = () => undefined;
  const all = Array.from({ length: 129 }, (_, at) =>
    client.sendStreamMessage(`m${at}`).catch(({ code }) => code),
  );
  expect(await all[128]).toBe('INVALID_OPERATION');
  await client.leave();
  expect(new Set(await Promise.all(all.slice(0, 128)))).toEqual(new Set(['OPERATION_ABORTED']));
});
