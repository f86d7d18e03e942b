import { expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import { Streams } from './streams.ts';

const place = { app: 'a', channel: 'c', sid: 'S', count: 1, profile: 'live', atMs: 0 } as const;
const left = (seq: number, sid = 'S'): ChannelEvent => ({
  ...place,
  type: 'member-left',
  sid,
  seq,
  uid: 1,
  role: 'broadcaster',
  platform: 0,
  clientSeq: 1,
  connectionId: 'x',
  reason: 'quit',
  evidence: 'bye',
  lastHeardMs: 0,
  noticedMs: 0,
  joinedMs: 0,
});
const both = { audio: true, video: true };
const none = { audio: false, video: false };
const sound = { audio: true, video: false };
const over = (connectionId: string) => ({ app: 'a', channel: 'c', uid: 1, connectionId });

/** Streams of a channel in which uid 1 broadcasts over `present.connectionId`; `told` is what the channel hears. */
function begin() {
  const present = { role: 'broadcaster', connectionId: 'x' };
  const state = { sid: 'S', seq: 5, roster: { get: () => present } } as unknown as OpenChannel;
  const told: object[] = [];
  const streams = new Streams({
    channel: () => state,
    onChange: (_app, _channel, _uid, streams) => told.push(streams),
  });
  return { streams, present, told };
}

test('WIRE26: a leave that is told late does not end the streams of the next stay', () => {
  const { streams } = begin();
  streams.set(over('x'), both);
  streams.absorb(left(4));
  streams.absorb(left(9, 'earlier'));
  expect(streams.get('a', 'c', 1)).toEqual(both);
  streams.absorb(left(6));
  expect(streams.get('a', 'c', 1)).toBeUndefined();
  expect(streams.of('a', 'c', 1)).toEqual(none);
});

test('WHIP11: the streams shown are those of the present connection, whatever an earlier one does', () => {
  const { streams, present, told } = begin();
  streams.set(over('x'), both);
  present.connectionId = 'y';
  expect(streams.of('a', 'c', 1)).toEqual(none);
  streams.set(over('y'), sound);
  // The one before ends, or speaks up once more.
  streams.carry(over('x'), undefined);
  streams.set(over('x'), none);
  expect(streams.of('a', 'c', 1)).toEqual(sound);
  expect(told).toEqual([both, sound]);
});

test('WHIP12: what a connection says counts as far as its media session can carry it', () => {
  const { streams, told } = begin();
  // A client that has no media session with us is taken at its word.
  streams.set(over('x'), both);
  streams.carry(over('x'), sound);
  expect(streams.of('a', 'c', 1)).toEqual(sound);
  streams.carry(over('x'), undefined);
  expect(streams.of('a', 'c', 1)).toEqual(none);
  // A new session, and nothing said anew.
  streams.carry(over('x'), both);
  expect(streams.of('a', 'c', 1)).toEqual(both);
  streams.set(over('x'), none);
  streams.carry(over('x'), both);
  expect(told).toEqual([both, sound, none, both, none]);
});
