import type { RuleScope } from '@housecount/protocol';
import type { KickingRule, Privilege, RuleSubject } from '../../channel/rules.ts';
import type { Refused } from './refused.ts';

/** A rule that is to be made. The other halves of whom it names are found when it is. */
export type RuleDraft = Pick<KickingRule, 'app' | 'channel' | 'uid' | 'account' | 'ip' | 'privileges'>;

/** The kicking rules of apps. */
export interface KickingRules {
  /**
   * Sets a rule that lasts `durationMs` from now and, for join_channel, puts the members it matches offline, and out of signaling channels
   * (reason kicked). 0: kicks once, stores nothing. `putOutOf`: out of how many channels somebody was put. The log knows no addresses:
   * whom a rule about one means is put out by the edges, when they heed its record.
   */
  createRule(
    draft: RuleDraft,
    durationMs: number,
  ): Promise<{ ok: true; rule: KickingRule; putOutOf: number } | Refused>;
  changeRule(app: string, id: number, durationMs: number): Promise<{ ok: true; rule: KickingRule } | Refused>;
  deleteRule(app: string, id: number): Promise<{ ok: true } | Refused>;
  rules(app: string): readonly KickingRule[];
}

/** Answers whom kicking rules keep from what. */
export interface Bans {
  /** If a rule keeps this subject from `privilege` now: what the rule is about. */
  banned(app: string, subject: RuleSubject, privilege: Privilege): RuleScope | undefined;
}
