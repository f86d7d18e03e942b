import { describe, expect, test } from 'bun:test';
import { deflateSync } from 'node:zlib';
import tokens from '@housecount/protocol/fixtures/tokens.json';
import { decodeAccessToken } from './access-token.ts';
import { buildRtcToken } from './build.ts';
import { signInfo } from './signature.ts';
import { checkToken, mayPublish, type TokenIdentity } from './verify.ts';

const { app } = tokens;
const lengthMax = 8192;
const atMs = 1_700_000_060_000;
const check = (token: string | undefined, more: object = {}) =>
  checkToken({
    token,
    app,
    channel: 'housecount',
    identity: { uid: 12345 },
    nowMs: atMs,
    wallMs: (more as { nowMs?: number }).nowMs ?? atMs,
    lengthMax,
    ...more,
  });
const good = tokens.valid[0]?.token ?? '';

describe('vectors', () => {
  for (const vector of tokens.valid) {
    test(`TOKEN1: ${vector.name}, ${vector.what}: decodes to what was put in`, () => {
      const token = decodeAccessToken(vector.token, lengthMax);
      if (typeof token === 'string') throw new Error(token);
      expect(token.appId).toBe(app.id);
      expect(token).toMatchObject({
        issuedSeconds: vector.issuedSeconds,
        expireSeconds: vector.expireSeconds,
        salt: vector.salt,
      });
      expect(
        token.services.map((service) => ({ ...service, privileges: Object.fromEntries(service.privileges) })),
      ).toEqual(vector.services as never);
      const signature = signInfo(app.certificate, token.issuedSeconds, token.salt, token.info);
      expect(Buffer.from(token.signature).toString('hex')).toBe(Buffer.from(signature).toString('hex'));
      if (vector.signature) expect(Buffer.from(signature).toString('hex')).toBe(vector.signature);
      if (vector.info) expect(Buffer.from(token.info).toString('hex')).toBe(vector.info);
    });
    for (const { channel, identity, atSeconds, code } of vector.checks)
      test(`TOKEN2: ${vector.name} in ${channel} for ${JSON.stringify(identity)} at ${atSeconds}: ${code}`, () => {
        const result = check(vector.token, { channel, identity, nowMs: atSeconds * 1000 });
        expect(result.ok ? 'ok' : result.code).toBe(code);
      });
  }
  for (const { name, what, token, code } of tokens.wrong)
    test(`TOKEN2: ${name}, ${what}: ${code}`, () => {
      expect(check(token)).toMatchObject({ ok: false, code });
    });

  test('TOKEN1: the official fixture', () => {
    const { official } = tokens;
    const identity = { uid: official.uid };
    const at = { app: official.app, channel: official.channel, identity };
    expect(check(official.token, { ...at, nowMs: 1_111_111_000 + 599_000 })).toMatchObject({ ok: true });
    expect(check(official.token, { ...at, nowMs: 1_111_111_000 + 600_000 })).toMatchObject({
      code: 'token_expired',
    });
  });
});

describe('what is no token', () => {
  for (const [name, token, code] of [
    ['none', undefined, 'token_required'],
    ['empty', '', 'token_required'],
    ['version 006', `006${app.id}IAAx`, 'invalid_token'],
    ['another prefix', `008${good.slice(3)}`, 'invalid_token'],
    ['prefix alone', '007', 'invalid_token'],
    ['URL-safe alphabet', good.replace('/', '_'), 'invalid_token'],
    ['a space within', `${good.slice(0, 20)} ${good.slice(20)}`, 'invalid_token'],
    ['a line feed after', `${good}\n`, 'invalid_token'],
    ['wrong padding', `${good}=`, 'invalid_token'],
    ['one character short', good.replace(/=*$/, '').slice(0, -1), 'invalid_token'],
    ['not zlib', `007${Buffer.from('not zlib at all').toString('base64')}`, 'invalid_token'],
    ['empty content', `007${deflateSync('').toString('base64')}`, 'invalid_token'],
    [
      'bytes after the stream',
      `007${Buffer.concat([Buffer.from(good.slice(3), 'base64'), Buffer.from('junk')]).toString('base64')}`,
      'invalid_token',
    ],
    ['longer than the limit', `007${'A'.repeat(8190)}`, 'invalid_token'],
    ['a zip bomb', `007${deflateSync(Buffer.alloc(5_000_000)).toString('base64')}`, 'invalid_token'],
  ] as const)
    test(`TOKEN3: ${name}: ${code}`, () => {
      expect(check(token)).toMatchObject({ ok: false, code });
    });

  test('TOKEN3: padding may be left out', () => {
    expect(good.endsWith('=')).toBe(true);
    expect(check(good.replace(/=+$/, ''))).toMatchObject({ ok: true });
  });

  test('TOKEN3: a version 006 token is told what to use', () => {
    expect(check(`006${app.id}IAAx`)).toMatchObject({ detail: expect.stringContaining('AccessToken2') });
  });

  test('TOKEN3: a content cut at any byte, or with one more, is refused and never thrown', () => {
    const token = decodeAccessToken(good, lengthMax);
    if (typeof token === 'string') throw new Error(token);
    const content = Buffer.concat([Buffer.from([32, 0]), token.signature, token.info]);
    const packed = (bytes: Uint8Array) => `007${deflateSync(bytes).toString('base64')}`;
    expect(check(packed(content))).toMatchObject({ ok: true });
    for (let length = 0; length < content.length; length++)
      expect(check(packed(content.subarray(0, length)))).toMatchObject({ code: 'invalid_token' });
    expect(check(packed(Buffer.concat([content, Buffer.from([0])])))).toMatchObject({
      code: 'invalid_token',
    });
  });

  test('TOKEN3: a token with any one bit of its content turned over is refused', () => {
    const token = decodeAccessToken(good, lengthMax);
    if (typeof token === 'string') throw new Error(token);
    const content = Buffer.concat([Buffer.from([32, 0]), token.signature, token.info]);
    for (let bit = 0; bit < content.length * 8; bit++) {
      const turned = Buffer.from(content);
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(check(`007${deflateSync(turned).toString('base64')}`).ok).toBe(false);
    }
  });
});

describe('checkToken', () => {
  const issuedSeconds = 1_700_000_000;
  const build = (more: object = {}) =>
    buildRtcToken({
      appId: app.id,
      certificate: app.certificate,
      channel: 'housecount',
      identity: { uid: 12345 },
      role: 'broadcaster',
      expireSeconds: 3600,
      issuedSeconds,
      salt: 5,
      ...more,
    });

  test('TOKEN5: either certificate of the app signs', () => {
    const secondaryCertificate = 'a'.repeat(32);
    const token = build({ certificate: secondaryCertificate });
    expect(check(token)).toMatchObject({ code: 'invalid_token' });
    expect(check(token, { app: { ...app, secondaryCertificate } })).toMatchObject({ ok: true });
    expect(check(good, { app: { ...app, secondaryCertificate } })).toMatchObject({ ok: true });
  });

  test('TOKEN5: an empty certificate in the configuration signs nothing', () => {
    const token = build({ certificate: '' });
    expect(check(token, { app: { ...app, secondaryCertificate: '' } })).toMatchObject({
      code: 'invalid_token',
    });
  });

  test('TOKEN6: the longest life is a day, for 0 and for more', () => {
    for (const expireSeconds of [0, 86_401, 4_000_000_000]) {
      const token = build({ expireSeconds, privilegeSeconds: 0 });
      expect(check(token, { nowMs: (issuedSeconds + 86_399) * 1000 })).toMatchObject({ ok: true });
      expect(check(token, { nowMs: (issuedSeconds + 86_400) * 1000 })).toMatchObject({
        code: 'token_expired',
      });
    }
  });

  test('TOKEN6: an expire that is a Unix time works, with a hint for the log', () => {
    expect(check(build({ expireSeconds: issuedSeconds + 3600 }))).toMatchObject({
      ok: true,
      hint: expect.stringContaining('Unix time'),
    });
    expect(check(build())).not.toHaveProperty('hint');
  });

  test('TOKEN6: the join privilege ends the membership; 0 never', () => {
    expect(check(build({ privilegeSeconds: 600 }))).toMatchObject({ joinEndsMs: 1_700_000_600_000 });
    expect(check(build({ privilegeSeconds: 0 }))).not.toHaveProperty('joinEndsMs');
    expect(check(build({ privilegeSeconds: 60 }))).toMatchObject({
      code: 'token_expired',
      detail: expect.stringContaining('join'),
    });
  });

  test('TIME4: a token is judged by the wall clock, and its ends are told in the time of the log', () => {
    const token = build({ expireSeconds: 3600, privilegeSeconds: 600 });
    const aheadMs = 2 * 3_600_000;
    // The clock was set back by two hours, or forward by one: the log goes on, the token is of now.
    for (const nowMs of [atMs + aheadMs, atMs - 3_600_000]) {
      expect(check(token, { nowMs, wallMs: atMs })).toMatchObject({
        ok: true,
        joinEndsMs: (issuedSeconds + 600) * 1000 + nowMs - atMs,
        tokenEndsMs: (issuedSeconds + 3600) * 1000 + nowMs - atMs,
      });
    }
    expect(check(token, { nowMs: atMs, wallMs: atMs + 3_600_000 })).toMatchObject({ code: 'token_expired' });
    expect(check(token, { nowMs: atMs, wallMs: atMs - 3_600_000 })).toMatchObject({ code: 'invalid_token' });
    // A difference that slewing leaves does not move the end at each renewal.
    for (const offMs of [-900, 0, 900])
      expect(check(token, { nowMs: atMs + offMs, wallMs: atMs })).toMatchObject({
        joinEndsMs: (issuedSeconds + 600) * 1000,
      });
  });

  test('TIME7: a join privilege that ends at a Unix time, taken for seconds, ends in decades', () => {
    const grant = check(build({ privilegeSeconds: issuedSeconds + 3600 }));
    expect(grant).toMatchObject({ ok: true, joinEndsMs: (2 * issuedSeconds + 3600) * 1000 });
    expect(check(build({ privilegeSeconds: 0xffff_ffff }))).toMatchObject({
      ok: true,
      joinEndsMs: (issuedSeconds + 0xffff_ffff) * 1000,
    });
  });

  test('TOKEN7: publishing is allowed to the end of its own privilege', () => {
    const publisher = check(build({ privilegeSeconds: 600 }));
    const subscriber = check(build({ role: 'audience' }));
    if (!publisher.ok || !subscriber.ok) throw new Error('refused');
    expect(mayPublish(publisher, 'audio', 1_700_000_599_999)).toBe(true);
    expect(mayPublish(publisher, 'video', 1_700_000_600_000)).toBe(false);
    expect(mayPublish(subscriber, 'audio', atMs)).toBe(false);
  });

  test('TOKEN2: without an identity the token says who it is', () => {
    expect(check(good, { identity: undefined })).toMatchObject({ ok: true, tokenUid: '12345' });
  });

  test('TOKEN2: the app id is compared without regard to case', () => {
    expect(check(build({ appId: app.id.toUpperCase() }))).toMatchObject({ ok: true });
  });

  test('TOKEN2: a name with bytes that are not UTF-8 matches nothing', () => {
    const identity: TokenIdentity = { account: 'a' };
    expect(check(build({ identity: { account: '\ud800' } }), { identity })).toMatchObject({
      code: 'token_uid_mismatch',
    });
  });
});
