import type { Clock } from '../clock.ts';
import { TokenBuckets } from '../net/token-buckets.ts';

/** Requests that may come at once after a quiet time, in seconds of the steady rate. */
const burstSeconds = 10;
/** Keys remembered; beyond it the longest quiet are forgotten, which gives them a full budget. */
const keysMax = 10_000;

/** Limits the rate of WHIP and WHEP requests for each key, such as an address or an app. */
export const requestBudget = (clock: Clock, perSecond: number): TokenBuckets =>
  new TokenBuckets(clock, { perSecond, burst: burstSeconds * perSecond }, keysMax);
