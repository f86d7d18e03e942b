import { expect, test } from 'bun:test';
import { integrityHolds, isStun, readStun, writeStun, xorMapped } from './stun.ts';

/** RFC 5769, sections 2.1 to 2.3. */
const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
const password = 'VOkJxbRl1RmTxUk/WvJxBt';
const transaction = bytes('b7e7a701 bc34d686 fa87dfae');
const request = bytes(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`);
const answerFour = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`);
const answerSix = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`);

test('MEDIA23: the sample request of RFC 5769 is read, and its integrity holds', () => {
  const message = readStun(request);
  expect(message).toMatchObject({
    type: 'request',
    transaction,
    username: 'evtj:h6vY',
    priority: 0x6e0001ff,
    role: 'controlled',
    useCandidate: false,
    unknown: [],
  });
  if (message === undefined) throw new Error('unread');
  expect(integrityHolds(request, message, password)).toBe(true);
  expect(integrityHolds(request, message, `${password}x`)).toBe(false);
});

test('MEDIA23: the sample answers of RFC 5769 hold, and the mapped addresses are written as they are there', () => {
  for (const answer of [answerFour, answerSix]) {
    const message = readStun(answer);
    if (message === undefined) throw new Error('unread');
    expect(message.type).toBe('success');
    expect(integrityHolds(answer, message, password)).toBe(true);
  }
  expect(xorMapped({ address: '192.0.2.1', port: 32_853 }, transaction)).toEqual(bytes('0001a147 e112a643'));
  const six = bytes('0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9');
  expect(xorMapped({ address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }, transaction)).toEqual(
    six,
  );
  const masked = (address: string) =>
    xorMapped({ address, port: 1 }, Buffer.alloc(12)).subarray(8).toString('hex');
  expect(masked('::1')).toBe('000000000000000000000001');
  expect(masked('fe80::1:2%eth0')).toBe('000000000000000000010002');
  expect(masked('::ffff:192.0.2.1')).toBe('000000000000ffffc0000201');
});

test('MEDIA23: what is written is read back', () => {
  const tieBreaker = bytes('0102030405060708');
  const fields = { username: 'a:b', priority: 0xfedcba98, useCandidate: true, controlling: tieBreaker };
  const written = writeStun('request', transaction, fields, password);
  const message = readStun(written);
  expect(message).toMatchObject({
    type: 'request',
    transaction,
    username: 'a:b',
    priority: 0xfedcba98,
    useCandidate: true,
    role: 'controlling',
  });
  if (message === undefined) throw new Error('unread');
  expect(integrityHolds(written, message, password)).toBe(true);
  expect(integrityHolds(written, message, 'other')).toBe(false);
  const refusal = writeStun('error', transaction, { errorCode: 487, unknown: [0x7001] }, password);
  expect(readStun(refusal)).toMatchObject({ type: 'error', errorCode: 487 });
});

test('MEDIA23: a changed, cut or lengthened message is not read, wherever the change is', () => {
  for (let at = 0; at < request.length; at++) {
    const changed = Buffer.from(request);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    expect(readStun(changed)).toBeUndefined();
    expect(readStun(request.subarray(0, at))).toBeUndefined();
  }
  expect(readStun(Buffer.concat([request, Buffer.alloc(4)]))).toBeUndefined();
  expect(isStun(Buffer.from([0x80, 0x60, 0, 0]))).toBe(false);
  expect(isStun(Buffer.concat([Buffer.from([0x16]), request.subarray(1)]))).toBe(false);
});

test('MEDIA23: no integrity is no integrity; what must be understood and is not is told', () => {
  const written = writeStun('request', transaction, { username: 'a:b' }, password);
  const attributes = written.subarray(20, written.length - 32);
  const bare = rewritten(attributes);
  const message = readStun(bare);
  if (message === undefined) throw new Error('unread');
  expect(integrityHolds(bare, message, password)).toBe(false);
  expect(readStun(rewritten(bytes('00190004 11000000')))?.unknown).toEqual([0x0019]);
  expect(readStun(rewritten(bytes('c0570004 00000000')))?.unknown).toEqual([]);
  // An attribute after the integrity is not covered by it.
  const covered = writeStun('request', transaction, {}, password);
  const late = rewritten(Buffer.concat([covered.subarray(20, covered.length - 8), bytes('00250000')]));
  expect(readStun(late)?.useCandidate).toBe(false);
});

/** A request with these attributes and a right fingerprint. */
function rewritten(attributes: Buffer): Buffer {
  const head = Buffer.concat([bytes('00010000 2112a442'), transaction, attributes]);
  head.writeUInt16BE(attributes.length + 8, 2);
  const sum = Buffer.alloc(8);
  sum.writeUInt32BE(0x80280004, 0);
  sum.writeUInt32BE((Bun.hash.crc32(head) ^ 0x5354554e) >>> 0, 4);
  return Buffer.concat([head, sum]);
}
