import type { Code } from '@housecount/protocol';
import type { Channel } from '../../channel/channel.ts';
import type { Decision } from '../../channel/decision.ts';
import type { Refused } from '../contract/refused.ts';
import { type LogRecord, recordOf } from '../record/record.ts';

/** One command decided: the records of its transaction, or the refusal. Deciders are pure functions of their arguments. */
export type Decided = { readonly ok: true; readonly records: readonly LogRecord[] } | Refused;

export const refuse = (code: Code): Refused => ({ ok: false, code });

/** The decision of a channel, as records. */
export function decidedOf({ key }: Channel, decision: Decision): Decided {
  if ('refused' in decision) return refuse(decision.refused);
  return { ok: true, records: decision.changes.map((change) => recordOf(key, change)) };
}
