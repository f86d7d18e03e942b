import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { SignalingKeptMessage } from '@housecount/protocol';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  await ann.client.login();
  world.requests.splice(0);
});
afterEach(() => world.restore());

const answer = (messages: readonly SignalingKeptMessage[], newStart = 0): void => {
  world.onRequest = ({ id }, socket) =>
    socket.tell({ type: 'ok', id, serverMs: 77, result: { messages, newStart } });
};

test('RTM100: a page is asked for as it is, and given with all fields of the API', async () => {
  answer(
    [
      { publisher: 'bob', content: { bytes: 'AAEC' }, customType: 'raw', timestamp: 9 },
      { publisher: 'ann', content: { text: 'hi' }, timestamp: 8 },
    ],
    8,
  );
  const page = await ann.client.history.getMessages('lobby', 'MESSAGE', {
    messageCount: 2,
    start: 10,
    end: 5,
  });
  expect(page).toEqual({
    timestamp: 77,
    messageList: [
      {
        message: new Uint8Array([0, 1, 2]),
        messageType: 'BINARY',
        customType: 'raw',
        publisher: 'bob',
        timestamp: 9,
      },
      { message: 'hi', messageType: 'STRING', customType: '', publisher: 'ann', timestamp: 8 },
    ],
    count: 2,
    newStart: 8,
  });
  expect(world.requests).toMatchObject([
    { type: 'get-messages', channelType: 'MESSAGE', channel: 'lobby', count: 2, start: 10, end: 5 },
  ]);
});

test('RTM100: without options it asks for the newest hundred', async () => {
  answer([]);
  expect(await ann.client.history.getMessages('bob', 'USER')).toMatchObject({ count: 0, newStart: 0 });
  expect(world.requests).toMatchObject([
    { channelType: 'USER', channel: 'bob', count: 100, start: 0, end: 0 },
  ]);
});

test('RTM101: arguments that make no sense are refused by the SDK, in the order of the API', async () => {
  const { history } = ann.client;
  const cases: [number, () => Promise<unknown>][] = [
    [-10019, () => history.getMessages('', 'STREAM' as never)],
    [-10008, () => history.getMessages('', 'MESSAGE', { messageCount: 0 })],
    [-10014, () => history.getMessages('x', 'MESSAGE', 7 as never)],
    [-10014, () => history.getMessages('x', 'MESSAGE', { messageCount: 0 })],
    [-10014, () => history.getMessages('x', 'MESSAGE', { messageCount: 101 })],
    [-15002, () => history.getMessages('x', 'MESSAGE', { start: -1 })],
    [-15002, () => history.getMessages('x', 'MESSAGE', { end: 1.5 })],
    [-15002, () => history.getMessages('x', 'MESSAGE', { start: 5, end: 6 })],
  ];
  for (const [code, act] of cases) expect([code, await outcome(act())]).toEqual([code, code]);
  expect(world.requests).toEqual([]);
});

test('RTM101: the refusals of the server, and no answer, have the codes of the history', async () => {
  world.onRequest = ({ id }, socket) => socket.tell({ type: 'refused', id, code: -15005, reason: 'None.' });
  expect(await outcome(ann.client.history.getMessages('x', 'MESSAGE'))).toBe(-15005);
  world.onRequest = () => undefined;
  const pending = outcome(ann.client.history.getMessages('x', 'MESSAGE'));
  await world.pass(10_000);
  expect(await pending).toBe(-15003);
  const lost = outcome(ann.client.history.getMessages('x', 'MESSAGE'));
  world.socket.drop();
  expect(await lost).toBe(-15001);
});

test('RTM102: a message to be kept says so, one that is not says nothing', async () => {
  const { client } = ann;
  await client.publish('lobby', 'a', { storeInHistory: true });
  await client.publish('lobby', 'b', { storeInHistory: false });
  expect(world.requests.map((request) => 'storeInHistory' in request && request.storeInHistory)).toEqual([
    true,
    false,
  ]);
});
