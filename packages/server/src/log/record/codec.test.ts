import { expect, test } from 'bun:test';
import type { ChannelKey } from '../../channel/channel.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { type LogRecord, liveChangeOf, timeOf } from './record.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Records as servers have written them since there are channels of signaling: one of each type, and of each kind of channel. */
const written = [
  '{"type":"channel-opened","app":"a","channel":"c","sid":"S","seq":1,"atMs":5,"count":0,"profile":"live"}',
  '{"type":"member-joined","app":"a","channel":"c","sid":"S","seq":2,"atMs":5,"count":1,"profile":"live","uid":1,"role":"audience","platform":7,"clientSeq":5,"connectionId":"x","connectionKind":"rtc","leaseMs":10}',
  '{"type":"role-changed","app":"a","channel":"c","sid":"S","seq":3,"atMs":6,"count":1,"profile":"live","uid":1,"role":"broadcaster","platform":7,"clientSeq":6}',
  '{"type":"link-silent","app":"a","channel":"c","atMs":6,"uid":1,"connectionId":"x","lastHeardMs":6,"evidence":"silence","leaseEndsMs":16}',
  '{"type":"link-live","app":"a","channel":"c","atMs":7,"uid":1,"connectionId":"x"}',
  '{"type":"link-live","app":"a","channel":"c","atMs":7,"uid":1,"connectionId":"x","attachment":7,"attempt":2,"unbroken":true}',
  '{"type":"token-renewed","app":"a","channel":"c","atMs":7,"uid":1,"tokenEndsMs":9}',
  '{"type":"member-joined","app":"a","channel":"c","sid":"S","seq":2,"atMs":5,"count":1,"profile":"live","uid":1,"role":"audience","platform":7,"clientSeq":5,"connectionId":"x","connectionKind":"rtc","leaseMs":10,"linkAwaited":true,"unproven":true}',
  '{"type":"streams-set","app":"a","channel":"c","atMs":7,"uid":1,"audio":true,"video":false}',
  '{"type":"person-known","app":"a","channel":"c","atMs":7,"uid":1}',
  '{"type":"person-known","app":"a","channel":"c","atMs":7,"uid":1,"userId":"ann","byPage":true}',
  '{"type":"member-left","app":"a","channel":"c","sid":"S","seq":4,"atMs":8,"count":0,"profile":"live","uid":1,"role":"broadcaster","platform":7,"clientSeq":8,"connectionId":"x","reason":"quit","evidence":"bye","lastHeardMs":8,"noticedMs":8,"joinedMs":5}',
  '{"type":"channel-closed","app":"a","channel":"c","sid":"S","seq":5,"atMs":8,"count":0,"profile":"live","lastUid":1}',
  '{"type":"signaling","app":"a","channelType":"MESSAGE","channel":"c","atMs":9,"change":{"type":"states-set","atMs":9,"uid":1,"states":{"mood":"good"}}}',
  '{"type":"signaling","app":"a","channelType":"MESSAGE","channel":"c","atMs":9,"change":{"type":"quiet-set","atMs":9,"uid":1,"quiet":true}}',
  '{"type":"signaling","app":"a","channelType":"MESSAGE","channel":"c","atMs":9,"change":{"type":"link-live","app":"a","channel":"c","atMs":9,"uid":1,"connectionId":"s"}}',
  '{"type":"signaling","app":"a","channelType":"STREAM","channel":"c","atMs":9,"change":{"type":"topics-set","atMs":9,"uid":1,"topics":{"t":"m"}}}',
  '{"type":"signaling","app":"a","channelType":"STREAM","channel":"c","atMs":9,"change":{"type":"lock-changed","atMs":9,"event":"SET","lock":{"name":"l","ttlMs":10},"by":"ann"}}',
  '{"type":"signaling","app":"a","channelType":"USER","channel":"ann","atMs":9,"change":{"type":"metadata-changed","atMs":9,"majorRevision":9,"author":"ann","set":{},"removed":["k"]}}',
  '{"type":"message","app":"a","channelType":"MESSAGE","channel":"c","publisher":"ann","content":{"text":"hi"},"atMs":9}',
  '{"type":"messages-erased","app":"a","erased":{"userId":"ann"},"atMs":9}',
  '{"type":"account-key","key":"K","atMs":9}',
  '{"type":"account-mapped","app":"a","account":"ann","uid":7,"atMs":9}',
  '{"type":"rule-set","app":"a","rule":{"id":1,"app":"a","channel":"c","privileges":["join_channel"],"endsMs":99,"createdMs":9,"updatedMs":9},"atMs":9}',
  '{"type":"rule-deleted","app":"a","ruleId":1,"atMs":9}',
  '{"type":"media-watched","app":"a","channel":"x","sid":"S","joinedSeq":2,"uid":1,"watchedMs":61000,"publishedMs":0,"atMs":10}',
];
const read = (text: string): LogRecord => decodeRecord(encoder.encode(text));

test('RAIL3: every record that was ever written is read, and is written again byte for byte', () => {
  for (const text of written) expect(decoder.decode(encodeRecord(read(text)))).toBe(text);
  expect(new Set(written.map((text) => JSON.parse(text).type)).size).toBe(18);
});

test('RAIL3: a change has the key of its channel, whatever the kind, and its own time', () => {
  const keys = written.flatMap((text) => {
    const record = read(text);
    return record.type === 'channel' ? [record.key] : [];
  });
  const named = (kind: ChannelKey['kind'], name = 'c') => ({ app: 'a', kind, name });
  expect(keys).toEqual([
    ...Array.from({ length: 13 }, () => named('live')),
    ...Array.from({ length: 3 }, () => named('message')),
    ...Array.from({ length: 2 }, () => named('stream')),
    named('user', 'ann'),
  ]);
  expect(written.map((text) => timeOf(read(text)))).toEqual(written.map((text) => JSON.parse(text).atMs));
  expect(written.filter((text) => liveChangeOf(read(text)))).toEqual(written.slice(0, 13));
});

test('RAIL4: a record of a type, or of a kind of channel, that this server does not know is not taken for another', () => {
  expect(() => read('{"type":"channel-renamed","app":"a","channel":"c","atMs":9}')).toThrow(
    'channel-renamed',
  );
  const other = '{"type":"signaling","app":"a","channelType":"ROOM","channel":"c","atMs":9,"change":{}}';
  expect(() => read(other)).toThrow('ROOM');
});
