import { describe, expect, test } from 'bun:test';
import type { Evidence } from '@housecount/protocol';
import { join, outline, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelCommand } from '../command.ts';
import type { ChannelChange } from '../decision.ts';
import { due } from '../due.ts';

const T = 1_700_000_000_000;
const silent = (uid: number, lastHeardMs: number, evidence: Evidence = 'silence'): ChannelCommand => ({
  type: 'silent',
  connectionId: `c${uid}`,
  lastHeardMs,
  evidence,
});
const tick: ChannelCommand = { type: 'tick' };
const resume = (uid: number, tokenEndsMs?: number): ChannelCommand => ({
  type: 'resume',
  connectionId: `c${uid}`,
  ...(tokenEndsMs !== undefined && { tokenEndsMs }),
});

describe('silence', () => {
  test('CHAN12: the lease runs from when the connection was last heard', () => {
    const channel = new TestChannel().joined(T, 1);
    expect(channel.must(T + 5000, silent(1, T + 2000, 'socket-closed'))).toEqual([
      {
        type: 'link-silent',
        app: 'app',
        channel: 'x',
        atMs: T + 5000,
        uid: 1,
        connectionId: 'c1',
        lastHeardMs: T + 2000,
        evidence: 'socket-closed',
        leaseEndsMs: T + 12_000,
      },
    ]);
    expect(channel.member(1).link).toEqual({
      state: 'silent',
      lastHeardMs: T + 2000,
      noticedMs: T + 5000,
      evidence: 'socket-closed',
      leaseEndsMs: T + 12_000,
    });
  });

  test('CHAN12: known silence is not recorded again, unless something was heard since', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T + 5000, silent(1, T + 2000));
    expect(channel.must(T + 6000, silent(1, T + 2000, 'socket-closed'))).toEqual([]);
    expect(channel.must(T + 6000, silent(1, T + 1000))).toEqual([]);
    channel.must(T + 7000, silent(1, T + 3000));
    expect(channel.member(1).link).toMatchObject({
      lastHeardMs: T + 3000,
      leaseEndsMs: T + 13_000,
      noticedMs: T + 7000,
    });
    channel.must(T + 8000, { type: 'recover', lastAliveMs: T + 7000, recoveryMs: 60_000 });
    channel.must(T + 9000, silent(1, T + 8500));
    expect(channel.member(1).link).toMatchObject({ lastHeardMs: T + 8500, leaseEndsMs: T + 68_000 });
  });

  test('CHAN12: last heard lies between the join and now', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    expect(channel.must(T + 5, silent(1, T + 99))[0]).toMatchObject({ lastHeardMs: T + 5 });
    expect(channel.must(T + 5, silent(2, T - 99))[0]).toMatchObject({ lastHeardMs: T });
  });

  test('CHAN13: who is heard or resumes within the lease makes no event', () => {
    const back: (readonly [command: ChannelCommand, live: string[], attachment: number])[] = [
      [{ type: 'heard', connectionId: 'c1' }, [], T],
      [resume(1), ['link-live'], T + 9999],
    ];
    for (const [command, onLive, attachment] of back) {
      const channel = new TestChannel().joined(T, 1);
      expect(outline(channel.must(T + 1, command))).toEqual(onLive);
      channel.must(T + 5000, silent(1, T));
      const mark = { type: 'link-live', app: 'app', channel: 'x', atMs: T + 9999, uid: 1 };
      expect(channel.must(T + 9999, command)).toEqual([
        { ...mark, connectionId: 'c1', attachment } as ChannelChange,
      ]);
      expect(channel.member(1).link).toEqual({ state: 'live' });
      expect(due(channel.state)).toBeUndefined();
      expect(channel.must(T + 60_000, tick)).toEqual([]);
    }
  });

  test('CHAN13: a resume brings the token it has', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { tokenEndsMs: T + 50_000 }));
    expect(outline(channel.must(T, resume(1)))).toEqual(['link-live']);
    expect(outline(channel.must(T, resume(1, T + 60_000)))).toEqual(['link-live', 'token-renewed']);
    channel.must(T, silent(1, T));
    expect(outline(channel.must(T, resume(1, T + 70_000)))).toEqual(['link-live', 'token-renewed']);
    expect(channel.member(1).tokenEndsMs).toBe(T + 70_000);
    channel.must(T, { type: 'resume', connectionId: 'c1', tokenNeverEnds: true });
    expect(channel.member(1).tokenEndsMs).toBeUndefined();
  });
});

describe('the end of a lease or token', () => {
  test('CHAN15: a lease ends as a timeout with the evidence of the silence', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent(1, T + 2000, 'media-silence'));
    expect(channel.must(T + 11_999, tick)).toEqual([]);
    const records = channel.must(T + 12_000, tick);
    expect(outline(records)).toEqual(['member-left 4 1']);
    expect(records[0]).toMatchObject({
      uid: 1,
      reason: 'timeout',
      evidence: 'media-silence',
      lastHeardMs: T + 2000,
      noticedMs: T + 5000,
      atMs: T + 12_000,
    });
  });

  test('CHAN15: a token ends with reason token', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { tokenEndsMs: T + 1000 }));
    expect(channel.must(T + 999, tick)).toEqual([]);
    const records = channel.must(T + 1000, tick);
    expect(outline(records)).toEqual(['member-left 3 0', 'channel-closed 4 0']);
    expect(records[0]).toMatchObject({ reason: 'token', evidence: 'token-end', lastHeardMs: T + 1000 });
  });

  test('CHAN15: of lease and token the earlier counts, and the lease if they end together', () => {
    const reason = (tokenEndsMs: number) => {
      const channel = new TestChannel();
      channel.must(T, join(1, { tokenEndsMs }));
      channel.must(T, silent(1, T));
      const [left] = channel.must(T + 20_000, tick);
      return left?.type === 'member-left' ? [left.reason, left.evidence, left.lastHeardMs - T] : [];
    };
    expect(reason(T + 9_999)).toEqual(['token', 'token-end', 0]);
    expect(reason(T + 10_000)).toEqual(['timeout', 'silence', 0]);
    expect(reason(T + 10_001)).toEqual(['timeout', 'silence', 0]);
  });

  test('CHAN15: leaves of one moment come in order of arrival, and close the channel once', () => {
    const channel = new TestChannel().joined(T, 9, 5, 7);
    for (const uid of [7, 9, 5]) channel.must(T, silent(uid, T));
    const records = channel.must(T + 10_000, tick);
    expect(outline(records)).toEqual([
      'member-left 5 2',
      'member-left 6 1',
      'member-left 7 0',
      'channel-closed 8 0',
    ]);
    expect(records.map((record) => ('uid' in record ? record.uid : record.type))).toEqual([
      9,
      5,
      7,
      'channel-closed',
    ]);
    expect(records[3]).toMatchObject({ lastUid: 7 });
  });

  test('CHAN14: who comes back when the lease has ended is gone, ticked or not', () => {
    const late: [ChannelCommand, string][] = [
      [{ type: 'heard', connectionId: 'c1' }, 'not_joined'],
      [resume(1), 'resume_invalid'],
      [silent(1, T + 9000), 'not_joined'],
      [{ type: 'renew-token', connectionId: 'c1' }, 'not_joined'],
      [{ type: 'leave', connectionId: 'c1', evidence: 'bye' }, 'not_joined'],
    ];
    for (const [command, code] of late) {
      const channel = new TestChannel().joined(T, 1, 2);
      channel.must(T, silent(1, T));
      expect(channel.ask(T + 10_000, command)).toBe(code as 'not_joined');
      expect(outline(channel.must(T + 10_000, tick))).toEqual(['member-left 4 1']);
    }
  });

  test('CHAN14: a join finds the channel as the tick would leave it', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T, silent(1, T));
    const records = channel.must(T + 10_000, join(1, { connectionId: 'b', newSid: 'S2' }));
    expect(outline(records)).toEqual([
      'member-left 3 0',
      'channel-closed 4 0',
      'channel-opened 1 0',
      'member-joined 2 1',
    ]);
    expect(records[0]).toMatchObject({ reason: 'timeout' });
    expect(channel.state.sid).toBe('S2');
  });

  test('CHAN14: a kick of everybody counts those whose lease ended as timed out', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T, silent(2, T));
    const reasons = channel
      .must(T + 10_000, { type: 'kick' })
      .map((record) => (record.type === 'member-left' ? `${record.uid} ${record.reason}` : record.type));
    expect(reasons).toEqual(['2 timeout', '1 kicked', 'channel-closed']);
  });

  test('CHAN12: a lease that has ended when the silence is told ends at the next tick', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T + 30_000, silent(1, T + 1000));
    expect(due(channel.state)).toBe(T + 11_000);
    expect(outline(channel.must(T + 30_000, tick))).toEqual(['member-left 3 0', 'channel-closed 4 0']);
  });

  test('CHAN20: due is the earliest end, and moves with every change', () => {
    const channel = new TestChannel();
    expect(due(channel.state)).toBeUndefined();
    channel.joined(T, 1, 2);
    expect(due(channel.state)).toBeUndefined();
    channel.must(T, join(3, { tokenEndsMs: T + 50_000 }));
    expect(due(channel.state)).toBe(T + 50_000);
    channel.must(T + 100, silent(1, T + 100));
    channel.must(T + 200, silent(2, T + 200));
    expect(due(channel.state)).toBe(T + 10_100);
    channel.must(T + 300, { type: 'heard', connectionId: 'c1' });
    expect(due(channel.state)).toBe(T + 10_200);
    channel.must(T + 400, { type: 'leave', connectionId: 'c2', evidence: 'bye' });
    expect(due(channel.state)).toBe(T + 50_000);
    channel.must(T + 500, { type: 'kick' });
    expect(due(channel.state)).toBeUndefined();
  });
});

describe('recover', () => {
  test('CHAN16: everybody is silent until the recovery lease ends, and knows since when', () => {
    const channel = new TestChannel().joined(T, 1).joined(T + 8000, 2);
    channel.must(T + 5000 + 3000, silent(1, T + 1000, 'socket-closed'));
    // The server died after T + 8000 and is back long after the lease of uid 1.
    channel.must(T + 100_000, { type: 'recover', lastAliveMs: T + 7500, recoveryMs: 15_000 });
    expect(channel.member(1).link).toEqual({
      state: 'silent',
      lastHeardMs: T + 1000,
      noticedMs: T + 8000,
      evidence: 'socket-closed',
      leaseEndsMs: T + 115_000,
    });
    expect(channel.member(2).link).toEqual({
      state: 'silent',
      lastHeardMs: T + 8000,
      noticedMs: T + 100_000,
      evidence: 'server-crash',
      leaseEndsMs: T + 115_000,
      untold: true,
    });
  });

  test('CHAN16: who comes back makes no event; the rest leave with the time they were truly last heard', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 60_000, { type: 'recover', lastAliveMs: T + 30_000, recoveryMs: 15_000 });
    expect(outline(channel.must(T + 70_000, resume(2)))).toEqual(['link-live']);
    const records = channel.must(T + 75_000, tick);
    expect(outline(records)).toEqual(['member-left 4 1']);
    expect(records[0]).toMatchObject({
      uid: 1,
      reason: 'timeout',
      evidence: 'server-crash',
      lastHeardMs: T + 30_000,
      noticedMs: T + 60_000,
    });
  });

  test('CHAN16: a second crash lengthens the lease and keeps the time', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T + 60_000, { type: 'recover', lastAliveMs: T + 30_000, recoveryMs: 15_000 });
    channel.must(T + 90_000, { type: 'recover', lastAliveMs: T + 61_000, recoveryMs: 15_000 });
    expect(channel.member(1).link).toMatchObject({ lastHeardMs: T + 30_000, leaseEndsMs: T + 105_000 });
  });

  test('CHAN16: a token that ended meanwhile is not revived', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { tokenEndsMs: T + 50_000 }));
    channel.must(T + 60_000, { type: 'recover', lastAliveMs: T + 30_000, recoveryMs: 15_000 });
    expect(due(channel.state)).toBe(T + 50_000);
    expect(channel.ask(T + 60_000, resume(1, T + 99_000))).toBe('resume_invalid');
    expect(channel.must(T + 60_000, tick)[0]).toMatchObject({ reason: 'token', lastHeardMs: T + 30_000 });
  });

  test('CHAN16: a last sign of life from the future counts as now', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T + 5, { type: 'recover', lastAliveMs: T + 99, recoveryMs: 1 });
    expect(channel.member(1).link).toMatchObject({ lastHeardMs: T + 5, leaseEndsMs: T + 6 });
  });
});

describe('blind time', () => {
  test('CHAN24: leases that run end as much later, and the silence is the one it was', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent(1, T + 1000, 'socket-closed'));
    channel.must(T + 90_000, { type: 'blind', blindMs: 80_000 });
    expect(channel.member(1).link).toEqual({
      state: 'silent',
      lastHeardMs: T + 1000,
      noticedMs: T + 5000,
      evidence: 'socket-closed',
      leaseEndsMs: T + 91_000,
    });
    expect(channel.member(2).link).toEqual({ state: 'live' });
    expect(outline(channel.must(T + 90_999, tick))).toEqual([]);
    expect(channel.must(T + 91_000, tick)[0]).toMatchObject({
      uid: 1,
      lastHeardMs: T + 1000,
      noticedMs: T + 5000,
    });
  });

  test('CHAN24: where nothing could be recorded they end no earlier than the record says', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent(1, T + 1000, 'socket-closed'));
    channel.must(T + 5000, silent(2, T + 5000, 'socket-closed'));
    channel.must(T + 9000, { type: 'blind', blindMs: 2_500, endsFromMs: T + 13_000 });
    const ends = [1, 2].map((uid) => channel.member(uid).link);
    expect(ends).toMatchObject([{ leaseEndsMs: T + 13_000 }, { leaseEndsMs: T + 15_000 }]);
  });

  test('CHAN24: where nobody is silent nothing is another, and a token is not made longer', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { tokenEndsMs: T + 50_000 }));
    const { state } = channel;
    channel.must(T + 60_000, { type: 'blind', blindMs: 59_000 });
    expect(channel.state).toBe(state);
    expect(channel.must(T + 60_000, tick)[0]).toMatchObject({ reason: 'token' });
  });
});
