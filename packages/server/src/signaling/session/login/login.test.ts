import { expect, test } from 'bun:test';
import { SimClock } from '../../../../test/simulation/sim-clock.ts';
import { quietLogger } from '../../../../testing/worlds/notify-world.ts';
import { app, loginFrame } from '../../../../testing/worlds/signaling-world.ts';
import { checkLogin, clientLeaseMs } from './login.ts';

const clock = new SimClock().process();
const context = (isTokenFree: boolean) => ({
  apps: new Map([[app.id, app]]),
  clock,
  isTokenFree,
  leaseMs: 10_000,
  logger: quietLogger(() => undefined),
});
const { token: _, ...withoutToken } = loginFrame('ann', clock.nowMs());

test('SIG10: in development a login needs no token, but one that is sent must be good', () => {
  for (const token of [undefined, '', app.id]) {
    const frame = { ...withoutToken, ...(token !== undefined && { token }) };
    expect(checkLogin(context(true), frame)).toMatchObject({ ok: true, leaseMs: 10_000 });
    expect(checkLogin(context(false), frame)).toMatchObject({ ok: false });
  }
  expect(checkLogin(context(true), { ...withoutToken, token: '007x' })).toMatchObject({
    code: 'invalid_token',
  });
});

test('SIG13: the client’s settings are moved to their bounds', () => {
  const lease = (heartbeatInterval: number, presenceTimeout: number) =>
    clientLeaseMs({ heartbeatInterval, presenceTimeout });
  expect(lease(5, 300)).toBe(315_000);
  expect(lease(0, 0)).toBe(20_000);
  expect(lease(10, 5)).toBe(25_000);
  expect(lease(99_999, 99_999)).toBe((1_800 + 10 + 300) * 1_000);
  expect(lease(5.5, 5)).toBe(20_500);
});
