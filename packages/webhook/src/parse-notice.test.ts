import { describe, expect, test } from 'bun:test';
import { type ChannelEvent, noticeTypeNumbers, toAgoraNotice } from '@housecount/protocol';
import { NoticeError } from './notice.ts';
import { parseNotice } from './parse-notice.ts';

const envelope = { sid: 'S', noticeId: 'S:2:105', productId: 1, eventType: 105, notifyMs: 1_700_000_000_000 };
const member = {
  clientSeq: 5,
  uid: 7,
  channelName: 'stage',
  platform: 7,
  ts: 1_700_000_000,
  seq: 2,
  count: 1,
};
const text = (changes: object = {}, payload: object = member) =>
  JSON.stringify({ ...envelope, payload, ...changes });

describe('parseNotice', () => {
  test('HOOK31: what the server sends comes out typed', () => {
    const base = { app: 'a', channel: 'stage', sid: 'S', atMs: 1_700_000_000_500, profile: 'live' } as const;
    const left: ChannelEvent = {
      ...base,
      type: 'member-left',
      seq: 9,
      count: 3,
      uid: 7,
      account: 'anna',
      userId: 'ann',
      role: 'broadcaster',
      platform: 6,
      clientType: 10,
      clientSeq: 12,
      connectionId: 'c',
      reason: 'timeout',
      evidence: 'silence',
      lastHeardMs: 1_700_000_000_500,
      noticedMs: 1_700_000_000_500,
      joinedMs: 1_700_000_000_500 - 61_000,
    };
    const body = JSON.stringify(toAgoraNotice(left, { notifyMs: 5, communicationEvents: '107/108' }));
    const notice = parseNotice(new TextEncoder().encode(body));
    expect(notice).toEqual({
      kind: 'left',
      noticeId: 'S:9:104',
      productId: 1,
      eventType: 104,
      notifyMs: 5,
      app: undefined,
      sid: 'S',
      seq: 9,
      count: 3,
      channelName: 'stage',
      ts: 1_700_000_000,
      uid: 7,
      account: 'anna',
      userId: 'ann',
      clientSeq: 12,
      role: 'broadcaster',
      platform: 6,
      clientType: 10,
      reason: 2,
      durationSeconds: 61,
      healthTest: false,
      payload: JSON.parse(body).payload,
    });
  });

  const kinds: [number, string, string | undefined][] = [
    [101, 'channel-created', undefined],
    [102, 'channel-destroyed', undefined],
    [103, 'joined', 'broadcaster'],
    [104, 'left', 'broadcaster'],
    [105, 'joined', 'audience'],
    [106, 'left', 'audience'],
    [107, 'joined', 'communication'],
    [108, 'left', 'communication'],
    [111, 'role-changed', 'broadcaster'],
    [112, 'role-changed', 'audience'],
  ];
  test.each(kinds)('HOOK31: type %i is %s', (eventType, kind, role) => {
    const notice = parseNotice(text({ eventType }));
    expect<string>(notice.kind).toBe(kind);
    expect<string | undefined>('role' in notice ? notice.role : undefined).toBe(role);
  });

  test('HOOK31: every type that the server sends is known', () => {
    expect(
      noticeTypeNumbers.filter((eventType) => parseNotice(text({ eventType })).kind === 'unknown'),
    ).toEqual([]);
  });

  test('HOOK31: a notice of Agora, without sid, seq and count, is read as well', () => {
    const { seq: _seq, count: _count, ...payload } = member;
    expect(parseNotice(text({ sid: undefined }, payload))).toMatchObject({
      kind: 'joined',
      sid: undefined,
      seq: undefined,
    });
  });

  test('HOOK31: unknown fields, reasons, platforms, types and products are let through', () => {
    const odd = { ...member, reason: 4711, platform: 99, surprise: [1] };
    expect(parseNotice(text({ eventType: 106, later: true }, odd))).toMatchObject({
      reason: 4711,
      platform: 99,
    });
    expect(parseNotice(text({ eventType: 199 }, { anything: 1 }))).toMatchObject({
      kind: 'unknown',
      eventType: 199,
    });
    expect(parseNotice(text({ productId: 3, eventType: 101 }, {}))).toMatchObject({
      kind: 'unknown',
      productId: 3,
    });
  });

  test('HOOK31: the check of an endpoint is told apart', () => {
    const check = { ...member, channelName: 'test_webhook', uid: 12121212 };
    expect(parseNotice(text({}, check)).healthTest).toBe(true);
    expect(parseNotice(text({}, { ...check, uid: 1 })).healthTest).toBe(false);
  });

  const without = (name: keyof typeof member) => ({ ...member, [name]: undefined });
  const bad: [string, string | Uint8Array][] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['no payload', text({ payload: undefined })],
    ['a payload that is a list', text({ payload: [] })],
    ['no noticeId', text({ noticeId: undefined })],
    ['a noticeId that is a number', text({ noticeId: 7 })],
    ['an eventType that is text', text({ eventType: '105' })],
    ['no notifyMs', text({ notifyMs: undefined })],
    ['no uid', text({}, without('uid'))],
    ['no channelName', text({}, without('channelName'))],
    ['no clientSeq', text({}, without('clientSeq'))],
    ['an account that is a number', text({}, { ...member, account: 7 })],
    ['a user id that is a number', text({}, { ...member, userId: 7 })],
    ['a seq that is text', text({}, { ...member, seq: '2' })],
  ];
  test.each(bad)('HOOK31: %s is a NoticeError', (_name, body) => {
    expect(() => parseNotice(body)).toThrow(NoticeError);
  });

  test('HOOK31: a field named like a part of every object is only a field', () => {
    expect(parseNotice(text({}, { ...member, constructor: 1 })).kind).toBe('joined');
    expect(() => parseNotice(text({ eventType: 'constructor' }))).toThrow(NoticeError);
  });
});
