import { expect, test } from 'bun:test';
import type { Evidence, MemberLeft } from './index.ts';
import { evidences, presenceEndMs, toAgoraNotice, toStandardNotice } from './index.ts';

const T = 1_700_000_000_000;
const left = (over: Partial<MemberLeft>): MemberLeft => ({
  type: 'member-left',
  app: 'app',
  channel: 'x',
  sid: 'S',
  seq: 3,
  atMs: T + 70_000,
  count: 0,
  profile: 'live',
  uid: 1,
  role: 'audience',
  platform: 7,
  clientSeq: T + 70_000,
  connectionId: 'c1',
  reason: 'timeout',
  evidence: 'silence',
  lastHeardMs: T + 70_000,
  noticedMs: T + 70_000,
  joinedMs: T,
  ...over,
});

test('TIME8: each evidence says when the member was there last', () => {
  const heard = { lastHeardMs: T + 43_000, noticedMs: T + 45_000 };
  const ends = Object.fromEntries(
    evidences.map((evidence) => [evidence, presenceEndMs(left({ evidence, ...heard })) - T]),
  );
  expect(ends).toEqual({
    bye: 70_000,
    'media-closed': 70_000,
    'socket-closed': 45_000,
    silence: 43_000,
    'media-silence': 43_000,
    'server-crash': 43_000,
    kick: 43_000,
    'new-device': 43_000,
    'token-end': 43_000,
  } satisfies Record<Evidence, number>);
});

test('TIME8: a member who was put out was there until then, or until its silence began', () => {
  for (const evidence of ['kick', 'new-device', 'token-end'] as const) {
    expect(presenceEndMs(left({ evidence })) - T).toBe(70_000);
    const silent = { lastHeardMs: T + 43_000, noticedMs: T + 70_000, silentSinceMs: T + 45_000 };
    expect(presenceEndMs(left({ evidence, ...silent })) - T).toBe(45_000);
  }
});

test('TIME8: it lies between the join and the leave, whatever the record says', () => {
  expect(presenceEndMs(left({ lastHeardMs: T - 5 })) - T).toBe(0);
  expect(presenceEndMs(left({ lastHeardMs: T + 99_000 })) - T).toBe(70_000);
});

test('TIME9: duration is the difference of the two ts, to the second, whatever the milliseconds are', () => {
  const options = { notifyMs: 0, communicationEvents: '107/108' } as const;
  for (let joined = 0; joined < 1_000; joined += 97)
    for (let heard = 43_000; heard < 44_000; heard += 89) {
      const event = left({ joinedMs: T + joined, lastHeardMs: T + heard });
      const { payload } = toAgoraNotice(event, options);
      expect(payload.ts).toBe(Math.floor((T + heard) / 1000));
      expect(payload.duration).toBe(payload.ts - Math.floor((T + joined) / 1000));
      const standard = toStandardNotice(event, '107/108');
      expect(standard.time).toBe(new Date(T + 70_000).toISOString());
      expect(standard.data).toMatchObject({ durationMs: heard - joined });
    }
});

test('TIME9: after a crash of 25 s a leave is not told as 25 s longer', () => {
  const crashed = left({ evidence: 'server-crash', lastHeardMs: T + 5_000, noticedMs: T + 30_000 });
  const { payload } = toAgoraNotice(crashed, { notifyMs: 0, communicationEvents: '107/108' });
  expect(payload).toMatchObject({ duration: 5, ts: T / 1000 + 5 });
});
