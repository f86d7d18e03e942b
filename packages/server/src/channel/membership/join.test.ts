import { describe, expect, test } from 'bun:test';
import { events, join, outline, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelCommand } from '../command.ts';

const T = 1_700_000_000_000;
const bye = (uid: number): ChannelCommand => ({ type: 'leave', connectionId: `c${uid}`, evidence: 'bye' });
const silent = (connectionId: string, lastHeardMs: number): ChannelCommand => ({
  type: 'silent',
  connectionId,
  lastHeardMs,
  evidence: 'media-silence',
});

describe('join', () => {
  test('CHAN1: the first join opens the channel', () => {
    const channel = new TestChannel();
    const base = { app: 'app', channel: 'x', sid: 'S1', atMs: T, profile: 'live' } as const;
    expect(channel.must(T, join(7, { account: 'ann', tokenEndsMs: T + 9, clientType: 8 }))).toEqual([
      { type: 'channel-opened', ...base, seq: 1, count: 0 },
      {
        type: 'member-joined',
        ...base,
        seq: 2,
        count: 1,
        uid: 7,
        account: 'ann',
        role: 'audience',
        platform: 7,
        clientType: 8,
        clientSeq: T,
        connectionId: 'c7',
        connectionKind: 'rtc',
        tokenEndsMs: T + 9,
        leaseMs: 10_000,
      },
    ]);
    expect(channel.state).toMatchObject({ sid: 'S1', seq: 2, openedMs: T, roster: { hosts: 0 } });
  });

  test('CHAN1: a channel that opens again has a new sid and begins at seq 1', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T + 1, bye(1));
    const records = events(channel.must(T + 2, join(1, { newSid: 'S2' })));
    expect(records.map(({ sid, seq }) => [sid, seq])).toEqual([
      ['S2', 1],
      ['S2', 2],
    ]);
  });

  test('CHAN3: the first joiner fixes the profile', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { profile: 'communication' }));
    expect(channel.ask(T, join(2, { profile: 'live' }))).toBe('profile_mismatch');
    expect(events(channel.must(T, join(3)))[0]).toMatchObject({ profile: 'communication' });
    expect(events(channel.must(T, join(4, { profile: 'communication' })))[0]).toMatchObject({ uid: 4 });
    const live = new TestChannel().joined(T, 1);
    expect(live.state).toMatchObject({ profile: 'live' });
    expect(live.ask(T, join(1, { connectionId: 'other', profile: 'communication' }))).toBe(
      'profile_mismatch',
    );
    expect(live.uids).toEqual([1]);
  });

  test('CHAN4: in a communication channel everyone is a broadcaster', () => {
    const channel = new TestChannel();
    channel.must(T, join(1, { profile: 'communication', role: 'audience' }));
    channel.must(T, join(2, { role: 'audience' }));
    expect([channel.member(1).role, channel.member(2).role]).toEqual(['broadcaster', 'broadcaster']);
    const live = new TestChannel();
    live.must(T, join(1, { role: 'broadcaster' }));
    live.must(T, join(2));
    expect([live.member(1).role, live.member(2).role]).toEqual(['broadcaster', 'audience']);
  });

  test('CHAN6: clientSeq grows within one millisecond, over replacement and over sids', () => {
    const channel = new TestChannel().joined(T, 1);
    channel.must(T, { type: 'set-role', connectionId: 'c1', role: 'broadcaster' });
    channel.must(T, join(1, { connectionId: 'b' }));
    channel.must(T, { type: 'leave', connectionId: 'b', evidence: 'bye' });
    channel.must(T, join(1, { newSid: 'S2' }));
    channel.must(T + 2, bye(1));
    channel.must(T + 100, join(1, { newSid: 'S3' }));
    const seqs = events(channel.changes).flatMap((event) =>
      'clientSeq' in event ? [event.clientSeq - T] : [],
    );
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6, 100]);
  });

  test('CHAN6: what a departed uid had is kept until it lies in the past', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T, bye(1));
    channel.must(T, bye(2));
    expect([...channel.state.departed]).toEqual([
      [1, T + 1],
      [2, T + 1],
    ]);
    channel.must(T + 1, join(1, { newSid: 'S2' }));
    expect([...channel.state.departed]).toEqual([[2, T + 1]]);
    channel.must(T + 2, join(3));
    expect([...channel.state.departed]).toEqual([]);
  });

  test('CHAN7: a new device replaces the old one in the same sid', () => {
    const channel = new TestChannel().joined(T, 1);
    const records = channel.must(T + 5, join(1, { connectionId: 'b', newSid: 'S2' }));
    expect(outline(records)).toEqual(['member-left 3 0', 'member-joined 4 1']);
    expect(records[0]).toMatchObject({
      sid: 'S1',
      reason: 'replaced',
      evidence: 'new-device',
      clientSeq: T + 5,
      lastHeardMs: T + 5,
    });
    expect(records[1]).toMatchObject({ sid: 'S1', clientSeq: T + 6, connectionId: 'b' });
    expect(channel.ask(T + 6, bye(1))).toBe('not_joined');
    expect(channel.uids).toEqual([1]);
    expect(channel.member(1)).toMatchObject({ connectionId: 'b', joinedSeq: 4, joinedMs: T + 5 });
  });

  test('CHAN7: a silent rtc connection is replaced too: who wants it back has a resume key', () => {
    const channel = new TestChannel().joined(T, 1, 2);
    channel.must(T + 5000, silent('c1', T + 1000));
    const records = channel.must(T + 6000, join(1, { connectionId: 'b' }));
    expect(outline(records)).toEqual(['member-left 4 1', 'member-joined 5 2']);
    expect(records[0]).toMatchObject({ lastHeardMs: T + 1000, noticedMs: T + 6000 });
    expect(channel.member(1).link).toEqual({ state: 'live' });
  });

  test('CHAN8: a silent WHEP viewer that posts again is the same viewer', () => {
    const channel = new TestChannel();
    const whep = { connectionKind: 'whep', tokenEndsMs: T + 90_000 } as const;
    channel.must(T, join(1, whep));
    channel.must(T + 4000, silent('c1', T + 1000));
    const records = channel.must(T + 5000, join(1, { ...whep, connectionId: 'b', tokenEndsMs: T + 95_000 }));
    expect(records).toEqual([
      {
        type: 'link-live',
        app: 'app',
        channel: 'x',
        atMs: T + 5000,
        uid: 1,
        connectionId: 'b',
        attachment: T + 5000,
      },
      { type: 'token-renewed', app: 'app', channel: 'x', atMs: T + 5000, uid: 1, tokenEndsMs: T + 95_000 },
    ]);
    expect(channel.member(1)).toMatchObject({ connectionId: 'b', joinedSeq: 2, tokenEndsMs: T + 95_000 });
    expect(channel.ask(T + 5000, bye(1))).toBe('not_joined');
    channel.must(T + 6000, silent('b', T + 5500));
    expect(
      outline(channel.must(T + 7000, join(1, { ...whep, connectionId: 'd', tokenEndsMs: T + 95_000 }))),
    ).toEqual(['link-live']);
  });

  test('CHAN8: a client that is still heard is the same too, if it is known by its token', () => {
    const channel = new TestChannel();
    const host = { connectionKind: 'whip', role: 'broadcaster' } as const;
    channel.must(T, join(1, host));
    const again = { ...host, connectionId: 'b', formerConnectionId: 'c1' };
    expect(outline(channel.must(T + 1000, join(1, again)))).toEqual(['link-live']);
    expect(channel.member(1)).toMatchObject({ connectionId: 'b', joinedSeq: 2, link: { state: 'live' } });
    // The session before is nobody's now, however it ends.
    expect(channel.ask(T + 1100, { type: 'leave', connectionId: 'c1', evidence: 'media-closed' })).toBe(
      'not_joined',
    );
  });

  test('RIGHT2: in either profile a broadcaster needs a privilege to publish that has not ended', () => {
    const rights = [{}, { audioEndsMs: T }, { videoEndsMs: T - 1, audioEndsMs: T }];
    for (const publish of rights) {
      const channel = new TestChannel();
      const refused = (over: object) => channel.ask(T, join(1, { publish, ...over }));
      expect(refused({ role: 'broadcaster' })).toBe('token_no_privilege');
      expect(refused({ profile: 'communication' })).toBe('token_no_privilege');
      channel.must(T, join(2, { profile: 'communication', publish: { audioEndsMs: T + 1 } }));
      expect(refused({})).toBe('token_no_privilege');
      expect(refused({ connectionKind: 'whep' })).toBe('token_no_privilege');
      expect(channel.uids).toEqual([2]);
    }
    const live = new TestChannel();
    live.must(T, join(1, { publish: {} }));
    live.must(T, join(2, { publish: { videoEndsMs: T + 1 }, role: 'broadcaster' }));
    expect(live.member(1).publish).toBeUndefined();
    expect(live.member(2).publish).toEqual({ videoEndsMs: T + 1 });
  });

  test('RIGHT4: the rights are those of the token brought last, by renewal, resume or a new POST', () => {
    const channel = new TestChannel();
    const host = { connectionKind: 'whip', role: 'broadcaster' } as const;
    channel.must(T, join(1, { ...host, publish: { audioEndsMs: T + 100 } }));
    const told = (command: Parameters<TestChannel['must']>[1]) => outline(channel.must(T + 1, command));
    const video = { videoEndsMs: T + 200 };
    expect(told({ type: 'resume', connectionId: 'c1' })).toEqual(['link-live']);
    expect(told({ type: 'resume', connectionId: 'c1', publish: video })).toEqual([
      'link-live',
      'token-renewed',
    ]);
    expect(channel.member(1).publish).toEqual(video);
    expect(told({ type: 'renew-token', connectionId: 'c1', publish: video })).toEqual([]);
    expect(told({ type: 'renew-token', connectionId: 'c1', publish: {} })).toEqual(['token-renewed']);
    expect(channel.member(1).publish).toBeUndefined();
    const again = { ...host, connectionId: 'b', formerConnectionId: 'c1', publish: video };
    expect(told(join(1, again))).toEqual(['link-live', 'token-renewed']);
    expect(channel.member(1).publish).toEqual(video);
    expect(told({ type: 'renew-token', connectionId: 'b' })).toEqual(['token-renewed']);
  });

  test('CHAN8: not if it is heard, of another kind, or of another role', () => {
    const kinds = (isSilent: boolean, present: object, next: object) => {
      const channel = new TestChannel();
      channel.must(T, join(1, { connectionKind: 'whip', role: 'broadcaster', ...present }));
      if (isSilent) channel.must(T + 4000, silent('c1', T + 1000));
      const again = { connectionKind: 'whip', role: 'broadcaster', connectionId: 'b', ...next } as const;
      return outline(channel.must(T + 5000, join(1, again)));
    };
    const replaced = ['member-left 3 0', 'member-joined 4 1'];
    expect(kinds(true, {}, {})).toEqual(['link-live']);
    expect(kinds(false, {}, {})).toEqual(replaced);
    expect(kinds(false, {}, { formerConnectionId: 'another' })).toEqual(replaced);
    expect(kinds(false, {}, { formerConnectionId: 'c1', role: 'audience' })).toEqual(replaced);
    expect(
      kinds(false, { connectionKind: 'rtc' }, { connectionKind: 'rtc', formerConnectionId: 'c1' }),
    ).toEqual(replaced);
    expect(kinds(true, {}, { connectionKind: 'whep' })).toEqual(replaced);
    expect(kinds(true, {}, { role: 'audience' })).toEqual(replaced);
    expect(kinds(true, { connectionKind: 'signaling' }, { connectionKind: 'signaling' })).toEqual(replaced);
  });

  test('CHAN9: a connection joins once, whatever uid it names', () => {
    const channel = new TestChannel().joined(T, 1);
    expect(channel.ask(T, join(1))).toBe('already_joined');
    expect(channel.ask(T, join(2, { connectionId: 'c1' }))).toBe('already_joined');
    expect(channel.uids).toEqual([1]);
  });

  test('CHAN19: a full channel refuses, but not who replaces itself', () => {
    const channel = new TestChannel({ membersMax: 2 }).joined(T, 1, 2);
    expect(channel.ask(T, join(3))).toBe('channel_full');
    expect(outline(channel.ask(T, join(2, { connectionId: 'b' })))).toEqual([
      'member-left 4 1',
      'member-joined 5 2',
    ]);
    channel.must(T, bye(1));
    expect(outline(channel.ask(T, join(3)))).toEqual(['member-joined 7 2']);
    expect(new TestChannel({ membersMax: 0 }).ask(T, join(1))).toBe('channel_full');
  });

  test('CHAN19: broadcasters have a limit of their own, in either profile', () => {
    const host = { role: 'broadcaster' } as const;
    const channel = new TestChannel({ hostsMax: 1 });
    channel.must(T, join(1, host));
    expect(channel.ask(T, join(2, host))).toBe('hosts_full');
    channel.must(T, join(2));
    expect(channel.ask(T, join(2, { ...host, connectionId: 'b' }))).toBe('hosts_full');
    expect(outline(channel.ask(T, join(1, { ...host, connectionId: 'b' })))).toHaveLength(2);
    const communication = new TestChannel({ hostsMax: 1 });
    communication.must(T, join(1, { profile: 'communication' }));
    expect(communication.ask(T, join(2))).toBe('hosts_full');
    expect(new TestChannel({ hostsMax: 0 }).ask(T, join(1, host))).toBe('hosts_full');
  });
});
