import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { limits } from '../../limits.ts';
import { AnswerError, AnswerParser, interimHeadsMax } from './answer-parser.ts';

/** The same answer in one piece, and byte by byte. */
function read(text: string): AnswerParser {
  const whole = new AnswerParser();
  whole.push(Buffer.from(text));
  const bytewise = new AnswerParser();
  for (const byte of Buffer.from(text)) bytewise.push(Buffer.from([byte]));
  expect(shown(bytewise)).toEqual(shown(whole));
  return whole;
}
const shown = ({ status, ended, cut, reusable, excerpt }: AnswerParser) => ({
  status,
  ended,
  cut,
  reusable,
  excerpt,
});

describe('AnswerParser', () => {
  const whole: [string, string, object][] = [
    [
      'a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
      { status: 200, excerpt: '{}', reusable: true },
    ],
    ['no body', 'HTTP/1.1 200\r\ncontent-length:0\r\n\r\n', { status: 200, excerpt: '', reusable: true }],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, reusable: true }],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{"\r\n3\r\na"}\r\n0\r\nX: y\r\n\r\n',
      { status: 200, excerpt: '{"a"}', reusable: true },
    ],
    [
      'interim answers',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      { status: 200, reusable: true },
    ],
    [
      'connection: close',
      'HTTP/1.1 500 X\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n',
      { status: 500, reusable: false },
    ],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      { status: 200, excerpt: 'x', reusable: false },
    ],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', { status: 200, reusable: false }],
  ];
  test.each(whole)('HOOK15: %s is read whole', (_name, text, expected) => {
    expect(read(text)).toMatchObject({ ended: true, cut: false, ...expected });
  });

  const unframed: [string, string][] = [
    ['no length', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
    ['HTTP/1.0 and no length', 'HTTP/1.0 200 OK\r\n\r\nx'],
  ];
  test.each(unframed)(
    'HOOK15: with %s the status stands and the connection is not used again',
    (_name, text) => {
      const parser = read(text);
      expect(shown(parser)).toMatchObject({ status: 200, ended: false, reusable: false });
      parser.close();
      expect(parser.ended).toBe(true);
    },
  );

  test.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2'],
    ['a negative length', 'Content-Length: -1'],
    ['a length that is none', 'Content-Length: 0x10'],
    ['an empty length', 'Content-Length:'],
  ])('HOOK190: with %s the status stands at once, and nothing of a body is waited for', (_name, field) => {
    expect(shown(read(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`))).toMatchObject({
      status: 200,
      cut: true,
      reusable: false,
    });
  });

  const bodiless: [string, string, boolean][] = [
    ['204', '204 No Content\r\n', true],
    ['204 with a length of 0', '204 No Content\r\nContent-Length: 0\r\n', true],
    ['204 with a length', '204 No Content\r\nContent-Length: 2\r\n', false],
    ['204 with chunks', '204 No Content\r\nTransfer-Encoding: chunked\r\n', false],
    ['304 with the length that it would have', '304 Not Modified\r\nContent-Length: 5000\r\n', true],
    ['205 without a length', '205 Reset Content\r\n', false],
    ['101', '101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n', false],
  ];
  test.each(bodiless)('HOOK190: %s ends with its head', (_name, head, reusable) => {
    expect(shown(read(`HTTP/1.1 ${head}\r\n`))).toMatchObject({ ended: true, cut: false, reusable });
  });

  const allowed: [string, string, object][] = [
    ['lines that end with LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}', { excerpt: '{}', reusable: true }],
    [
      'a header that goes on in the next line',
      'HTTP/1.1 200 OK\r\nConnection: keep-alive,\r\n\tclose\r\nContent-Length:\r\n 2\r\n\r\n{}',
      { excerpt: '{}', reusable: false },
    ],
    [
      'blanks around a value, and none',
      'HTTP/1.1 200\r\nContent-Length:\t 1 \r\nX:\r\n\r\nx',
      { excerpt: 'x', reusable: true },
    ],
    ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx', { excerpt: 'x' }],
    ['another minor version', 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n', { reusable: true }],
    [
      'upgrades that it offers',
      'HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
      { reusable: true },
    ],
    [
      'chunks with extensions, leading zeros and trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0000000000000002 ;a="b;c"\r\n{}\r\n0;last\r\nX: y\r\nDigest: z\r\n\r\n',
      { excerpt: '{}', reusable: true },
    ],
    [
      'a coding before chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      { reusable: true },
    ],
    [
      'a head of many fields',
      `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(2_000)}Content-Length: 0\r\n\r\n`,
      { reusable: true },
    ],
    [
      'as many interim answers as it may',
      `${'HTTP/1.1 102 X\r\nA: b\r\n\r\n'.repeat(interimHeadsMax)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
      { reusable: true },
    ],
  ];
  test.each(allowed)('HOOK190: %s are understood', (_name, text, expected) => {
    expect(read(text)).toMatchObject({ status: 200, ended: true, cut: false, ...expected });
  });

  test.each([
    ['a line that is no field', 'what is this'],
    ['a name with a blank', 'Content-Length : 2'],
    ['a first field that goes on from nothing', ' folded: 1'],
  ])('HOOK190: after %s the status stands and the connection is not used again', (_name, line) => {
    expect(shown(read(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 0\r\n\r\n`))).toMatchObject({
      status: 200,
      ended: true,
      reusable: false,
    });
  });

  test.each([
    [
      'more interim answers than it may send',
      'HTTP/1.1 103 X\r\n\r\n'.repeat(interimHeadsMax + 1),
      /interim/,
    ],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46', /https/],
    ['another protocol, before its line ends', 'SSH-2', /HTTP/],
    ['a status that is none', 'HTTP/1.1 099 X\r\n', /HTTP/],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(3_000)}`, /larger/],
  ])('HOOK190: %s is refused as soon as it is certain, with the reason', (_name, text, reason) => {
    expect(() => new AnswerParser().push(Buffer.from(text, 'latin1'))).toThrow(reason);
  });

  test('HOOK191: each byte is looked at once, however an answer is cut up', () => {
    const text = `HTTP/1.1 103 X\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(1_500)}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(500)}`;
    for (const length of [1, 7, text.length]) {
      const parser = new AnswerParser();
      for (let at = 0; at < text.length; at += length) {
        const piece = Buffer.from(text.slice(at, at + length));
        piece.toString = () => {
          throw new Error('a whole piece is made into text, and again for each line in it');
        };
        parser.push(piece);
      }
      expect(parser.excerpt).toBe('x'.repeat(500));
    }
  });

  test.each([
    ['HTTP/2 200\r\n\r\n'],
    ['HTTP/1.1 2000 X\r\n\r\n'],
    ['HTTP/1.1 abc\r\n\r\n'],
    ['GET / HTTP/1.1\r\n\r\n'],
    ['\x16\x03\x01\x02\x00\x01\x00'],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(limits.answerHeadBytesMax)}`],
    ['HTTP/1.1 100 X\r\n\r\n'.repeat(limits.answerHeadBytesMax / 16)],
  ])('HOOK15: %p is no answer', (text) => {
    expect(() => new AnswerParser().push(Buffer.from(text))).toThrow(AnswerError);
  });

  test.each([
    ['a long body', `Content-Length: 1000000\r\n\r\n${'x'.repeat(limits.answerBodyBytesMax + 1)}`],
    ['endless chunk lines', `Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(limits.answerHeadBytesMax)}`],
    ['chunks of no size', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a chunk longer than it said', 'Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ])('HOOK15: %s is cut, and the status stands', (_name, rest) => {
    expect(shown(read(`HTTP/1.1 200 OK\r\n${rest}`))).toMatchObject({ status: 200, ended: false, cut: true });
  });

  test('HOOK15: what follows an answer makes its connection unfit', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP')).toMatchObject({
      ended: true,
      reusable: false,
    });
  });

  test('HOOK15: whatever bytes come, in whatever pieces, the parser answers or throws AnswerError', () => {
    const piece = fc.constantFrom(
      'HTTP/1.1 ',
      '200',
      ' OK',
      '\r\n',
      '\n',
      'Content-Length: ',
      'Transfer-Encoding: chunked',
      '3',
      '0',
      'x',
      ';',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const parser = new AnswerParser();
        try {
          for (const text of pieces) parser.push(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(AnswerError);
        }
        if (parser.ended || parser.cut) expect(parser.status).toBeGreaterThanOrEqual(101);
      }),
    );
  });
});

test('HOOK66: the Retry-After of the final answer is kept as it stands', () => {
  const parser = new AnswerParser();
  parser.push(
    Buffer.from(
      'HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 X\r\nretry-after:  Wed, 21 Oct 2015 07:28:00 GMT \r\nContent-Length: 0\r\n\r\n',
    ),
  );
  expect(parser.retryAfter).toBe('Wed, 21 Oct 2015 07:28:00 GMT');
});
