import { describe, expect, test } from 'bun:test';
import { type Evidence, evidences, presenceEndMs } from '@housecount/protocol';
import { join, limitsForTests, outline, TestChannel } from '../../testing/models/test-channel.ts';
import { apply } from './apply.ts';
import { emptyChannel, liveKey } from './channel.ts';
import type { ChannelCommand } from './command.ts';

const T = 1_700_000_000_000;
const bye = (uid: number): ChannelCommand => ({ type: 'leave', connectionId: `c${uid}`, evidence: 'bye' });
const silent = (uid: number, lastHeardMs: number, evidence: Evidence = 'silence'): ChannelCommand => ({
  type: 'silent',
  connectionId: `c${uid}`,
  lastHeardMs,
  evidence,
});

describe('leave', () => {
  test('CHAN1: the last leave closes the channel once, and says who was last', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    expect(outline(channel.must(T + 1, bye(1)))).toEqual(['member-left 4 1']);
    const records = channel.must(T + 2, bye(2));
    expect(outline(records)).toEqual(['member-left 5 0', 'channel-closed 6 0']);
    expect(records[1]).toMatchObject({ lastUid: 2, sid: 'S1', atMs: T + 2 });
    expect(channel.state.sid).toBeUndefined();
  });

  test('CHAN2: seq has no hole and count is the members after the event', () => {
    const channel = new TestChannel().joined(T, 1, 2, 3);
    channel.must(T, bye(2));
    channel.must(T, { type: 'set-role', connectionId: 'c1', role: 'broadcaster' });
    channel.must(T, { type: 'kick' });
    expect(outline(channel.changes)).toEqual([
      'channel-opened 1 0',
      'member-joined 2 1',
      'member-joined 3 2',
      'member-joined 4 3',
      'member-left 5 2',
      'role-changed 6 2',
      'member-left 7 1',
      'member-left 8 0',
      'channel-closed 9 0',
    ]);
  });

  test('CHAN10: the reason follows from the evidence', () => {
    const reasons = evidences.map((evidence) => {
      const channel = new TestChannel().joined(T, 1);
      const [left] = channel.must(T, { type: 'leave', connectionId: 'c1', evidence });
      return left?.type === 'member-left' ? `${evidence}: ${left.reason}` : 'no leave';
    });
    expect(reasons).toEqual([
      'bye: quit',
      'socket-closed: timeout',
      'silence: timeout',
      'media-silence: timeout',
      'media-closed: quit',
      'server-crash: timeout',
      'kick: kicked',
      'new-device: replaced',
      'token-end: token',
    ]);
  });

  test('CHAN11: a goodbye was heard now, also after silence', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent(1, T + 1000));
    channel.must(T + 5000, silent(2, T + 1000));
    const heard = { lastHeardMs: T + 6000, noticedMs: T + 6000, joinedMs: T, role: 'audience' };
    expect(channel.must(T + 6000, bye(1))[0]).toMatchObject({ ...heard, evidence: 'bye' });
    expect(
      channel.must(T + 6000, { type: 'leave', connectionId: 'c2', evidence: 'media-closed' })[0],
    ).toMatchObject({ ...heard, evidence: 'media-closed' });
  });

  test('CHAN11: who is put out was last heard when its silence began, or now', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent(1, T + 1000));
    const [first, second] = channel.must(T + 6000, { type: 'kick' });
    expect(first).toMatchObject({ uid: 1, reason: 'kicked', lastHeardMs: T + 1000, noticedMs: T + 6000 });
    expect(second).not.toHaveProperty('silentSinceMs');
    expect(second).toMatchObject({ uid: 2, reason: 'kicked', lastHeardMs: T + 6000, noticedMs: T + 6000 });
  });

  test('TIME8: a leave tells when the silence before it began: the closing if it was heard, else the last word', () => {
    for (const [evidence, beganMs] of [
      ['socket-closed', T + 5000],
      ['silence', T + 1000],
    ] as const) {
      const leave = (make: (channel: TestChannel) => ReturnType<TestChannel['must']>) => {
        const channel = new TestChannel().joined(T, 1, 2);
        channel.must(T + 5000, silent(1, T + 1000, evidence));
        const [left] = make(channel);
        if (left?.type !== 'member-left') throw new Error('nobody left');
        return presenceEndMs(left);
      };
      expect(leave((channel) => channel.must(T + 6000, { type: 'kick', uid: 1 }))).toBe(beganMs);
      expect(leave((channel) => channel.must(T + 6000, join(1, { connectionId: 'other' })))).toBe(beganMs);
      expect(leave((channel) => channel.must(T + 90_000, { type: 'tick' }))).toBe(beganMs);
      expect(leave((channel) => channel.must(T + 6000, bye(1)))).toBe(T + 6000);
    }
  });
});

describe('set-role', () => {
  const setRole = (uid: number, role: 'broadcaster' | 'audience'): ChannelCommand => ({
    type: 'set-role',
    connectionId: `c${uid}`,
    role,
  });

  test('CHAN5: a role changes by one event, there and back', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { account: 'ann', clientType: 3, platform: 6 }));
    expect(channel.must(T + 1, setRole(1, 'broadcaster'))).toEqual([
      {
        type: 'role-changed',
        app: 'app',
        channel: 'x',
        sid: 'S1',
        seq: 3,
        atMs: T + 1,
        count: 1,
        profile: 'live',
        uid: 1,
        account: 'ann',
        role: 'broadcaster',
        platform: 6,
        clientType: 3,
        clientSeq: T + 1,
      },
    ]);
    expect(channel.state).toMatchObject({ roster: { hosts: 1 } });
    expect(channel.must(T + 2, setRole(1, 'audience'))[0]).toMatchObject({ role: 'audience', seq: 4 });
    expect(channel.state).toMatchObject({ roster: { hosts: 0 } });
  });

  test('CHAN5: the role one has makes nothing; a communication channel has no roles to change', () => {
    const live = new TestChannel().joined(T, 1);
    expect(live.ask(T, setRole(1, 'audience'))).toEqual([]);
    const communication = new TestChannel();
    communication.must(T, join(1, { profile: 'communication' }));
    expect(communication.ask(T, setRole(1, 'audience'))).toBe('role_invalid');
    expect(communication.ask(T, setRole(1, 'broadcaster'))).toBe('role_invalid');
  });

  test('CHAN19: no more broadcasters than the limit', () => {
    const channel = new TestChannel({ hostsMax: 1 }).joined(T, 1, 2);
    channel.must(T, setRole(1, 'broadcaster'));
    expect(channel.ask(T, setRole(2, 'broadcaster'))).toBe('hosts_full');
    channel.must(T, setRole(1, 'audience'));
    expect(outline(channel.ask(T, setRole(2, 'broadcaster')))).toEqual(['role-changed 6 2']);
  });

  test('CHAN11: the leave has the role at the leave', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T, setRole(1, 'broadcaster'));
    expect(channel.must(T, bye(1))[0]).toMatchObject({ role: 'broadcaster' });
  });
});

describe('kick', () => {
  test('CHAN17: by uid, by connection, by both, of everybody, of nobody', () => {
    const channel = new TestChannel().joined(T, 1, 2, 3, 4, 5, 6);
    const kick = (scope: { uid?: number; connectionIds?: string[] }) =>
      channel
        .must(T, { type: 'kick', ...scope })
        .map((record) => ('uid' in record ? record.uid : record.type));
    expect(kick({ uid: 9 })).toEqual([]);
    expect(kick({ connectionIds: [] })).toEqual([]);
    expect(kick({ uid: 2 })).toEqual([2]);
    expect(kick({ connectionIds: ['c4', 'c3', 'c4', 'gone'] })).toEqual([3, 4]);
    expect(kick({ uid: 5, connectionIds: ['c1', 'c5'] })).toEqual([5]);
    expect(channel.uids).toEqual([1, 6]);
    expect(kick({})).toEqual([1, 6, 'channel-closed']);
    expect(kick({})).toEqual([]);
  });
});

describe('renew-token', () => {
  test('CHAN18: a new end is recorded, the same is not, and none means never', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { tokenEndsMs: T + 100 }));
    const renew = (tokenEndsMs?: number) =>
      channel.must(T + 1, { type: 'renew-token', connectionId: 'c1', ...(tokenEndsMs && { tokenEndsMs }) });
    expect(renew(T + 100)).toEqual([]);
    expect(renew(T + 500)).toEqual([
      { type: 'token-renewed', app: 'app', channel: 'x', atMs: T + 1, uid: 1, tokenEndsMs: T + 500 },
    ]);
    expect(channel.member(1).tokenEndsMs).toBe(T + 500);
    expect(outline(renew())).toEqual(['token-renewed']);
    expect('tokenEndsMs' in channel.member(1)).toBe(false);
    expect(renew()).toEqual([]);
  });
});

describe('a connection that is not in the channel', () => {
  const commands: ChannelCommand[] = [
    bye(9),
    { type: 'set-role', connectionId: 'c9', role: 'audience' },
    silent(9, T),
    { type: 'heard', connectionId: 'c9' },
    { type: 'resume', connectionId: 'c9' },
    { type: 'renew-token', connectionId: 'c9' },
    { type: 'kick' },
    { type: 'tick' },
  ];

  test('CHAN9: it is refused in an open channel', () => {
    const channel = new TestChannel().joined(T, 1);
    const codes = commands.slice(0, 6).map((command) => channel.ask(T, command));
    expect(codes).toEqual([
      'not_joined',
      'not_joined',
      'not_joined',
      'not_joined',
      'resume_invalid',
      'not_joined',
    ]);
    expect(channel.uids).toEqual([1]);
  });

  test('CHAN9: it is refused in a closed channel, where kick and tick find nobody', () => {
    const answers = commands.map((command) => new TestChannel().ask(T, command));
    expect(answers).toEqual([
      'not_joined',
      'not_joined',
      'not_joined',
      'not_joined',
      'resume_invalid',
      'not_joined',
      [],
      [],
    ]);
  });
});

describe('time', () => {
  test('CHAN23: a command at an earlier time than the last record is a bug', () => {
    const channel = new TestChannel().joined(T, 1);
    expect(() => channel.ask(T - 1, { type: 'tick' })).toThrow('time does not go back');
    channel.must(T + 1, bye(1));
    expect(() => channel.ask(T, join(1))).toThrow('time does not go back');
  });

  test('CHAN21: deciding changes nothing', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    const kept = channel.state;
    channel.must(T, { type: 'kick' });
    if (kept.sid === undefined) throw new Error('the kept state is open');
    expect([kept.seq, kept.roster.size, kept.departed.size]).toEqual([3, 2, 0]);
    const again = apply(kept, bye(1), T, { ...limitsForTests, membersMax: 1, hostsMax: 1 });
    expect('changes' in again && outline(again.changes)).toEqual(['member-left 4 1']);
  });

  test('a closed channel is nobody and nothing', () => {
    expect(emptyChannel(liveKey('a', 'x'))).toMatchObject({
      key: { app: 'a', kind: 'live', name: 'x' },
      sid: undefined,
      lastAtMs: 0,
    });
  });
});
