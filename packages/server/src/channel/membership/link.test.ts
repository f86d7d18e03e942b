import { describe, expect, test } from 'bun:test';
import { join, outline, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelCommand, JoinCommand } from '../command.ts';
import { membersFromLines, membersToLines } from '../snapshot.ts';
import { userIdOf } from './member.ts';

const T = 1_700_000_000_000;
const link = (userId?: string, attachment?: number): ChannelCommand => ({
  type: 'link',
  connectionId: 'c1',
  ...(userId !== undefined && { userId }),
  ...(attachment !== undefined && { attachment }),
});
const resume = (userId?: string): ChannelCommand => ({
  type: 'resume',
  connectionId: 'c1',
  ...(userId !== undefined && { userId }),
});
const renew = (userId?: string): ChannelCommand => ({
  type: 'renew-token',
  connectionId: 'c1',
  ...(userId !== undefined && { userId }),
});
const joined = (more: Partial<JoinCommand> = {}): TestChannel => {
  const channel = new TestChannel();
  channel.must(T, join(1, more));
  return channel;
};
/** What is known of who the member is. */
const linkOf = (channel: TestChannel) => {
  const { userId, linkAwaited, unproven, linkedByPage } = channel.member(1);
  return { userId, linkAwaited, unproven, linkedByPage };
};
const nothing = { userId: undefined, linkAwaited: undefined, unproven: undefined, linkedByPage: undefined };

test('PERSON1: a join is recorded with the user of its token, else with what is not known yet; else as before', () => {
  const recordOf = (more: Partial<JoinCommand>) => JSON.stringify(joined(more).changes[1]);
  expect(recordOf({ linkAwaited: false, unproven: false })).toBe(recordOf({}));
  expect(recordOf({})).not.toMatch(/userId|linkAwaited|unproven/);
  expect(linkOf(joined({ userId: 'ann', linkAwaited: true, unproven: true }))).toEqual({
    ...nothing,
    userId: 'ann',
  });
  expect(linkOf(joined({ linkAwaited: true, unproven: true }))).toEqual({
    ...nothing,
    linkAwaited: true,
    unproven: true,
  });
});

test('PERSON2: a page says who its member is: a mark, which is no event; what changes nothing is not recorded', () => {
  const channel = joined({ linkAwaited: true, unproven: true });
  expect(channel.must(T + 1, link())).toEqual([
    { type: 'person-known', app: 'app', channel: 'x', atMs: T + 1, uid: 1 },
  ]);
  expect(linkOf(channel)).toEqual({ ...nothing, unproven: true });
  expect(channel.must(T + 1, link())).toEqual([]);
  expect(channel.must(T + 2, link('ann'))).toEqual([
    { type: 'person-known', app: 'app', channel: 'x', atMs: T + 2, uid: 1, userId: 'ann', byPage: true },
  ]);
  // That it is the user's is proven; that its own number is theirs is not.
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'ann', linkedByPage: true, unproven: true });
  expect([link('ann'), link()].map((command) => channel.must(T + 3, command))).toEqual([[], []]);
});

test('PERSON2: a page that proves the id that its member has by itself changes nothing, unless that was not proven', () => {
  const channel = joined({ account: 'ann', linkAwaited: true });
  expect(outline(channel.must(T, link('ann')))).toEqual(['person-known']);
  expect(linkOf(channel)).toEqual(nothing);
  expect(channel.must(T, link('ann'))).toEqual([]);
  const number = joined();
  expect(number.must(T, link('1'))).toEqual([]);
  const unproven = joined({ account: 'ann', unproven: true });
  unproven.must(T, link('ann'));
  expect(linkOf(unproven)).toEqual({ ...nothing, userId: 'ann', linkedByPage: true, unproven: true });
  // Who was somebody else is told to be itself again.
  channel.must(T, link('bob'));
  channel.must(T, link('ann'));
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'ann', linkedByPage: true });
});

test('PERSON3: the newest page counts, and no token overrules it; a token without a user changes nothing', () => {
  const channel = joined({ userId: 'ann' });
  expect(outline(channel.must(T, renew('ann')))).toEqual([]);
  expect(outline(channel.must(T, renew()))).toEqual([]);
  expect(outline(channel.must(T, renew('bob')))).toEqual(['person-known']);
  expect(outline(channel.must(T, resume('cat')))).toEqual(['link-live', 'person-known']);
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'cat' });
  // The same user, now by the page: from here on it is the page's to say.
  expect(outline(channel.must(T, link('cat')))).toEqual(['person-known']);
  expect(outline(channel.must(T, renew('bob')))).toEqual([]);
  expect(outline(channel.must(T, link('dan')))).toEqual(['person-known']);
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'dan', linkedByPage: true });
});

test('PERSON3: a token that names the member and a user proves both; a token that a page overrules proves nothing', () => {
  const channel = joined({ unproven: true });
  expect(outline(channel.must(T, renew('ann')))).toEqual(['person-known']);
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'ann' });
  const proved = joined({ unproven: true });
  proved.must(T, link('bob'));
  expect(outline(proved.must(T, renew('ann')))).toEqual([]);
  expect(linkOf(proved)).toEqual({ ...nothing, userId: 'bob', linkedByPage: true, unproven: true });
});

test('PERSON4: a role change and a leave say who is linked', () => {
  const channel = joined();
  channel.must(T, link('ann'));
  const set = { type: 'set-role', connectionId: 'c1', role: 'broadcaster' } as const;
  const said = [
    ...channel.must(T, set),
    ...channel.must(T, { type: 'leave', connectionId: 'c1', evidence: 'bye' }),
  ];
  expect(said.slice(0, 2)).toMatchObject([
    { type: 'role-changed', userId: 'ann' },
    { type: 'member-left', userId: 'ann' },
  ]);
  const other = joined().must(T, { type: 'leave', connectionId: 'c1', evidence: 'bye' });
  expect(other[0]).not.toHaveProperty('userId');
});

test('PERSON5: a resume, a restart and a plain client that comes back keep the link; a new device begins anew', () => {
  const channel = joined({ linkAwaited: true, unproven: true });
  channel.must(T, resume());
  expect(linkOf(channel)).toEqual({ ...nothing, linkAwaited: true, unproven: true });
  channel.must(T, link('ann'));
  channel.must(T, resume());
  channel.must(T, { type: 'recover', lastAliveMs: T, recoveryMs: 10 });
  channel.state = membersFromLines(channel.state.key, membersToLines(channel.state));
  expect(linkOf(channel)).toEqual({ ...nothing, userId: 'ann', linkedByPage: true, unproven: true });
  channel.must(T, join(1, { connectionId: 'new' }));
  expect(linkOf(channel)).toEqual(nothing);

  const plain = new TestChannel();
  const whip = { connectionKind: 'whip', userId: 'ann' } as const;
  plain.must(T, join(1, whip));
  const again = join(1, { connectionKind: 'whip', connectionId: 'c2', formerConnectionId: 'c1' });
  expect(outline(plain.must(T, again))).toEqual(['link-live']);
  expect(linkOf(plain)).toEqual({ ...nothing, userId: 'ann' });
});

test('PERSON6: what is told late of an attachment of before links nobody', () => {
  const channel = joined({ linkAwaited: true });
  const { attachment } = channel.member(1);
  channel.must(T + 1, resume());
  expect(channel.must(T + 1, link('ann', attachment))).toEqual([]);
  expect(channel.must(T + 1, link(undefined, attachment))).toEqual([]);
  expect(outline(channel.must(T + 1, link('ann', channel.member(1).attachment)))).toEqual(['person-known']);
  expect(channel.ask(T + 1, { ...link('ann'), connectionId: 'nobody' } as ChannelCommand)).toBe('not_joined');
});

test('PERSON3: over signaling a member is the user that it is linked to, else its account, else its uid', () => {
  expect(userIdOf({ uid: 7, account: 'acc', userId: 'ann' })).toBe('ann');
  expect(userIdOf({ uid: 7, account: 'acc' })).toBe('acc');
  expect(userIdOf({ uid: 7 })).toBe('7');
});

describe('as many as may be linked to a user', () => {
  /** A channel in which `ann` is as many members as she may be, 1 to `linksMax`; 8 and 9 are in it as themselves. */
  const linksMax = 3;
  const full = () => {
    const channel = new TestChannel({ linksMax });
    for (let uid = 1; uid <= linksMax; uid += 1) channel.must(T, join(uid, { userId: 'ann' }));
    return channel.joined(T, 8, 9);
  };
  const of = <Type extends ChannelCommand['type']>(type: Type, uid: number, more: object = {}) =>
    ({ type, connectionId: `c${uid}`, ...more }) as ChannelCommand;

  test('LOG95: what would link one more is refused, by whatever way, and changes nothing', () => {
    const channel = full();
    const { state } = channel;
    for (const command of [
      join(7, { userId: 'ann' }),
      of('link', 8, { userId: 'ann' }),
      of('resume', 8, { userId: 'ann' }),
      of('renew-token', 8, { userId: 'ann', tokenEndsMs: T + 1_000_000 }),
    ])
      expect([command.type, channel.ask(T + 1, command)]).toEqual([command.type, 'links_full']);
    expect(channel.state).toBe(state);
    expect(channel.must(T + 1, join(7, { userId: 'bob' }))).toHaveLength(1);
    expect(channel.must(T + 1, of('link', 8, { userId: 'bob' }))).toHaveLength(1);
  });

  test('LOG95: who is linked already may come back, renew, prove it, and be replaced', () => {
    const channel = full();
    for (const command of [
      of('resume', 1, { userId: 'ann' }),
      of('renew-token', 1, { userId: 'ann', tokenEndsMs: T + 1_000_000 }),
      of('link', 2, { userId: 'ann' }),
      join(3, { userId: 'ann', connectionId: 'another' }),
    ])
      channel.must(T + 1, command);
    expect(channel.ask(T + 2, of('link', 9, { userId: 'ann' }))).toBe('links_full');
  });

  test('LOG95: who leaves, is linked to somebody else, or has ended, makes room', () => {
    const channel = full();
    channel.must(T + 1, of('leave', 1, { evidence: 'bye' }));
    channel.must(T + 1, of('link', 8, { userId: 'ann' }));
    channel.must(T + 2, of('link', 8, { userId: 'bob' }));
    channel.must(T + 3, of('link', 9, { userId: 'ann' }));
    expect(channel.ask(T + 3, join(7, { userId: 'ann' }))).toBe('links_full');
    channel.must(T + 4, of('silent', 9, { lastHeardMs: T + 4, evidence: 'socket-closed' }));
    expect(channel.ask(T + 10_003, join(7, { userId: 'ann' }))).toBe('links_full');
    channel.must(T + 10_004, join(7, { userId: 'ann' }));
  });
});
