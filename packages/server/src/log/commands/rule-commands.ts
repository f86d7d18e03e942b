import type { RuleScope } from '@housecount/protocol';
import { idOf } from '../../channel/channel.ts';
import type { KickingRule, Privilege, RuleSubject } from '../../channel/rules.ts';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { ChannelReads } from '../channel-reads.ts';
import type { Commands } from '../contract/commands.ts';
import type { Refused } from '../contract/refused.ts';
import type { Bans, KickingRules, RuleDraft } from '../contract/rules.ts';
import { knownUid } from '../decide/identity.ts';
import { type KickTarget, kickTargets } from '../decide/rules/kick-targets.ts';
import { isMemberAlone, nobodyElse, otherHalves, wholePerson } from '../decide/rules/other-halves.ts';
import { decideRule, decideRuleChange, decideRuleDelete } from '../decide/rules/rule.ts';
import type { LogState } from '../state/state.ts';
import type { Asks } from './asks.ts';

export interface RuleCommandsOptions {
  readonly state: Pick<LogState, 'rules' | 'channel' | 'live' | 'accounts' | 'accountUids' | 'seen'>;
  readonly asks: Asks;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly reads: Pick<ChannelReads, 'open'>;
  readonly commands: Pick<Commands, 'submit'>;
}

type Ruled = { readonly ok: true; readonly rule: KickingRule } | Refused;
type Made = Awaited<ReturnType<KickingRules['createRule']>>;

/** The kicking rules: made, changed, asked, and done to those who are there already. */
export class RuleCommands implements KickingRules, Bans {
  readonly #options: RuleCommandsOptions;

  constructor(options: RuleCommandsOptions) {
    this.#options = options;
  }

  async createRule(draft: RuleDraft, durationMs: number): Promise<Made> {
    // A rule of no duration ends as it begins: it is recorded, so that its id is nobody else's, and keeps nobody out.
    let others = nobodyElse;
    let isAlone = false;
    const outcome = await this.#options.asks.request((view, nowMs) => {
      isAlone = durationMs === 0 && isMemberAlone(view, draft);
      others = otherHalves(view, draft, nowMs, isAlone);
      return decideRule(view, draft, durationMs, nowMs, others, isAlone);
    });
    if (!outcome.ok) return outcome;
    const set = outcome.records.find((record) => record.type === 'rule-set');
    if (!set) throw new Error('a rule was decided without its record');
    // Where connections come from is known at the edges alone, which put out those who come from an address.
    if (!draft.privileges.includes('join_channel') || draft.ip !== undefined)
      return { ok: true, rule: set.rule, putOutOf: 0 };
    const { reads } = this.#options;
    const membersIn = [...others.members, ...others.unproven];
    const scope = { ...draft, membersIn, users: others.users, isMemberAlone: isAlone };
    const targets = kickTargets(scope, reads.open(draft.app), this.#uidIn(draft.app));
    const refused = await this.#kick(targets);
    if (refused) return refused;
    return { ok: true, rule: set.rule, putOutOf: new Set(targets.map(({ key }) => idOf(key))).size };
  }

  async changeRule(app: string, id: number, durationMs: number): Promise<Ruled> {
    const { asks, state } = this.#options;
    const outcome = await asks.request((view, nowMs) => decideRuleChange(view, app, id, durationMs, nowMs));
    if (!outcome.ok) return outcome;
    const rule = state.rules.get(app, id);
    return rule ? { ok: true, rule } : { ok: false, code: 'not_found' };
  }

  async deleteRule(app: string, id: number): Promise<{ ok: true } | Refused> {
    const outcome = await this.#options.asks.request((view, nowMs) => decideRuleDelete(view, app, id, nowMs));
    return outcome.ok ? { ok: true } : outcome;
  }

  rules(app: string): readonly KickingRule[] {
    const nowMs = this.#options.clock.nowMs();
    return this.#options.state.rules.all(app).filter((rule) => rule.endsMs > nowMs);
  }

  banned(app: string, subject: RuleSubject, privilege: Privilege): RuleScope | undefined {
    const { state, clock } = this.#options;
    // Most apps have none.
    if (state.rules.size(app) === 0) return undefined;
    const nowMs = clock.nowMs();
    for (const each of wholePerson(state, app, subject, nowMs)) {
      const scope = state.rules.banned(app, each, privilege, nowMs);
      if (scope !== undefined) return scope;
    }
    return undefined;
  }

  /**
   * After a start: a kick that a crash came into is done to the rest, as far as its rule is kept and names no address: whoever comes
   * back from one is refused then.
   */
  async finishKicks(): Promise<void> {
    const { state, reads, clock } = this.#options;
    const nowMs = clock.nowMs();
    const kicking = state.rules
      .everything()
      .filter(({ endsMs, ip, privileges }) => endsMs > nowMs && !ip && privileges.includes('join_channel'));
    for (const [app, rules] of Map.groupBy(kicking, (rule) => rule.app)) {
      const open = reads.open(app);
      // It is refused only if the log ends meanwhile: then the next start does it.
      const targets = rules.flatMap((rule) => {
        // Halves that it does not keep, for they are not proven, may be in yet.
        const { members, unproven } = otherHalves(state, rule, nowMs);
        const scope = { ...rule, membersIn: [...(rule.membersIn ?? []), ...members, ...unproven] };
        return kickTargets(scope, open, this.#uidIn(app));
      });
      await this.#kick(targets);
    }
  }

  #uidIn(app: string): (userId: string) => number | undefined {
    const { state, clock } = this.#options;
    return (userId) => knownUid(state, app, userId, clock.nowMs());
  }

  /** Resolves when all are out, durably, or with the refusal if the log ends meanwhile. */
  async #kick(targets: readonly KickTarget[]): Promise<Refused | undefined> {
    const { commands } = this.#options;
    for (let done = 0; done < targets.length; done += fixed.transactionMembersMax) {
      const some = targets.slice(done, done + fixed.transactionMembersMax);
      const outcomes = await Promise.all(some.map(({ key, command }) => commands.submit(key, command)));
      for (const outcome of outcomes) if (!outcome.ok) return outcome;
    }
    return undefined;
  }
}
