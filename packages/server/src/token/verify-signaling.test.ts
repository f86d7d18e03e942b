import { expect, test } from 'bun:test';
import { RtcRole, RtcTokenBuilder, RtmTokenBuilder } from 'agora-token';
import { buildRtcToken, buildSignalingToken, buildTokenForBoth } from './build.ts';
import { checkToken } from './verify.ts';
import { checkSignalingToken } from './verify-signaling.ts';

const app = { id: '0123456789abcdef0123456789abcdef', certificate: 'fedcba9876543210fedcba9876543210' };
const issuedSeconds = 1_700_000_000;
const nowMs = issuedSeconds * 1000;
const request = {
  appId: app.id,
  certificate: app.certificate,
  userId: 'alice_01',
  expireSeconds: 3600,
  issuedSeconds,
  salt: 55555,
};
const check = (token: string | undefined, over: { userId?: string; nowMs?: number } = {}) =>
  checkSignalingToken({
    token,
    app,
    userId: 'alice_01',
    nowMs,
    wallMs: over.nowMs ?? nowMs,
    lengthMax: 8192,
    ...over,
  });

test('SIG10: a token with the RTM login privilege for this very user is good until the privilege ends', () => {
  const token = buildSignalingToken(request);
  expect(check(token)).toEqual({ ok: true, loginEndsMs: nowMs + 3_600_000 });
  expect(check(token, { nowMs: nowMs + 3_600_000 })).toMatchObject({ ok: false, code: 'token_expired' });
  expect(check(token, { userId: 'Alice_01' })).toMatchObject({ ok: false, code: 'token_uid_mismatch' });
  expect(check(buildSignalingToken({ ...request, userId: '*' }))).toMatchObject({
    code: 'token_uid_mismatch',
  });
});

test('SIG10: what the official builder makes is good here', () => {
  const official = RtmTokenBuilder.buildToken(app.id, app.certificate, 'alice_01', 600);
  const now = Date.now();
  expect(check(official, { nowMs: now })).toMatchObject({ ok: true });
  const both = RtcTokenBuilder.buildTokenWithRtm(
    app.id,
    app.certificate,
    'lobby',
    'alice_01',
    RtcRole.SUBSCRIBER,
    600,
    600,
  );
  expect(check(both, { nowMs: now })).toMatchObject({ ok: true });
});

test('SIG10: one token for a channel and for signaling is good for both', () => {
  const place = { channel: 'lobby', identity: { account: 'alice_01' }, role: 'audience' } as const;
  const token = buildTokenForBoth({ ...request, ...place });
  expect(check(token)).toEqual({ ok: true, loginEndsMs: nowMs + 3_600_000 });
  expect(checkToken({ token, app, ...place, nowMs, wallMs: nowMs, lengthMax: 8192 })).toMatchObject({
    ok: true,
  });
});

test('SIG10: refusals have the codes of other tokens', () => {
  const rtc = buildRtcToken({
    ...request,
    channel: 'lobby',
    identity: { account: 'alice_01' },
    role: 'audience',
  });
  const cases: readonly [string | undefined, string][] = [
    [undefined, 'token_required'],
    ['', 'token_required'],
    ['007nonsense', 'invalid_token'],
    [rtc, 'token_no_privilege'],
    [buildSignalingToken({ ...request, certificate: 'a'.repeat(32) }), 'invalid_token'],
    [buildSignalingToken({ ...request, appId: 'b'.repeat(32) }), 'token_app_mismatch'],
    [buildSignalingToken({ ...request, issuedSeconds: issuedSeconds + 600 }), 'invalid_token'],
  ];
  for (const [token, code] of cases) expect(check(token)).toMatchObject({ ok: false, code });
});
