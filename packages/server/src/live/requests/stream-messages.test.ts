import { afterEach, expect, test } from 'bun:test';
import { type TestSocket, TestWorld } from '../../../testing/worlds/live-world.ts';

let world: TestWorld | undefined;
async function begin(over: Parameters<typeof TestWorld.start>[0] = {}): Promise<TestWorld> {
  world = await TestWorld.start(over);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const host = { role: 'broadcaster' } as const;
let nextId = 1;
const sends = (socket: TestSocket, ...messages: string[]) =>
  socket.says({ type: 'stream-messages', id: nextId++, messages });
const heard = (socket: TestSocket) => socket.all('host-messages').map(({ uid, messages }) => [uid, messages]);
const refusals = (socket: TestSocket) => socket.all('error').map(({ code }) => code);
/** A message of so many bytes. */
const ofBytes = (count: number) => Buffer.alloc(count).toString('base64');

test('WIRE65: the messages of a broadcaster go to all others of its channel, in order, and to nobody who comes later', async () => {
  const w = await begin();
  const ann = await w.hello({ account: 'ann', ...host });
  const bob = await w.hello({ uid: 2, ...host });
  const viewer = await w.hello({ uid: 3 });
  const elsewhere = await w.hello({ uid: 4, channel: 'elsewhere' });
  const before = w.published;
  await sends(ann, 'MQ==', 'Mg==');
  await sends(ann, 'Mw==');
  // Each frame is encoded once, however many they are.
  expect(w.published - before).toBe(2);
  await sends(bob, '');
  const late = await w.hello({ uid: 5 });
  const { uid } = ann.welcome;
  expect(heard(viewer)).toEqual([
    [uid, ['MQ==', 'Mg==']],
    [uid, ['Mw==']],
    [2, ['']],
  ]);
  expect(viewer.all('host-messages')[0]).toMatchObject({ account: 'ann' });
  expect([heard(ann), heard(bob).length, heard(elsewhere), heard(late)]).toEqual([[[2, ['']]], 2, [], []]);
  expect(ann.all('ok')).toHaveLength(2);
});

test('WIRE65: the audience sends none, and may once it is a broadcaster', async () => {
  const w = await begin();
  const viewer = await w.hello({ uid: 3 });
  await sends(viewer, 'aGk=');
  expect(refusals(viewer)).toEqual(['role_forbidden']);
  await viewer.says({ type: 'set-role', id: 100, role: 'broadcaster' });
  const other = await w.hello({ uid: 4 });
  await sends(viewer, 'aGk=');
  expect(heard(other)).toEqual([[3, ['aGk=']]]);
});

test('WIRE66: messages and bytes of a connection are limited by the second; what is too much is refused whole, and the connection stays', async () => {
  const w = await begin({ streamMessagesPerSecondMax: 3, streamMessageBytesPerSecondMax: 1_500 });
  const [ann, viewer] = [await w.hello({ uid: 1, ...host }), await w.hello({ uid: 2 })];
  await sends(ann, 'MQ==', 'MQ==');
  await sends(ann, 'Mg==', 'Mg==');
  await sends(ann, 'Mw==');
  expect([refusals(ann), heard(viewer).length]).toEqual([['rate_limited'], 2]);
  await w.advance(1_000);
  await sends(ann, ofBytes(1_024));
  await sends(ann, ofBytes(1_024));
  expect([refusals(ann).length, heard(viewer).length]).toEqual([2, 3]);
  await w.advance(1_000);
  await sends(ann, ofBytes(1_024));
  expect([refusals(ann).length, heard(viewer).length, ann.closed]).toEqual([2, 4, undefined]);
});

test('WIRE66: all that broadcasters of a channel send is limited, too; other channels have their own', async () => {
  const w = await begin({ channelStreamMessagesPerSecondMax: 3 });
  const hosts = [await w.hello({ uid: 1, ...host }), await w.hello({ uid: 2, ...host })];
  const elsewhere = await w.hello({ uid: 3, channel: 'elsewhere', ...host });
  for (const socket of [...hosts, elsewhere]) await sends(socket, 'MQ==', 'Mg==');
  expect([...hosts, elsewhere].map((socket) => refusals(socket))).toEqual([[], ['rate_limited'], []]);
});

test('WIRE67: what a broadcaster did is told to all others at once, and counts as a message', async () => {
  const w = await begin({ streamMessagesPerSecondMax: 2 });
  const [ann, viewer] = [await w.hello({ uid: 1, ...host }), await w.hello({ uid: 2 })];
  const infos = (socket: TestSocket) => socket.all('host-info').map(({ uid, what }) => [uid, what]);
  for (const what of ['disable-local-video', 'enable-local-video', 'mute-audio'])
    await ann.says({ type: 'tell-info', id: nextId++, what });
  expect(infos(viewer)).toEqual([
    [1, 'disable-local-video'],
    [1, 'enable-local-video'],
  ]);
  expect([infos(ann), refusals(ann)]).toEqual([[], ['rate_limited']]);
  await viewer.says({ type: 'tell-info', id: nextId++, what: 'mute-audio' });
  expect(refusals(viewer)).toEqual(['role_forbidden']);
});
