import { describe, expect, test } from 'bun:test';
import {
  batchNoticesMax,
  type ChannelEvent,
  type CommunicationEvents,
  type EventsLost,
  toAgoraEventsLost,
  toAgoraNotice,
  toStandardEventsLost,
  toStandardNotice,
} from '@housecount/protocol';
import fixtures from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { type Notice, NoticeError } from './notice.ts';
import { parseNotice, parseNotices } from './parse-notice.ts';

interface Fixture {
  readonly name: string;
  readonly communicationEvents: CommunicationEvents;
  readonly event: ChannelEvent;
  readonly notice: string;
}
const cases = fixtures as unknown as readonly Fixture[];
const app = '970ca35de60c44645bbae8a215061b33';
const lost: EventsLost = {
  type: 'events-lost',
  app,
  range: { channel: 'stage', sid: 'S', fromSeq: 5, toSeq: 19 },
  events: 12,
  fromMs: 1_611_566_412_672,
  toMs: 1_611_566_413_999,
  atMs: 1_612_171_213_000,
};
const rest: EventsLost = { type: 'events-lost', app, atMs: 9_000 };

describe('the standard format', () => {
  test.each(cases.map((one) => [one.name, one] as const))(
    'HOOK121: %s is read like the agora notice of the same event',
    (_name, { event, communicationEvents, notice }) => {
      const agora = parseNotice(JSON.stringify(toAgoraNotice(event, { notifyMs: 1, communicationEvents })));
      const { payload, app: of, notifyMs, ...standard } = parseNotice(notice);
      const { payload: _payload, app: _app, notifyMs: _ms, ...expected } = agora;
      // Agora's format has the client type of some platforms only, no client type of any other, and no words of its own for 111 and 112.
      expect({ ...standard, clientType: undefined }).toEqual({ ...expected, clientType: undefined });
      expect({ of, notifyMs, payload }).toEqual({
        of: event.app,
        notifyMs: undefined,
        payload: JSON.parse(notice).data,
      });
    },
  );

  const [join] = cases.filter(({ event }) => event.type === 'member-joined');
  if (!join) throw new Error('no join among the fixtures');
  const changed = (over: object, data: object = {}) => {
    const notice = JSON.parse(join.notice);
    return JSON.stringify({ ...notice, ...over, data: { ...notice.data, ...data } });
  };

  test('HOOK121: types, platforms, reasons and fields that are not known are let through', () => {
    const later = parseNotice(changed({ type: 'stream.started', id: 'S:9:170', later: 1 }));
    expect(later).toMatchObject({ kind: 'unknown', eventType: 170, productId: 1 });
    expect(parseNotice(changed({ type: 'constructor', id: 'x' }))).toMatchObject({
      kind: 'unknown',
      eventType: 0,
    });
    expect(parseNotice(changed({ more: [1] }, { platform: 'fridge', tiles: 3 }))).toMatchObject({
      kind: 'joined',
      platform: undefined,
      payload: { tiles: 3 },
    });
    const left = cases.find(({ event }) => event.type === 'member-left')?.notice ?? '';
    expect(parseNotice(left.replace(/"reason":"\w+"/, '"reason":"toString"'))).toMatchObject({
      kind: 'left',
      reason: undefined,
    });
  });

  test('HOOK121: an id that says nothing of the type leaves it to the role', () => {
    const of = (role: string) => parseNotice(changed({ id: 'made-elsewhere' }, { role }));
    expect(of('broadcaster')).toMatchObject({ eventType: 103, role: 'broadcaster' });
    expect(of('audience')).toMatchObject({ eventType: 105, role: 'audience' });
    expect(() => of('king')).toThrow(NoticeError);
  });

  test('HOOK121: the check of an endpoint is told apart', () => {
    const check = changed({ channel: 'test_webhook' }, { uid: 12121212 });
    expect(parseNotice(check).healthTest).toBe(true);
    expect(parseNotice(changed({ channel: 'test_webhook' }, { uid: 1 })).healthTest).toBe(false);
    expect(parseNotice(changed({ channel: 'other' }, { uid: 12121212 })).healthTest).toBe(false);
  });

  test.each([
    ['no id', changed({ id: undefined })],
    ['an empty id', changed({ id: '' })],
    ['no data', JSON.stringify({ ...JSON.parse(join.notice), data: undefined })],
    ['data that is a list', JSON.stringify({ ...JSON.parse(join.notice), data: [] })],
    ['no channel', changed({ channel: undefined })],
    ['an empty sid', changed({ sid: '' })],
    ['a sid without end', changed({ sid: 'x'.repeat(257) })],
    ['seq 0', changed({ seq: 0 })],
    ['half a seq', changed({ seq: 1.5 })],
    ['a seq that is text', changed({ seq: '2' })],
    ['a count below none', changed({ count: -1 })],
    ['no time', changed({ time: undefined })],
    ['a time that is none', changed({ time: 'yesterday' })],
    ['no uid', changed({}, { uid: undefined })],
    ['a uid of 33 bits', changed({}, { uid: 2 ** 32 })],
    ['a uid below none', changed({}, { uid: -1 })],
    ['an account that is a number', changed({}, { account: 7 })],
    ['a user id that is a number', changed({}, { userId: 7 })],
    ['no clientSeq', changed({}, { clientSeq: null })],
  ])('HOOK121: %s is a NoticeError', (_name, body) => {
    expect(() => parseNotice(body)).toThrow(NoticeError);
    expect(() => parseNotices(`[${join.notice},${body}]`)).toThrow(/Notice 2 of the batch/);
  });
});

describe('lost events', () => {
  test('HOOK124: they come out typed, the same in both formats', () => {
    const expected: Partial<Notice> = {
      kind: 'events-lost',
      noticeId: 'S:5-19:190',
      eventType: 190,
      sid: 'S',
      seq: undefined,
      count: undefined,
      channelName: 'stage',
      fromSeq: 5,
      toSeq: 19,
      events: 12,
      fromTs: 1_611_566_412,
      toTs: 1_611_566_413,
      ts: 1_612_171_213,
      healthTest: false,
    };
    expect(parseNotice(JSON.stringify(toAgoraEventsLost(lost, 5)))).toMatchObject(expected);
    expect(parseNotice(JSON.stringify(toStandardEventsLost(lost)))).toMatchObject(expected);
  });

  test('HOOK124: the one that counts the rest has no channel, and says what it knows', () => {
    const expected = {
      kind: 'events-lost' as const,
      sid: undefined,
      channelName: undefined,
      fromSeq: undefined,
      toSeq: undefined,
      events: undefined,
      fromTs: undefined,
      ts: 9,
    };
    expect(parseNotice(JSON.stringify(toAgoraEventsLost(rest, 5)))).toMatchObject(expected);
    expect(parseNotice(JSON.stringify(toStandardEventsLost(rest)))).toMatchObject(expected);
  });

  const agora = toAgoraEventsLost(lost, 5);
  const standard = toStandardEventsLost(lost);
  test.each([
    ['no first seq', { ...agora, payload: { ...agora.payload, fromSeq: undefined } }],
    ['a last seq before the first', { ...agora, payload: { ...agora.payload, toSeq: 4 } }],
    ['a channel without a sid', { ...agora, sid: '' }],
    ['no time', { ...agora, payload: { ...agora.payload, ts: undefined } }],
    ['no first seq', { ...standard, data: { ...standard.data, fromSeq: undefined } }],
    ['a first seq of 0', { ...standard, data: { ...standard.data, fromSeq: 0 } }],
    ['a last seq before the first', { ...standard, data: { ...standard.data, toSeq: 4 } }],
    ['a channel without a sid', { ...standard, sid: undefined }],
    ['a time that is none', { ...standard, data: { ...standard.data, toTime: '?' } }],
  ])('HOOK124: %s is a NoticeError (%#)', (_name, bad) => {
    expect(() => parseNotice(JSON.stringify(bad))).toThrow(NoticeError);
  });
});

describe('a batch', () => {
  const bodies = cases.map(({ notice }) => notice);

  test('HOOK122: all of it is read, in its order', () => {
    const body = `[${[...bodies, JSON.stringify(toStandardEventsLost(lost))].join(',')}]`;
    const notices = parseNotices(new TextEncoder().encode(body));
    expect(notices).toEqual([
      ...bodies.map((one) => parseNotice(one)),
      parseNotice(JSON.stringify(toStandardEventsLost(lost))),
    ]);
  });

  test('HOOK122: one notice of any format is a batch of one', () => {
    const [first = ''] = bodies;
    expect(parseNotices(first)).toEqual([parseNotice(first)]);
    const agora = JSON.stringify(toAgoraEventsLost(lost, 5));
    expect(parseNotices(agora)).toEqual([parseNotice(agora)]);
  });

  test('HOOK122: it has 1 to 1,000 notices', () => {
    const [first = ''] = bodies;
    expect(parseNotices(`[${Array(batchNoticesMax).fill(first).join(',')}]`)).toHaveLength(1_000);
    expect(() =>
      parseNotices(
        `[${Array(batchNoticesMax + 1)
          .fill(first)
          .join(',')}]`,
      ),
    ).toThrow(NoticeError);
    expect(() => parseNotices('[]')).toThrow(NoticeError);
  });

  test.each([['null'], ['7'], ['"x"'], ['{}'], ['[]'], ['[{}]']])(
    'HOOK122: with %s in it all is refused, and which one is said',
    (bad) => {
      const [first = ''] = bodies;
      expect(() => parseNotices(`[${first},${bad},${first}]`)).toThrow(/^Notice 2 of the batch: /);
    },
  );

  test.each([['['], ['[1'], [''], [`[${bodies[0]},]`]])('HOOK122: what is no JSON (%#) is refused', (bad) => {
    expect(() => parseNotices(bad)).toThrow(NoticeError);
  });

  test('HOOK122: where one notice is wanted a batch is refused, and what reads it is said', () => {
    expect(() => parseNotice(`[${bodies[0]}]`)).toThrow(/parseNotices/);
  });
});

test('HOOK121: the body of a standard notice is what the server sends', () => {
  // Were the fixtures of another form than the server's, the tests above would show nothing.
  for (const { event, communicationEvents, notice } of cases)
    expect(JSON.stringify(toStandardNotice(event, communicationEvents))).toBe(notice);
});
