import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';

/**
 * Time never goes back past what is logged. If the wall clock was set back while the process was down, everything is told
 * that much later, rather than time standing still: leases still end.
 */
export function notBefore(floorMs: number, clock: Clock, logger: Logger): void {
  const behindMs = Math.max(0, floorMs - clock.nowMs());
  if (behindMs > 0) logger.warn('the clock is behind the log; times are told later by as much', { behindMs });
  clock.notBefore(floorMs);
}
