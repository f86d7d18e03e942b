import { expect, test } from 'bun:test';
import tokens from '@housecount/protocol/fixtures/tokens.json';
import { Rtm2Permissions } from 'agora-token';
import { AccessToken2, ServiceRtc, ServiceRtm, ServiceRtm2 } from 'agora-token/src/AccessToken2';
import { tokenLink } from './token-link.ts';
import { checkToken, type TokenIdentity } from './verify.ts';

const { app } = tokens;
const atMs = 1_700_000_000_000;
const linking = { ...app, linkIdentities: true };

/** What a token for this RTC user, and these users of RTM and RTM2, says of who joins with it. */
function linkOf(
  tokenUid: number | string,
  { rtm, rtm2, channel = 'lobby' }: { rtm?: string; rtm2?: string; channel?: string },
  identity: TokenIdentity = typeof tokenUid === 'number' ? { uid: tokenUid } : { account: tokenUid },
  under = linking,
) {
  const token = new AccessToken2(app.id, app.certificate, atMs / 1_000, 3_600);
  const services = [
    new ServiceRtc(channel, tokenUid),
    ...(rtm === undefined ? [] : [new ServiceRtm(rtm)]),
    ...(rtm2 === undefined ? [] : [new ServiceRtm2(rtm2, new Rtm2Permissions())]),
  ];
  for (const service of services) {
    service.add_privilege(1, 3_600);
    token.add_service(service);
  }
  const grant = checkToken({
    token: token.build(),
    app,
    channel: 'lobby',
    identity,
    nowMs: atMs,
    wallMs: atMs,
    lengthMax: 8_192,
  });
  if (!grant.ok) throw new Error(grant.code);
  return tokenLink(under, grant);
}

test('PERSON13: a token that names one uid or account and one other user links them', () => {
  expect(linkOf(42, { rtm: 'ann' })).toEqual({ userId: 'ann' });
  expect(linkOf('acc', { rtm: 'ann' })).toEqual({ userId: 'ann' });
  expect(linkOf(42, { rtm2: 'ann' })).toEqual({ userId: 'ann' });
  expect(linkOf(42, { rtm: 'ann', rtm2: 'ann' })).toEqual({ userId: 'ann' });
  expect(linkOf(42, { rtm: 'ann', channel: '*' })).toEqual({ userId: 'ann' });
});

test('PERSON13: of one that names the same, several, an illegal user, or nobody over rtc, nobody is linked', () => {
  const proven = {};
  expect(linkOf('ann', { rtm: 'ann' })).toEqual(proven);
  expect(linkOf(42, { rtm: '42' })).toEqual(proven);
  expect(linkOf(42, {})).toEqual(proven);
  expect(linkOf(42, { rtm: '' })).toEqual(proven);
  expect(linkOf(42, { rtm: '_ann' })).toEqual(proven);
  expect(linkOf(42, { rtm: 'x'.repeat(65) })).toEqual(proven);
  expect(linkOf(42, { rtm: 'ann', rtm2: 'bob' })).toEqual(proven);
  expect(linkOf('*', { rtm: 'ann' }, { account: 'acc' })).toEqual({ unproven: true });
});

test('PERSON14: a token for anybody leaves who joins unproven', () => {
  expect(linkOf(0, { rtm: 'ann' }, { uid: 42 })).toEqual({ unproven: true });
  expect(linkOf('0', {}, { uid: 0 })).toEqual({ unproven: true });
  expect(linkOf('a*', {}, { account: 'ann' })).toEqual({ unproven: true });
});

test('PERSON14: where the app has no certificate nobody is unproven, nor linked', () => {
  const { certificate: _, ...open } = { ...linking, openTo: 'everybody' as const };
  const grant = checkToken({
    ...{ token: '', app: open, channel: 'lobby', identity: { uid: 1 }, nowMs: atMs, wallMs: atMs },
    lengthMax: 8_192,
  });
  if (!grant.ok) throw new Error(grant.code);
  expect(tokenLink(open, grant)).toEqual({});
});

test('PERSON7: where the app does not link, what a token names is not heeded', () => {
  const off = { ...app, linkIdentities: false };
  expect(linkOf(42, { rtm: 'ann' }, undefined, off)).toEqual({});
  expect(linkOf(0, {}, { uid: 42 }, off)).toEqual({});
});
