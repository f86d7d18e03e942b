import { expect, test } from 'bun:test';
import { type IceServerSetting, IceServers, turnPassword } from './ice-servers.ts';

const stun = { urls: 'stun:192.0.2.1:3478' };
const same = { urls: 'turn:192.0.2.1:3478', username: 'u', credential: 'p' };
const made = { urls: 'turns:192.0.2.1:5349', secret: 'shared', lifetimeMs: 100_000 };
const ann = { app: 'a'.repeat(32), channel: 'the "stage"', uid: 7 };

function bench(settings: IceServerSetting[]) {
  const clock = { nowMs: 1_700_000_000_000, wallMs: () => clock.nowMs };
  return { clock, servers: new IceServers(settings, clock) };
}

test('MEDIA49: a password is the HMAC-SHA1 of a user name that says when it ends and for whom it is', () => {
  // Of another implementation: printf '1700000100:ann' | openssl dgst -sha1 -hmac shared -binary | base64
  expect(turnPassword('shared', 'ann', 1_700_000_100_999)).toEqual({
    username: '1700000100:ann',
    credential: 'MmGey4KUEESTDtTlKmDUfBaUq3I=',
  });
  const { servers } = bench([made]);
  const [server] = servers.of(ann);
  expect(server?.username).toBe(`1700000100:${ann.app}/the%20%22stage%22/7`);
  expect(server?.credential).toBe(
    turnPassword('shared', `${ann.app}/the%20%22stage%22/7`, 1_700_000_100_000).credential,
  );
  expect(servers.of({ ...ann, uid: 8 })[0]?.credential).not.toBe(server?.credential);
});

test('MEDIA49: the secret is told to nobody, and who is not let in gets no password', () => {
  const { servers } = bench([stun, same, made]);
  expect(JSON.stringify(servers.of(ann))).not.toContain('shared');
  expect(servers.of(ann).map(({ urls }) => urls)).toEqual([stun.urls, same.urls, made.urls]);
  expect(servers.shared()).toEqual([stun, same]);
  expect(servers.open()).toEqual([stun]);
});

test('MEDIA50: passwords are due to be renewed at half of the least lifetime, by the wall clock, and not all at once', () => {
  const { servers, clock } = bench([made, { ...made, lifetimeMs: 400_000 }]);
  const [first, last] = [servers.renewalMs({ uid: 0 }), servers.renewalMs({ uid: 999 })];
  clock.nowMs += 49_999;
  expect([servers.isDue(first), servers.isDue(last)]).toEqual([false, false]);
  clock.nowMs += 1;
  expect([servers.isDue(first), servers.isDue(last)]).toEqual([true, false]);
  clock.nowMs += 10_000;
  expect(servers.isDue(last)).toBe(true);
  const { servers: fixed } = bench([stun, same]);
  expect(fixed.renewalMs({ uid: 0 })).toBeUndefined();
  expect(fixed.isDue(undefined)).toBe(false);
});
