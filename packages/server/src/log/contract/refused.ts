import type { Code, RuleScope } from '@housecount/protocol';

/** A refusal is an outcome, not a failure: nothing changed, and the code says why. */
export type Refused = {
  readonly ok: false;
  readonly code: Code;
  readonly detail?: string;
  /** The scope of the rule; with `banned`. */
  readonly ruleScope?: RuleScope;
};
