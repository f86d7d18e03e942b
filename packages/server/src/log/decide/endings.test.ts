import { expect, test } from 'bun:test';
import type { MemberLeft } from '@housecount/protocol';
import type { ChannelKey } from '../../channel/channel.ts';
import type { LeaveRecord } from '../../channel/decision.ts';
import { limits } from '../../limits.ts';
import { type ChannelRecord, recordOf } from '../record/record.ts';
import { Endings } from './endings.ts';

const app = '0123456789abcdef0123456789abcdef';
const left = (
  connectionId: string,
  reason: MemberLeft['reason'],
  atMs: number,
  over: object = {},
): ChannelRecord =>
  recordOf({ app, kind: 'live', name: 'c' }, {
    type: 'member-left',
    connectionId,
    reason,
    atMs,
    ...over,
  } as MemberLeft);
const lobby: ChannelKey<'message'> = { app, kind: 'message', name: 'c' };
const signaling = (type: string, connectionId: string, over: object = {}): ChannelRecord =>
  recordOf(lobby, { type, connectionId, atMs: 1, ...over } as MemberLeft);

test('BACK24: kicks and replacements are remembered with what the rule was about, and no other leave', () => {
  const endings = new Endings();
  endings.absorb(left('a', 'kicked', 1, { ruleScope: 'ip' }));
  endings.absorb(left('b', 'replaced', 1));
  for (const reason of ['quit', 'timeout', 'token', 'other'] as const)
    endings.absorb(left(reason, reason, 1));
  expect(endings.of(app, 'a', 1)).toEqual({ code: 'kicked', ruleScope: 'ip' });
  expect(endings.of(app, 'b', 1)).toEqual({ code: 'replaced' });
  for (const other of ['quit', 'timeout', 'token', 'other', 'nobody'])
    expect(endings.of(app, other, 1)).toBeUndefined();
  expect(endings.of('f'.repeat(32), 'a', 1)).toBeUndefined();
});

test('LOG97: the end of a session is also that of the one for which its client comes back, in a snapshot as well', () => {
  const endings = new Endings();
  const home: ChannelKey<'user'> = { app, kind: 'user', name: 'ann' };
  const ended = { type: 'member-left', connectionId: 'b', insteadOf: 'a', reason: 'kicked', atMs: 1 };
  endings.absorb(recordOf(home, ended as LeaveRecord));
  const restored = new Endings();
  for (const line of endings.lines()) restored.restore(line);
  for (const known of [endings, restored])
    expect(['a', 'b', 'c'].map((id) => known.of(app, id, 1)?.code)).toEqual(['kicked', 'kicked', undefined]);
});

test('BACK24: they are remembered for longer than a token lasts, and then forgotten', () => {
  const endings = new Endings();
  endings.absorb(left('a', 'kicked', 1));
  expect(limits.endingKeptMs).toBeGreaterThan(86_400_000);
  expect(endings.of(app, 'a', limits.endingKeptMs)).toBeDefined();
  expect(endings.of(app, 'a', limits.endingKeptMs + 1)).toBeUndefined();
  endings.absorb(left('b', 'kicked', limits.endingKeptMs + 1));
  expect(endings.lines().map(({ connectionId }) => connectionId)).toEqual(['b']);
});

test('BACK24: of each kind as many as the limit says; what clients do pushes out no kick', () => {
  const endings = new Endings();
  endings.absorb(left('kick', 'kicked', 1));
  for (let index = 0; index <= limits.endingsMax; index++) endings.absorb(left(`r${index}`, 'replaced', 1));
  expect(endings.lines()).toHaveLength(limits.endingsMax + 1);
  expect(endings.of(app, 'kick', 1)).toBeDefined();
  expect(endings.of(app, 'r0', 1)).toBeUndefined();
  expect(endings.of(app, `r${limits.endingsMax}`, 1)).toBeDefined();
});

test('BACK24: what a snapshot has of them is all of them, in the same order', () => {
  const endings = new Endings();
  endings.absorb(left('a', 'kicked', 1, { ruleScope: 'uid' }));
  endings.absorb(left('b', 'replaced', 2));
  endings.absorb(signaling('member-left', 's', { reason: 'kicked', ruleScope: 'channel' }));
  const again = new Endings();
  for (const line of endings.lines()) again.restore(JSON.parse(JSON.stringify(line)));
  expect(again.lines()).toEqual(endings.lines());
});

test('BACK24: a rule puts a session out of a channel until it is there again; who is put out by no rule has lost the session', () => {
  const endings = new Endings();
  endings.absorb(signaling('member-left', 's', { reason: 'kicked', ruleScope: 'channel' }));
  expect(endings.putOut(app, 's', 1)).toEqual([lobby]);
  expect(endings.lines()[0]?.putOut).toEqual([{ channelType: 'MESSAGE', channel: 'c' }]);
  expect(endings.of(app, 's', 1)).toBeUndefined();
  endings.absorb(signaling('member-joined', 's'));
  expect(endings.putOut(app, 's', 1)).toEqual([]);
  endings.absorb(signaling('member-left', 's', { reason: 'kicked' }));
  endings.absorb(signaling('member-left', 's', { reason: 'kicked', ruleScope: 'channel' }));
  expect(endings.of(app, 's', 1)).toEqual({ code: 'kicked' });
});
