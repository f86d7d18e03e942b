import { expect, test } from 'bun:test';
import { join, outline, TestChannel } from '../../../testing/models/test-channel.ts';
import { emptyChannel, liveKey } from '../channel.ts';
import type { ChannelCommand, ResumeCommand } from '../command.ts';
import type { ChannelChange } from '../decision.ts';
import { evolve } from '../evolve.ts';

const T = 1_700_000_000_000;
const resume = (more: Partial<ResumeCommand> = {}): ChannelCommand => ({
  type: 'resume',
  connectionId: 'c1',
  ...more,
});
const silent = (attachment?: number): ChannelCommand => ({
  type: 'silent',
  connectionId: 'c1',
  lastHeardMs: T,
  evidence: 'socket-closed',
  ...(attachment !== undefined && { attachment }),
});
const bye = (attachment?: number): ChannelCommand => ({
  type: 'leave',
  connectionId: 'c1',
  evidence: 'bye',
  ...(attachment !== undefined && { attachment }),
});

test('CHAN25: each join and each resume attaches, by numbers that grow over the lives of a channel', () => {
  const channel = new TestChannel();
  const numbers = () => channel.member(1).attachment;
  channel.must(T, join(1));
  const found = [numbers()];
  for (const command of [resume(), silent(), resume(), { type: 'heard', connectionId: 'c1' } as const]) {
    channel.must(T, command);
    found.push(numbers());
  }
  expect(found).toEqual([T, T + 1, T + 1, T + 2, T + 2]);
  channel.must(T, bye());
  channel.must(T, join(1));
  expect(numbers()).toBe(T + 4);
  channel.must(T, silent());
  channel.must(T, { type: 'heard', connectionId: 'c1' });
  expect(numbers()).toBe(T + 4);
});

test('CHAN25: in a log of before, a resume leaves the attachment that there was', () => {
  const channel = new TestChannel();
  channel.must(T, join(1));
  channel.must(T + 1, silent());
  channel.must(T + 2, resume());
  const before = channel.changes.map((change): ChannelChange => {
    if (change.type !== 'link-live') return change;
    const { attachment: _, ...rest } = change;
    return rest;
  });
  const read = before.reduce(evolve, emptyChannel(liveKey('app', 'x')) as typeof channel.state);
  expect(read.sid !== undefined && read.roster.get(1)).toMatchObject({
    attachment: T,
    link: { state: 'live' },
  });
});

test('CHAN26: a late silence of an attachment before changes nothing, and one of the present one does', () => {
  const channel = new TestChannel().joined(T, 1);
  channel.must(T + 5, resume());
  expect(channel.must(T + 6, silent(T))).toEqual([]);
  expect(channel.must(T + 10_001, { type: 'tick' })).toEqual([]);
  expect(channel.member(1).link.state).toBe('live');
  expect(outline(channel.must(T + 10_002, silent(T + 5)))).toEqual(['link-silent']);
});

test('CHAN26: a sign of life of an attachment before does not hide that the present one is silent', () => {
  const channel = new TestChannel().joined(T, 1);
  channel.must(T + 5, resume());
  channel.must(T + 6, silent(T + 5));
  expect(channel.must(T + 7, { type: 'heard', connectionId: 'c1', attachment: T })).toEqual([]);
  expect(channel.member(1).link.state).toBe('silent');
});

test('CHAN26: a goodbye of an attachment before puts nobody out, and one that names none does', () => {
  const channel = new TestChannel().joined(T, 1, 2);
  channel.must(T + 5, resume());
  expect(channel.must(T + 6, bye(T))).toEqual([]);
  expect(channel.uids).toEqual([1, 2]);
  channel.must(T + 7, bye());
  expect(channel.uids).toEqual([2]);
  expect(channel.ask(T + 8, bye(T + 5))).toBe('not_joined');
});

test('CHAN26: a session that is in anew, under the id that it had, is not put out by its stay before', () => {
  const channel = new TestChannel({}, { app: 'app', kind: 'message', name: 'x' });
  channel.must(T, join(1, { connectionKind: 'signaling' }));
  const { attachment } = channel.member(1);
  channel.must(T, bye());
  channel.must(T, join(1, { connectionKind: 'signaling' }));
  expect(channel.must(T, silent(attachment))).toEqual([]);
  expect(channel.must(T, bye(attachment))).toEqual([]);
  expect(channel.uids).toEqual([1]);
});

test('CHAN27: a resume is of the uid and account that it says, by the connection that backs them', () => {
  const channel = new TestChannel();
  channel.must(T, join(1, { account: 'ann' }));
  channel.must(T, join(2));
  expect(channel.ask(T, resume({ uid: 3 }))).toBe('resume_invalid');
  expect(channel.ask(T, resume({ uid: 1, account: 'bob' }))).toBe('resume_invalid');
  expect(channel.ask(T, resume({ uid: 2, account: 'ann' }))).toBe('resume_invalid');
  expect(channel.ask(T, resume({ uid: 2 }))).toBe('replaced');
  expect(channel.ask(T, resume({ uid: 1, connectionId: 'another' }))).toBe('replaced');
  expect(outline(channel.must(T, resume({ uid: 1, account: 'ann' })))).toEqual(['link-live']);
  channel.must(T, bye());
  expect(channel.ask(T, resume({ uid: 1 }))).toBe('resume_invalid');
});

test('CHAN28: an attempt before the newest that was taken is refused, and changes nothing', () => {
  const channel = new TestChannel().joined(T, 1);
  channel.must(T + 1, resume({ attempt: 2 }));
  const before = channel.member(1);
  expect(channel.ask(T + 2, resume({ attempt: 1 }))).toBe('replaced');
  expect(channel.ask(T + 2, resume())).toBe('replaced');
  expect(channel.member(1)).toBe(before);
  for (const attempt of [2, 3]) channel.must(T + 3, resume({ attempt }));
  expect(channel.member(1).attempt).toBe(3);
});

test('CHAN28: a client that does not count is taken each time', () => {
  const channel = new TestChannel().joined(T, 1);
  for (let time = 0; time < 3; time++) expect(outline(channel.must(T, resume()))).toEqual(['link-live']);
  expect(channel.changes.filter(({ type }) => type === 'link-live')).toHaveLength(3);
  expect(channel.member(1)).not.toHaveProperty('attempt');
});
