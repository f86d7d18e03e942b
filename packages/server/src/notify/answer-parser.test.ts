import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { limits } from '../limits.ts';
import { AnswerError, AnswerParser } from './answer-parser.ts';

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
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', { status: 200, reusable: false }],
  ];
  test.each(whole)('HOOK15: %s is read whole', (_name, text, expected) => {
    expect(read(text)).toMatchObject({ ended: true, cut: false, ...expected });
  });

  const unframed: [string, string][] = [
    ['no length', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
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
