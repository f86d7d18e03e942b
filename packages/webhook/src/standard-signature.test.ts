import { describe, expect, test } from 'bun:test';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { endpointSigner } from '../../server/src/notify/endpoint/endpoint-signer.ts';
import { type NoticeHeaders, verify } from './verify.ts';

const atMs = 1_700_000_000_000;
const now = () => atMs;
const body = '{"id":"S:1:101","odd":"ü"}';
const key = Buffer.alloc(32, 3);
const secret = `whsec_${key.toString('base64')}`;
const mac = (timestamp: number | string, of = body, bytes: Buffer | string = key) =>
  createHmac('sha256', bytes).update(`S:1:101.${timestamp}.${of}`).digest('base64');
const headersOf = (over: Record<string, string> = {}, seconds = atMs / 1000): Record<string, string> => ({
  'webhook-id': 'S:1:101',
  'webhook-timestamp': String(seconds),
  'webhook-signature': `v1,${mac(seconds)}`,
  ...over,
});
const check = (headers: NoticeHeaders, secrets: string | readonly string[] = secret, of = body) =>
  verify(of, headers, secrets, { now });

describe('Standard Webhooks', () => {
  test('HOOK120: what the server signs is accepted, by each of its active secrets', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const seed = Buffer.from(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32));
    const open = Buffer.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const secrets = [secret, 'plain', `whsk_${seed.toString('base64')}`].map((one, index) => ({
      secret: one,
      ...(index < 2 && { endsMs: atMs * 2 }),
    }));
    const headers = endpointSigner({ secrets, format: 'standard' })({ id: 'S:1:101', body, atMs });
    if (!headers) throw new Error('it signs');
    const bytes = new TextEncoder().encode(body);
    for (const one of [secret, 'plain', `whpk_${open.toString('base64')}`]) {
      expect(await check(headers, one)).toBe(true);
      expect(await check(new Headers(headers), ['another', one])).toBe(true);
      expect(await verify(bytes, headers, one, { now })).toBe(true);
      expect(await check(headers, one, `${body} `)).toBe(false);
    }
    expect(await check(headers, 'another')).toBe(false);
    expect(await check(headers, `whpk_${Buffer.alloc(32, 1).toString('base64')}`)).toBe(false);
  });

  test('HOOK120: it decides where it is there, so that nobody falls back to a signature without a time', async () => {
    const agora = createHmac('sha256', secret).update(body).digest('hex');
    expect(await check({ 'agora-signature-v2': agora })).toBe(true);
    expect(
      await check({ 'agora-signature-v2': agora, ...headersOf({ 'webhook-signature': 'v1,AAAA' }) }),
    ).toBe(false);
    expect(await check(headersOf({ 'agora-signature-v2': '0'.repeat(64) }))).toBe(true);
  });

  test('HOOK120: a request that is older or newer than five minutes is refused, unless told otherwise', async () => {
    const seconds = atMs / 1000;
    for (const off of [300, -300]) expect(await check(headersOf({}, seconds + off))).toBe(true);
    for (const off of [301, -301]) {
      const headers = headersOf({}, seconds + off);
      expect(await check(headers)).toBe(false);
      expect(await verify(body, headers, secret, { now, toleranceSeconds: Number.POSITIVE_INFINITY })).toBe(
        true,
      );
      expect(await verify(body, headers, secret, { now, toleranceSeconds: 400 })).toBe(true);
    }
    expect(await verify(body, headersOf(), secret)).toBe(false);
    const fresh = Math.floor(Date.now() / 1000);
    expect(await verify(body, headersOf({}, fresh), secret)).toBe(true);
  });

  const fitting = `v1,${mac(atMs / 1000)}`;
  test.each([
    ['nothing in it', { 'webhook-signature': '' }],
    ['another version', { 'webhook-signature': fitting.replace('v1', 'v2') }],
    ['v1a with the bytes of v1', { 'webhook-signature': fitting.replace('v1', 'v1a') }],
    ['no version', { 'webhook-signature': mac(atMs / 1000) }],
    ['hex', { 'webhook-signature': `v1,${Buffer.from(mac(atMs / 1000), 'base64').toString('hex')}` }],
    [
      'one byte less',
      {
        'webhook-signature': `v1,${Buffer.from(mac(atMs / 1000), 'base64')
          .subarray(1)
          .toString('base64')}`,
      },
    ],
    [
      'one byte more',
      {
        'webhook-signature': `v1,${Buffer.concat([Buffer.from(mac(atMs / 1000), 'base64'), Buffer.of(0)]).toString('base64')}`,
      },
    ],
    ['not base64', { 'webhook-signature': 'v1,????' }],
    ['no id', { 'webhook-id': '' }],
    ['another id', { 'webhook-id': 'S:2:101' }],
    ['no time', { 'webhook-timestamp': '' }],
    ['another time', { 'webhook-timestamp': String(atMs / 1000 + 1) }],
    ['a time that is not digits', { 'webhook-timestamp': '1.7e9' }],
    ['a time without end', { 'webhook-timestamp': '9'.repeat(400) }],
    ['a fitting one after too many others', { 'webhook-signature': `${'v1,AAAA '.repeat(10)}${fitting}` }],
  ])('HOOK120: %s is refused', async (_name, over) => {
    expect(await check(headersOf(over))).toBe(false);
    expect(
      await verify(body, headersOf(over), secret, { now, toleranceSeconds: Number.POSITIVE_INFINITY }),
    ).toBe(false);
  });

  test('HOOK120: one of several fits; two headers of a name fit nothing', async () => {
    expect(await check(headersOf({ 'webhook-signature': `v1,AAAA v2,x ${fitting}` }))).toBe(true);
    const doubled = { ...headersOf(), 'webhook-signature': [fitting, fitting] };
    expect(await check(doubled)).toBe(false);
  });

  test.each([['whsec_'], ['whsec_?'], [`whsk_${'A'.repeat(43)}=`], ['whpk_AAAA']])(
    'HOOK120: a secret that cannot verify (%s) is the caller’s mistake',
    async (wrong) => {
      await expect(check(headersOf(), wrong)).rejects.toBeInstanceOf(TypeError);
    },
  );
});
