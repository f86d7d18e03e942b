import { expect, test } from 'bun:test';
import {
  buildBye,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  buildSenderReport,
  parseRtcp,
} from './rtcp.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const block = {
  ssrc: 0x0a0b0c0d,
  fractionLost: 128,
  packetsLost: -2,
  highestSequence: 0x00011234,
  jitter: 7,
  lastReport: 0x11223344,
  lastReportAge: 0x00010000,
};
const report = '81 c9 0007 00000001 0a0b0c0d 80fffffe 00011234 00000007 11223344 00010000';

test('MEDIA11: a receiver report is built and read, byte for byte', () => {
  expect(buildReceiverReport(1, [block])).toEqual(bytes(report));
  expect(parseRtcp(bytes(report))).toEqual([{ type: 'rr', ssrc: 1, blocks: [block] }]);
  expect(parseRtcp(buildReceiverReport(9, []))).toEqual([{ type: 'rr', ssrc: 9, blocks: [] }]);
});

test('MEDIA11: a sender report carries its clock pair and the CNAME', () => {
  const info = {
    ntpSeconds: 0xe1e2e3e4,
    ntpFraction: 0x80000000,
    timestamp: 90_000,
    packets: 3,
    octets: 300,
  };
  const built = buildSenderReport(0x01020304, info, 'cn');
  expect(built).toEqual(
    bytes(
      '80c80006 01020304 e1e2e3e4 80000000 00015f90 00000003 0000012c 81ca0003 01020304 0102636e 00000000',
    ),
  );
  expect(parseRtcp(built)).toEqual([
    { type: 'sr', ssrc: 0x01020304, info, blocks: [] },
    { type: 'other', packetType: 202 },
  ]);
});

test('MEDIA11: every CNAME length ends on a 32-bit boundary with at least one zero', () => {
  const info = { ntpSeconds: 1, ntpFraction: 2, timestamp: 3, packets: 4, octets: 5 };
  for (let length = 0; length <= 255; length++) {
    const built = buildSenderReport(1, info, 'x'.repeat(length));
    expect(built.length % 4).toBe(0);
    expect(built.at(-1)).toBe(0);
    expect(parseRtcp(built)).toHaveLength(2);
  }
});

test('MEDIA11: a picture loss indication', () => {
  expect(buildPli(1, 0x0a0b0c0d)).toEqual(bytes('81ce0002 00000001 0a0b0c0d'));
  expect(parseRtcp(buildPli(1, 2))).toEqual([{ type: 'pli', ssrc: 1, mediaSsrc: 2 }]);
});

test('MEDIA11: a goodbye is a compound of a report and the sources that end', () => {
  expect(buildBye([1, 2])).toEqual(bytes('80c90001 00000001 82cb0002 00000001 00000002'));
  expect(parseRtcp(buildBye([1, 2]))).toEqual([
    { type: 'rr', ssrc: 1, blocks: [] },
    { type: 'bye', ssrc: 1 },
    { type: 'bye', ssrc: 2 },
  ]);
});

test('MEDIA11: NACKs are packed into masks, over the wrap too', () => {
  expect(buildNack(1, 2, [65_534, 65_535, 0, 14, 15, 100])).toEqual(
    // 65534 with 65535, 0 and 14 (16 on); 15 alone; 100 alone.
    bytes('81cd0005 00000001 00000002 fffe 8003 000f 0000 0064 0000'),
  );
  const asked = [1, 2, 3, 17, 18, 40, 60_000, 65_535, 3 + 65_536 - 65_536];
  const unique = [...new Set(asked)];
  expect(parseRtcp(buildNack(1, 2, unique))).toEqual([
    { type: 'nack', ssrc: 1, mediaSsrc: 2, sequences: unique },
  ]);
});

test('MEDIA11: a maximum bitrate as mantissa and exponent', () => {
  expect(buildRemb(1, [2], 3_000_000)).toEqual(
    bytes('8fce0005 00000001 00000000 52454d42 01 12 dc6c 00000002'),
  );
  expect(buildRemb(1, [], 0).readUInt32BE(16)).toBe(0);
});

test('MEDIA11: a full intra request names its targets', () => {
  expect(parseRtcp(bytes('84ce0004 00000001 00000000 0a0b0c0d 01000000'))).toEqual([
    { type: 'fir', ssrc: 1, mediaSsrcs: [0x0a0b0c0d] },
  ]);
});

test('MEDIA11: goodbye, transport feedback, application data and unknown types', () => {
  expect(parseRtcp(bytes('81cb0001 00000005'))).toEqual([{ type: 'bye', ssrc: 5 }]);
  expect(parseRtcp(bytes('80cb0000'))).toEqual([]);
  expect(parseRtcp(bytes('8fcd0004 00000001 00000002 00000000 00000000'))).toEqual([
    { type: 'other', packetType: 205 },
  ]);
  expect(parseRtcp(bytes('8fce0003 00000001 00000000 52454d42'))).toEqual([
    { type: 'other', packetType: 206 },
  ]);
});

test('MEDIA11: what is cut off or lies about its length is dropped, what came before it counts', () => {
  const good = { type: 'pli', ssrc: 1, mediaSsrc: 2 } as const;
  const pli = '81ce0002 00000001 00000002';
  for (const bad of [
    '81',
    '81ce00',
    '81ceffff 00000001 00000002',
    // A report that claims 31 blocks and has none.
    '9fc90001 00000001',
    '9fc80006 00000001 00000000 00000000 00000000 00000000 00000000',
    // Version 0.
    '01ce0002 00000001 00000002',
    '81cd0001 00000001',
    '81ce0001 00000001',
  ])
    expect({ bad, parsed: parseRtcp(bytes(pli + bad)) }).toEqual({ bad, parsed: [good] });
});

test('MEDIA11: no bytes make the reader fail or run on', () => {
  let state = 1;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state >>> 16;
  };
  for (let round = 0; round < 5_000; round++) {
    const packet = Buffer.from(Array.from({ length: random() % 80 }, () => random() & 0xff));
    if (packet.length > 1) {
      packet[0] = 0x80 | (random() & 0x1f);
      packet[1] = 200 + (random() % 8);
    }
    if (packet.length > 3) packet.writeUInt16BE(random() % 20, 2);
    expect(parseRtcp(packet).length).toBeLessThanOrEqual(packet.length / 4);
  }
});
