import type { Code } from '@housecount/protocol';
import type { Decided } from './decide/decided.ts';
import type { LogRecord } from './record/record.ts';
import type { Draft } from './state/draft.ts';

export type Committed = { readonly ok: true; readonly records: readonly LogRecord[] } | Refusal;
type Refusal = { readonly ok: false; readonly code: Code; readonly detail?: string };

/** A command that waits to be decided and recorded. */
export interface Pending {
  readonly decide: (draft: Draft, nowMs: number) => Decided;
  /**
   * A request may be refused when the log cannot be written. A fact (somebody left, fell silent, came back) happened
   * whether or not there is room to write it down: it waits, and is decided again, until it is recorded.
   */
  readonly fact: boolean;
  readonly settle: (outcome: Committed) => void;
}
