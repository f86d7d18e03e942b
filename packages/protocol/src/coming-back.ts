/**
 * The time that a client may take to come back, so that it is not reported as lost though nothing is wrong with it. After a restart of the
 * server everybody has the recovery lease to be heard again; after an outage of one's own network, what is left of the lease.
 */

/** The silence that a server allows, as its welcome says, milliseconds. Servers before this was told say less, or nothing. */
export interface LeaseTerms {
  readonly leaseMs?: number;
  readonly recoveryMs?: number;
}

export interface ReturnLimits {
  /** The longest wait between two attempts, milliseconds. What is cut off at random, so that not all come at once, is cut off this. */
  readonly waitMsMax: number;
  /** Time for an attempt to get its socket open, milliseconds; then another one finds a server that came back meanwhile. */
  readonly openMsMax: number;
}

/** The lease of a server that does not say, milliseconds: the default of every version so far. */
const leaseMsUsual = 10_000;

/**
 * The limits that keep a client well within a server's leases: an attempt that hangs and the wait after it take three quarters of the shorter one at
 * most; a server that refuses or is not there costs a quarter. Opening gets at least 2.5 s, or clients on a slow network never came back.
 */
export function returnLimits({ leaseMs = leaseMsUsual, recoveryMs = leaseMs }: LeaseTerms): ReturnLimits {
  const leastMs = Math.min(leaseMs, recoveryMs);
  return { waitMsMax: within(leastMs / 4, 250, 5_000), openMsMax: within(leastMs / 2, 2_500, 10_000) };
}

/** Time to wait for the answer to a ping that is sent after `pingMs` of quiet, so that half of the lease is left to come back, milliseconds. */
export function pongMsMax({ leaseMs = leaseMsUsual }: LeaseTerms, pingMs: number): number {
  return within((leaseMs - pingMs) / 2, 1_000, 10_000);
}

const within = (ms: number, least: number, most: number): number => Math.min(most, Math.max(least, ms));
