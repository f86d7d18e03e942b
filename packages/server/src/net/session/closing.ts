import { type Code, codes, type LeaveReason, type RuleScope } from '@housecount/protocol';

/** The details that the end of a connection has beside its code. */
export interface Ending {
  /** More than the sentence of the code says. */
  readonly detail?: string;
  readonly retryAfterMs?: number;
  /** The subject of the rule, for a kick or a ban. */
  readonly ruleScope?: RuleScope;
  /** The member left, or shall stay as it is: the log need not hear of the lost socket. */
  readonly settled?: boolean;
}

/** Tells whether and when the client may come back, as every closing frame says it. */
export function retryOf(
  code: Code,
  { retryAfterMs }: Ending,
): { readonly retry: boolean; readonly retryAfterMs?: number } {
  const { retry } = codes[code];
  const againMs = retryAfterMs ?? (retry ? retryAfterMsOf(code) : undefined);
  return { retry, ...(againMs !== undefined && { retryAfterMs: againMs }) };
}

/** The code that a connection is told when its member left by another hand than its own. */
export const closingCodes = {
  other: 'lease_ended',
  quit: 'left',
  timeout: 'lease_ended',
  kicked: 'kicked',
  replaced: 'replaced',
  token: 'token_expired',
} as const satisfies Record<LeaveReason, string>;

/** Time before the end of a token at which its client is warned, milliseconds (spec: tokens section 4, signaling 1.7). */
export const tokenWarningMs = 30_000;

/** When the client may try again, milliseconds. Chosen: long enough that a crowd does not come back in one burst. */
function retryAfterMsOf(code: Code): number {
  // The server has nothing against this client: back at once, so that the lease holds.
  return code === 'slow_reader' || code === 'lease_ended' ? 0 : 1_000;
}
