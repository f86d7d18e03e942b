import { expect, test } from 'bun:test';
import { Conversation, type ConversationBounds } from './conversation.ts';

const nothing = (): void => {};
const socket = {
  address: '192.0.2.1',
  send: nothing,
  close: nothing,
  terminate: nothing,
  ping: nothing,
  bufferedBytes: () => 0,
  subscribe: nothing,
  unsubscribe: nothing,
};
const counter = { add: nothing };
const bounds: ConversationBounds = {
  frameBytesMax: 100,
  frameRate: { perSecond: 1_000, burst: 1_000 },
  pendingFramesMax: 2,
  helloMs: 5_000,
  backlogBytesMax: 1_000,
};

test('KIT3: one frame too many to wait ends the connection by its code, and none that waits is handled', async () => {
  const handled: string[] = [];
  const closings: string[] = [];
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const conversation = new Conversation<string, never>(
    socket,
    {
      bounds,
      parse: (text) => text,
      handle(text) {
        handled.push(text);
        return first;
      },
      closing(code) {
        closings.push(code);
        return code;
      },
      heard: nothing,
      silent: nothing,
      look: nothing,
      drained: nothing,
      left: nothing,
    },
    {
      keeper: { ended: nothing, closed: nothing },
      clock: { steadyMs: () => 0 },
      logger: { error: nothing },
      frames: counter,
      refusals: counter,
    },
  );
  for (const text of ['first', 'second', 'third']) conversation.onText(text);
  expect(closings).toEqual([]);
  conversation.onText('fourth');
  expect(closings).toEqual(['rate_limited']);
  resolve();
  await new Promise((turn) => setImmediate(turn));
  expect(handled).toEqual(['first']);
});
