import { expect, test } from 'bun:test';
import { pongMsMax, returnLimits } from './coming-back.ts';

const leases = [5_000, 6_000, 10_000, 15_000, 60_000, 600_000];

test('BACK1: an attempt that hangs and the wait after it fit the shorter lease, with a quarter of it left to be heard', () => {
  for (const leaseMs of leases)
    for (const recoveryMs of leases) {
      const { waitMsMax, openMsMax } = returnLimits({ leaseMs, recoveryMs });
      expect(waitMsMax + openMsMax).toBeLessThanOrEqual(0.75 * Math.min(leaseMs, recoveryMs));
      expect(waitMsMax).toBeLessThanOrEqual(5_000);
    }
});

test('BACK1: of a server that does not say it, the lease is taken for the usual one, and so is the recovery lease', () => {
  expect(returnLimits({})).toEqual(returnLimits({ leaseMs: 10_000, recoveryMs: 10_000 }));
  expect(returnLimits({ leaseMs: 6_000 })).toEqual(returnLimits({ leaseMs: 6_000, recoveryMs: 6_000 }));
});

test('BACK1: no lease makes a client come in a busy loop, or never', () => {
  for (const leaseMs of [0, 100, 1e12]) {
    const { waitMsMax, openMsMax } = returnLimits({ leaseMs });
    expect(waitMsMax).toBeGreaterThanOrEqual(250);
    expect(openMsMax).toBeGreaterThanOrEqual(2_500);
    expect(openMsMax).toBeLessThanOrEqual(10_000);
  }
});

test('BACK5: a ping without an answer ends the connection while half of what the lease has left is there to come back', () => {
  for (const leaseMs of leases) {
    const pongMs = pongMsMax({ leaseMs }, 3_000);
    expect(3_000 + pongMs).toBeLessThan(leaseMs);
  }
  expect(pongMsMax({}, 3_000)).toBe(3_500);
  expect(pongMsMax({ leaseMs: 600_000 }, 3_000)).toBe(10_000);
});
