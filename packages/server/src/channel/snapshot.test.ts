import { describe, expect, test } from 'bun:test';
import { join, TestChannel } from '../../testing/models/test-channel.ts';
import { liveKey } from './channel.ts';
import { membersFromLines, membersToLines } from './snapshot.ts';

const T = 1_700_000_000_000;
const key = liveKey('app', 'x');

/** Members of every shape, one silent, one departed in this very millisecond. */
function lively(): TestChannel {
  const channel = new TestChannel();
  channel.must(T, join(3, { account: 'ann', role: 'broadcaster', platform: 6, clientType: 8 }));
  channel.must(T + 1, join(1, { tokenEndsMs: T + 90_000 }));
  channel.must(T + 2, join(2, { connectionKind: 'whep', leaseMs: 6000 }));
  channel.must(T + 3, { type: 'resume', connectionId: 'c1', attempt: 2 });
  channel.must(T + 3, { type: 'silent', connectionId: 'c2', lastHeardMs: T + 2, evidence: 'media-silence' });
  channel.joined(T + 4, 9);
  channel.must(T + 4, { type: 'leave', connectionId: 'c9', evidence: 'bye' });
  return channel;
}

describe('snapshot', () => {
  test('CHAN22: an open channel comes back equal, with links and departed', () => {
    const { state } = lively();
    const lines = [...membersToLines(state)];
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        version: 1,
        app: 'app',
        channel: 'x',
        lastAtMs: T + 4,
        departed: 1,
        members: 3,
        sid: 'S1',
        seq: 6,
        profile: 'live',
        openedMs: T,
      },
      {
        uid: 3,
        account: 'ann',
        role: 'broadcaster',
        platform: 6,
        clientType: 8,
        connectionId: 'c3',
        connectionKind: 'rtc',
        joinedMs: T,
        joinedSeq: 2,
        clientSeq: T,
        attachment: T,
        leaseMs: 10_000,
        link: { state: 'live' },
      },
      expect.objectContaining({
        uid: 1,
        tokenEndsMs: T + 90_000,
        attachment: T + 3,
        attempt: 2,
        link: { state: 'live' },
      }),
      expect.objectContaining({
        uid: 2,
        connectionKind: 'whep',
        leaseMs: 6000,
        link: {
          state: 'silent',
          lastHeardMs: T + 2,
          noticedMs: T + 3,
          evidence: 'media-silence',
          leaseEndsMs: T + 6002,
        },
      }),
      [9, T + 5],
    ]);
    const read = membersFromLines(key, lines);
    expect([...membersToLines(read)]).toEqual(lines);
    if (read.sid === undefined || state.sid === undefined) throw new Error('both are open');
    expect([...read.roster]).toEqual([...state.roster]);
    expect([read.roster.hosts, read.departed.get(9), read.roster.endsMs]).toEqual([1, T + 5, T + 6002]);
  });

  test('CHAN22, CHAN25: a line of before there were attachments counts as attached by its last event', () => {
    const { state } = lively();
    const lines = [...membersToLines(state)].map((line) => line.replace(/"attach[a-z]*":\d+,/, ''));
    expect(lines.join()).not.toContain('attachment');
    const read = membersFromLines(key, lines);
    if (read.sid === undefined) throw new Error('it is open');
    expect(Array.from(read.roster, ({ attachment }) => attachment)).toEqual([T, T + 3, T + 2]);
  });

  test('CHAN22: a closed channel keeps its departed', () => {
    const channel = lively();
    channel.must(T + 4, { type: 'kick' });
    const lines = [...membersToLines(channel.state)];
    const read = membersFromLines(key, lines);
    expect(read.sid).toBeUndefined();
    expect([...read.departed]).toEqual([...channel.state.departed]);
    expect(read.departed.least).toBe(T + 4);
  });

  test('lines that do not fit each other are not taken', () => {
    const lines = [...membersToLines(lively().state)];
    const [header = '', first = '', ...rest] = lines;
    expect(() => membersFromLines(key, [])).toThrow('a snapshot has a header');
    expect(() => membersFromLines(key, lines.slice(0, -1))).toThrow('the lines its header says');
    expect(() => membersFromLines(key, [...lines, first])).toThrow('the lines its header says');
    expect(() => membersFromLines(key, [header, first, first, ...rest.slice(1)])).toThrow('once');
    expect(() => membersFromLines(key, ['{"version":2}'])).toThrow('version 2');
    expect(() => membersFromLines(key, ['no json'])).toThrow();
  });
});
