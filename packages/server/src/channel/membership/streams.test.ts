import { describe, expect, test } from 'bun:test';
import { join, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelCommand } from '../command.ts';
import { membersFromLines, membersToLines } from '../snapshot.ts';
import { streamsOf } from './streams.ts';

const T = 1_700_000_000_000;
const both = { audio: true, video: true };
const none = { audio: false, video: false };
const sends = (connectionId: string, streams: { audio: boolean; video: boolean }): ChannelCommand => ({
  type: 'set-streams',
  connectionId,
  ...streams,
});

/** A channel in which uid 1 broadcasts over a WHIP session, and sends both kinds. */
function onAir(): TestChannel {
  const channel = new TestChannel();
  channel.must(T, join(1, { role: 'broadcaster', connectionKind: 'whip', platform: 0 }));
  channel.must(T + 1, sends('c1', both));
  return channel;
}
const of = (channel: TestChannel) => streamsOf(channel.member(1));

describe('CHAN33: streams', () => {
  test('what a broadcaster sends is a mark; the same once more is none', () => {
    const channel = onAir();
    expect(of(channel)).toEqual(both);
    expect(channel.must(T + 2, sends('c1', both))).toEqual([]);
    const place = { app: 'app', channel: 'x', atMs: T + 3, uid: 1 };
    expect(channel.must(T + 3, sends('c1', { audio: true, video: false }))).toEqual([
      { type: 'streams-set', ...place, audio: true, video: false },
    ]);
    channel.must(T + 4, sends('c1', none));
    expect(channel.member(1)).not.toHaveProperty('streams');
  });

  test('the audience sends nothing, and who is not in is refused', () => {
    const channel = onAir().joined(T + 1, 2);
    expect(channel.must(T + 2, sends('c2', both))).toEqual([]);
    expect(channel.ask(T + 2, sends('c9', both))).toBe('not_joined');
  });

  test('who becomes audience, leaves, or is replaced sends nothing', () => {
    const role = onAir();
    for (const wanted of ['audience', 'broadcaster'] as const)
      role.must(T + 2, { type: 'set-role', connectionId: 'c1', role: wanted });
    expect(of(role)).toEqual(none);
    const replaced = onAir();
    replaced.must(T + 2, join(1, { connectionId: 'other', role: 'broadcaster' }));
    expect(of(replaced)).toEqual(none);
  });

  test('another connection that takes the member over begins with nothing; one that is resumed goes on', () => {
    const channel = onAir();
    channel.must(T + 2, { type: 'silent', connectionId: 'c1', lastHeardMs: T, evidence: 'media-silence' });
    expect(of(channel)).toEqual(both);
    channel.must(T + 3, { type: 'resume', connectionId: 'c1' });
    expect(of(channel)).toEqual(both);
    channel.must(T + 4, {
      type: 'silent',
      connectionId: 'c1',
      lastHeardMs: T + 3,
      evidence: 'media-silence',
    });
    const again = { connectionId: 'new', role: 'broadcaster', connectionKind: 'whip', platform: 0 } as const;
    channel.must(T + 5, join(1, again));
    expect(channel.member(1).connectionId).toBe('new');
    expect(of(channel)).toEqual(none);
  });

  test('a plain client that sends already is in with its streams, also when it comes back', () => {
    const channel = new TestChannel();
    const first = join(1, { role: 'broadcaster', connectionKind: 'whip', platform: 0, streams: both });
    const types = channel.must(T, first).map(({ type }) => type);
    expect(types).toEqual(['channel-opened', 'member-joined', 'streams-set']);
    channel.must(T + 4, { type: 'silent', connectionId: 'c1', lastHeardMs: T, evidence: 'media-silence' });
    const back = channel.must(T + 5, {
      ...first,
      connectionId: 'new',
      streams: { audio: true, video: false },
    });
    expect(back.map(({ type }) => type)).toEqual(['link-live', 'streams-set']);
    expect(of(channel)).toEqual({ audio: true, video: false });
    const audience = channel.must(T + 6, join(2, { streams: both }));
    expect(audience.map(({ type }) => type)).toEqual(['member-joined']);
  });

  test('a snapshot has it', () => {
    const { state } = onAir();
    expect(membersFromLines(state.key, membersToLines(state))).toEqual(state);
  });
});
