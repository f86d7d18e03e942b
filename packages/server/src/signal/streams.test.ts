import { expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import type { OpenChannel } from '../channel/state.ts';
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

test('WIRE26: a leave that is told late does not end the streams of the next stay', () => {
  const state = {
    sid: 'S',
    seq: 5,
    roster: { get: () => ({ role: 'broadcaster' }) },
  } as unknown as OpenChannel;
  const streams = new Streams({ channel: () => state, onChange: () => undefined });
  streams.set('a', 'c', 1, { audio: true, video: true });
  streams.absorb(left(4));
  streams.absorb(left(9, 'earlier'));
  expect(streams.get('a', 'c', 1)).toEqual({ audio: true, video: true });
  streams.absorb(left(6));
  expect(streams.get('a', 'c', 1)).toBeUndefined();
  expect(streams.of('a', 'c', 1)).toEqual({ audio: false, video: false });
});
