import { describe, expect, test } from 'bun:test';
import vectors from '@housecount/protocol/fixtures/notice-signatures.json' with { type: 'json' };
import { type NoticeHeaders, verify } from './verify.ts';

const [agora, , trap] = vectors;
if (!agora || !trap) throw new Error('the vectors are missing');
const { body, secret, sha1, sha256 } = agora;

describe('verify', () => {
  for (const vector of vectors)
    test(`HOOK30: ${vector.name}`, async () => {
      const bytes = new TextEncoder().encode(vector.body);
      const both = { 'Agora-Signature': vector.sha1, 'Agora-Signature-V2': vector.sha256 };
      expect(await verify(vector.body, both, vector.secret)).toBe(true);
      expect(await verify(bytes, both, vector.secret)).toBe(true);
      expect(await verify(bytes.buffer, both, vector.secret)).toBe(true);
      expect(await verify(vector.body, { 'Agora-Signature': vector.sha1 }, vector.secret)).toBe(true);
      expect(await verify(vector.body, { 'Agora-Signature-V2': vector.sha256 }, vector.secret)).toBe(true);
      expect(await verify(`${vector.body} `, both, vector.secret)).toBe(false);
      expect(await verify(vector.body, both, `${vector.secret}x`)).toBe(false);
    });

  test('HOOK30: the hashes that newer Agora samples print beside their body are not its own', async () => {
    expect(await verify(trap.body, { 'agora-signature': sha1, 'agora-signature-v2': sha256 }, secret)).toBe(
      false,
    );
  });

  test('HOOK30: V2 decides when it is there, so that nobody falls back to the weaker one', async () => {
    const wrong = '0'.repeat(64);
    expect(await verify(body, { 'agora-signature': sha1, 'agora-signature-v2': wrong }, secret)).toBe(false);
    expect(
      await verify(body, { 'agora-signature': '0'.repeat(40), 'agora-signature-v2': sha256 }, secret),
    ).toBe(true);
  });

  const carriers: [string, NoticeHeaders][] = [
    ['a Headers object', new Headers({ 'Agora-Signature-V2': sha256 })],
    ['lower case', { 'agora-signature-v2': sha256 }],
    ['upper case', { 'AGORA-SIGNATURE-V2': sha256 }],
    ['an array of one', { 'agora-signature-v2': [sha256] }],
    ['blanks around', { 'agora-signature-v2': ` ${sha256} ` }],
    ['an absent V2', { 'agora-signature-v2': undefined, 'agora-signature': sha1 }],
  ];
  test.each(carriers)('HOOK30: headers as %s', async (_name, headers) => {
    expect(await verify(body, headers, secret)).toBe(true);
  });

  test('HOOK30: any of several secrets', async () => {
    expect(await verify(body, { 'agora-signature-v2': sha256 }, ['old', secret])).toBe(true);
    expect(await verify(body, { 'agora-signature-v2': sha256 }, ['old', 'older'])).toBe(false);
  });

  const refused: [string, NoticeHeaders][] = [
    ['no signature', {}],
    ['an empty one', { 'agora-signature-v2': '' }],
    ['not hex', { 'agora-signature-v2': 'z'.repeat(64) }],
    ['too short', { 'agora-signature-v2': sha256.slice(2) }],
    ['too long', { 'agora-signature-v2': `${sha256}00` }],
    ['V1 in the place of V2', { 'agora-signature-v2': sha1 }],
    ['two of them', { 'agora-signature-v2': [sha256, sha256] }],
    ['two spellings', { 'agora-signature-v2': sha256, 'Agora-Signature-V2': '0'.repeat(64) }],
    ['a number', JSON.parse('{"agora-signature-v2": 7}')],
    ['null', JSON.parse('null')],
  ];
  test.each(refused)('HOOK30: %s is refused', async (_name, headers) => {
    expect(await verify(body, headers, secret)).toBe(false);
  });

  test('HOOK30: a body that is neither text nor bytes is refused', async () => {
    expect(await verify(JSON.parse('{}'), { 'agora-signature-v2': sha256 }, secret)).toBe(false);
  });

  test.each([[''], [[]], [['ok', '']], [JSON.parse('[null]')]])(
    'HOOK30: no secret (%p) is the caller’s mistake',
    async (none) => {
      await expect(verify(body, {}, none)).rejects.toBeInstanceOf(TypeError);
    },
  );
});
