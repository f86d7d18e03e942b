import { expect, test } from 'bun:test';
import { LossCount } from './loss-count.ts';

test('OPS63: what reports say is lost adds up, whatever comes late, is resent, or is claimed', () => {
  const losses = new LossCount();
  const told = [3, 3, 5, 2, -1, 6].map((packetsLost) => losses.take({ ssrc: 1, packetsLost }));
  expect(told).toEqual([3, 0, 2, 0, 0, 1]);
  expect(losses.take({ ssrc: 2, packetsLost: 4 })).toBe(4);
  expect(losses.take({ ssrc: 2, packetsLost: 0x7fffff })).toBe(10_000);
  for (let ssrc = 10; ssrc < 100; ssrc++) expect(losses.take({ ssrc, packetsLost: 1 })).toBe(1);
});
