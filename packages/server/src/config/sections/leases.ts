import { fixed } from '../../fixed-limits.ts';
import { child, complain, integer, onlyKeys, type Source } from '../../settings/reader.ts';
import type { Config } from '../config.ts';

export function readLeases(source: Source): Config['leases'] {
  onlyKeys(source, ['rtcMs', 'signalingMs', 'recoveryMs']);
  return {
    rtcMs: readLease(child(source, 'rtcMs')),
    signalingMs: readLease(child(source, 'signalingMs')),
    recoveryMs: integer(child(source, 'recoveryMs'), leaseBounds(15_000)),
  };
}

/** Below 100 ms a lease is shorter than a slow answer; above 10 min nobody believes the roster. */
const leaseBounds = (fallback: number) => ({ min: 100, max: 600_000, fallback });

function readLease(source: Source): number {
  const { value } = source;
  const min = fixed.leaseMsMin;
  if (typeof value !== 'number' || value >= min) return integer(source, { ...leaseBounds(10_000), min });
  complain(
    source,
    `expected at least ${min} ms, because silence is noticed after ${fixed.silentMs} ms and must be told before it ends a membership`,
    String(value),
  );
  return min;
}
