import type { Attempt } from '@housecount/client';

/** An attempt with what its body says, read once. */
export interface SeenNotice {
  /** Unique on this page, also over a restart of the server. */
  readonly key: string;
  readonly attempt: Attempt;
  readonly sid?: string;
  readonly seq?: number;
  readonly uid?: number;
  readonly account?: string;
  readonly count?: number;
}

/** Reads the body of an attempt. Fields that a foreign format lacks are absent; a body that is no JSON is fine too. */
export function seenNotice(attempt: Attempt): SeenNotice {
  // A login without names is not shown it.
  const whole = parsed(attempt.body ?? '');
  // A batch of one notice; of a larger one the attempt has its part alone.
  const body = objectOf(Array.isArray(whole) ? whole[0] : whole);
  // `agora` has what it is about in `payload`; `standard`, and each notice of a `batch`, at the top and in `data`.
  const payload = objectOf(body.payload);
  const data = objectOf(body.data);
  const sid = stringOf(body.sid);
  const seq = numberOf(payload.seq ?? body.seq);
  const uid = numberOf(payload.uid ?? data.uid);
  const account = stringOf(payload.account ?? data.account);
  const count = numberOf(payload.count ?? body.count);
  return {
    key: `${attempt.atMs}/${attempt.id}/${attempt.noticeId}/${attempt.attempt}/${attempt.endpointId}`,
    attempt,
    ...(sid !== undefined && { sid }),
    ...(seq !== undefined && { seq }),
    ...(uid !== undefined && { uid }),
    ...(account !== undefined && { account }),
    ...(count !== undefined && { count }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
