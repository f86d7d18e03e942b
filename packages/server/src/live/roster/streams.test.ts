import { expect, test } from 'bun:test';
import type { ChannelEvent, StreamState } from '@housecount/protocol';
import { settle } from '../../../test/simulation/sim-clock.ts';
import { join, TestChannel } from '../../../testing/models/test-channel.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import type { OpenChannel } from '../../channel/channel.ts';
import type { Asked, CommandOutcome } from '../../log/contract/commands.ts';
import { Streams } from './streams.ts';

const T = 1_700_000_000_000;
const left = (seq: number, sid: string): ChannelEvent => ({
  ...{ app: 'app', channel: 'x', count: 1, profile: 'live', atMs: 0 },
  type: 'member-left',
  sid,
  seq,
  uid: 1,
  role: 'broadcaster',
  platform: 0,
  clientSeq: 1,
  connectionId: 'c1',
  reason: 'quit',
  evidence: 'bye',
  lastHeardMs: 0,
  noticedMs: 0,
  joinedMs: 0,
});
const both = { audio: true, video: true };
const none = { audio: false, video: false };
const sound = { audio: true, video: false };
const over = (connectionId: string) => ({ app: 'app', channel: 'x', uid: 1, connectionId });

/** Streams of a channel in which uid 1 broadcasts over c1, a plain client, and 2 watches; `told` is what the log records. */
function begin() {
  const channel = new TestChannel();
  channel.must(T, join(1, { role: 'broadcaster', connectionKind: 'whip' }));
  channel.must(T, join(2));
  const told: StreamState[] = [];
  const disk = { isFull: false, fails: false };
  const complaints: string[] = [];
  const state = () => channel.state as OpenChannel;
  const submit = async (_key: unknown, command: Asked): Promise<CommandOutcome> => {
    if (command.type !== 'set-streams') throw new Error(`${command.type} is not about streams`);
    if (disk.fails) throw new Error('the log is broken');
    if (disk.isFull && !command.isFact) return { ok: false, code: 'log_unavailable' };
    for (const change of channel.must(channel.state.lastAtMs, command))
      if (change.type === 'streams-set') told.push({ audio: change.audio, video: change.video });
    return { ok: true, channel: channel.state, changes: [] };
  };
  const logger = quietLogger((message) => complaints.push(message));
  const streams = new Streams({ log: { channel: state, submit }, logger });
  const of = (uid = 1) => streams.of('app', 'x', uid);
  return { channel, streams, told, of, disk, state, complaints };
}

test('WIRE26: a leave that is told late does not end the streams of the next stay', () => {
  const { streams, state } = begin();
  const { sid, seq } = state();
  void streams.set(over('c1'), both);
  streams.absorb(left(seq - 1, sid));
  streams.absorb(left(seq + 4, 'earlier'));
  expect(streams.has(over('c1'))).toBe(true);
  streams.absorb(left(seq + 1, sid));
  expect(streams.has(over('c1'))).toBe(false);
});

test('WHIP11: the streams shown are those of the present connection, whatever an earlier one does', () => {
  const { channel, streams, told, of } = begin();
  void streams.set(over('c1'), both);
  channel.must(T + 2, { type: 'silent', connectionId: 'c1', lastHeardMs: T, evidence: 'media-silence' });
  channel.must(T + 3, join(1, { connectionId: 'y', role: 'broadcaster', connectionKind: 'whip' }));
  expect(channel.member(1).connectionId).toBe('y');
  expect(of()).toEqual(none);
  void streams.set(over('y'), sound);
  // The one before ends, or speaks up once more.
  streams.carry(over('c1'), undefined);
  void streams.set(over('c1'), none);
  expect(of()).toEqual(sound);
  expect(told).toEqual([both, sound]);
});

test('WHIP12: what a connection says counts as far as its media session can carry it', () => {
  const { streams, told, of } = begin();
  // A client that has no media session with us is taken at its word.
  void streams.set(over('c1'), both);
  streams.carry(over('c1'), sound);
  expect(of()).toEqual(sound);
  streams.carry(over('c1'), undefined);
  expect(of()).toEqual(none);
  // A new session, and nothing said anew.
  streams.carry(over('c1'), both);
  expect(of()).toEqual(both);
  void streams.set(over('c1'), none);
  streams.carry(over('c1'), both);
  expect(told).toEqual([both, sound, none, both, none]);
});

test('WIRE59: only what changes is recorded, and nothing of who is no broadcaster', async () => {
  const { streams, told, of } = begin();
  for (let n = 0; n < 3; n += 1) await streams.set(over('c1'), both);
  streams.carry(over('c1'), both);
  streams.hold(over('c1'), both, () => true);
  await streams.set({ app: 'app', channel: 'x', uid: 2, connectionId: 'c2' }, both);
  expect(of(2)).toEqual(none);
  expect(told).toEqual([both]);
});

test('WIRE59: what is asked for too often, or cannot be written, is recorded at a later look, as it is then', async () => {
  const { streams, told, of, disk } = begin();
  let budget = 1;
  const mayAsk = () => budget-- > 0;
  await streams.set(over('c1'), both, mayAsk);
  await streams.set(over('c1'), none, mayAsk);
  await streams.set(over('c1'), sound, mayAsk);
  streams.hold(over('c1'), both, mayAsk);
  expect(told).toEqual([both]);
  budget = 3;
  disk.isFull = true;
  streams.hold(over('c1'), both, mayAsk);
  await Promise.resolve();
  expect(of()).toEqual(both);
  disk.isFull = false;
  streams.hold(over('c1'), both, mayAsk);
  streams.hold(over('c1'), both, mayAsk);
  expect(told).toEqual([both, sound]);
  expect(budget).toBe(1);
});

test('WIRE59: what the log fails at is said, holds nobody up, and is recorded at a later look', async () => {
  const { streams, told, of, disk, complaints } = begin();
  disk.fails = true;
  await streams.set(over('c1'), both, () => true);
  await streams.set(over('c1'), sound);
  streams.carry(over('c1'), none);
  await settle();
  expect(complaints).toEqual(Array(2).fill('what a broadcaster sends could not be logged'));
  disk.fails = false;
  streams.carry(over('c1'), both);
  streams.hold(over('c1'), both, () => true);
  await settle();
  expect([told, of()]).toEqual([[sound], sound]);
});

test('WIRE59: streams that are set after the host was audience for a moment are recorded, though that was not told yet', async () => {
  const { channel, streams, of } = begin();
  await streams.set(over('c1'), both);
  channel.must(T + 2, { type: 'set-role', connectionId: 'c1', role: 'audience' });
  expect(of()).toEqual(none);
  channel.must(T + 3, { type: 'set-role', connectionId: 'c1', role: 'broadcaster' });
  await streams.set(over('c1'), both);
  expect(of()).toEqual(both);
});
