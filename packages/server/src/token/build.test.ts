import { expect, test } from 'bun:test';
import tokens from '@housecount/protocol/fixtures/tokens.json';
import { RtcRole, RtcTokenBuilder } from 'agora-token';
import { AccessToken2 } from 'agora-token/src/AccessToken2';
import fc from 'fast-check';
import { decodeAccessToken } from './access-token.ts';
import { buildRtcToken } from './build.ts';
import { checkToken } from './verify.ts';

const lengthMax = 8192;
const hex = fc.stringMatching(/^[0-9a-fA-F]{32}$/);
const name = fc.stringMatching(/^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]{1,64}$/);
const uid = fc.integer({ min: 0, max: 0xffffffff });
const infoOf = (token: string) => {
  const decoded = decodeAccessToken(token, lengthMax);
  if (typeof decoded === 'string') throw new Error(decoded);
  return Buffer.from(decoded.info).toString('hex');
};

test('TOKEN8: built tokens hold the very bytes of the official ones', () => {
  const { app } = tokens;
  const common = {
    appId: app.id,
    certificate: app.certificate,
    issuedSeconds: 1_700_000_000,
    channel: 'housecount',
  };
  const built = [
    buildRtcToken({ ...common, identity: { uid: 12345 }, role: 'broadcaster', expireSeconds: 3600, salt: 1 }),
    buildRtcToken({
      ...common,
      identity: { uid: 4294967295 },
      role: 'audience',
      expireSeconds: 600,
      salt: 22,
    }),
    buildRtcToken({
      ...common,
      identity: { uid: 0 },
      role: 'audience',
      expireSeconds: 3600,
      privilegeSeconds: 0,
      salt: 333,
    }),
  ];
  expect(built.map(infoOf)).toEqual(tokens.valid.slice(0, 3).map(({ token }) => infoOf(token)));
});

test('TOKEN8: what the official builder makes is good here, and bad with another certificate', () => {
  fc.assert(
    fc.property(
      hex,
      hex,
      name,
      uid,
      fc.boolean(),
      fc.integer({ min: 60, max: 86_400 }),
      (id, certificate, channel, number, publisher, seconds) => {
        const token = RtcTokenBuilder.buildTokenWithUid(
          id,
          certificate,
          channel,
          number,
          publisher ? RtcRole.PUBLISHER : RtcRole.SUBSCRIBER,
          seconds,
          seconds,
        );
        const nowMs = Date.now();
        const check = { token, channel, identity: { uid: number }, nowMs, wallMs: nowMs, lengthMax };
        const result = checkToken({ ...check, app: { id, certificate } });
        expect(result).toMatchObject({ ok: true, tokenUid: number === 0 ? '' : String(number) });
        if (result.ok) expect(result.privileges.size).toBe(publisher ? 4 : 1);
        const other = `${certificate.startsWith('0') ? '1' : '0'}${certificate.slice(1)}`;
        expect(checkToken({ ...check, app: { id, certificate: other } })).toMatchObject({
          code: 'invalid_token',
        });
      },
    ),
    { numRuns: 50 },
  );
});

test('TOKEN8: what is built here the official parser reads and verifies', () => {
  fc.assert(
    fc.property(hex, hex, name, name, fc.boolean(), (appId, certificate, channel, account, publisher) => {
      const token = buildRtcToken({
        appId,
        certificate,
        channel,
        identity: { account },
        role: publisher ? 'broadcaster' : 'audience',
        expireSeconds: 3600,
        issuedSeconds: 1_700_000_000,
        salt: 77,
      });
      const parser = new AccessToken2('', '', 0, 0);
      expect(parser.from_string(token)).toBe(true);
      expect(parser.verifySignature(certificate)).toBe(true);
      expect(String(parser.appId)).toBe(appId);
      expect(parser).toMatchObject({ issueTs: 1_700_000_000, expire: 3600, salt: 77 });
      const [service] = parser.getServices(1);
      expect(String(service?.__channel_name)).toBe(channel);
      expect(String(service?.__uid)).toBe(account);
      expect(Object.keys(service?.__privileges ?? {})).toEqual(publisher ? ['1', '2', '3', '4'] : ['1']);
    }),
    { numRuns: 50 },
  );
});
