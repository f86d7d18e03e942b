import type { RuleScope } from '@housecount/protocol';
import {
  type KickingRule,
  type Privilege,
  type RuleSubject,
  ruleMatches,
  scopeOf,
} from '../../../channel/rules.ts';
import { canonicalIp } from '../../../net/address/ip-address.ts';

/**
 * The kicking rules of every app, filed under the narrowest thing they name, so that a join looks at the few rules that
 * could speak of it and not at all of them.
 */
export class Rules {
  readonly #base: Rules | undefined;
  readonly #apps = new Map<string, Map<number, KickingRule>>();
  readonly #filed = new Map<string, Set<KickingRule>>();
  readonly #deleted = new Map<string, Set<number>>();
  readonly #lastIds = new Map<string, number>();
  /** Rules of the app; in a draft, how many more than in the base. */
  readonly #sizes = new Map<string, number>();

  /** Makes the rules; with a base, a draft that reads through to it until `commit`. */
  constructor(base?: Rules) {
    this.#base = base;
  }

  get(app: string, id: number): KickingRule | undefined {
    if (this.#deleted.get(app)?.has(id)) return undefined;
    return this.#apps.get(app)?.get(id) ?? this.#base?.get(app, id);
  }

  /** Rules of the app, ended ones too. */
  size(app: string): number {
    return (this.#sizes.get(app) ?? 0) + (this.#base?.size(app) ?? 0);
  }

  /** The highest id that a rule of the app ever had; 0 if there was none. */
  lastId(app: string): number {
    return Math.max(this.#lastIds.get(app) ?? 0, this.#base?.lastId(app) ?? 0);
  }

  all(app: string): readonly KickingRule[] {
    const rules = new Map<number, KickingRule>();
    for (const rule of this.#base?.all(app) ?? []) rules.set(rule.id, rule);
    for (const id of this.#deleted.get(app) ?? []) rules.delete(id);
    for (const rule of this.#apps.get(app)?.values() ?? []) rules.set(rule.id, rule);
    return [...rules.values()];
  }

  /** Every rule of every app, ended ones too. */
  everything(): readonly KickingRule[] {
    return [...this.#apps.values()].flatMap((rules) => [...rules.values()]);
  }

  /** The first rule that keeps the subject from the privilege now; `hidden` ones do not count. */
  find(
    app: string,
    subject: RuleSubject,
    privilege: Privilege,
    nowMs: number,
    hidden: (rule: KickingRule) => boolean = () => false,
  ): KickingRule | undefined {
    const { uid, userId, ip, channel } = subject;
    for (const key of [
      `${app}/uid/${uid}`,
      userId === undefined ? `${app}/member/${uid}` : `${app}/user/${userId}`,
      `${app}/ip/${ip}`,
      `${app}/channel/${channel}`,
    ]) {
      for (const rule of this.#filed.get(key) ?? []) {
        if (!hidden(rule) && ruleMatches(rule, subject, privilege, nowMs)) return rule;
      }
    }
    // A rule that the draft has changed or deleted counts as the draft has it.
    const overruled = (rule: KickingRule) =>
      (this.#deleted.get(app)?.has(rule.id) ?? false) || (this.#apps.get(app)?.has(rule.id) ?? false);
    return this.#base?.find(app, subject, privilege, nowMs, overruled);
  }

  /** If a rule keeps the subject from the privilege now: what the rule is about. */
  banned(app: string, subject: RuleSubject, privilege: Privilege, nowMs: number): RuleScope | undefined {
    const rule = this.find(app, subject, privilege, nowMs);
    return rule && scopeOf(rule);
  }

  /** Addresses are compared as texts, of which each has one; rules of an older log may have another. */
  set(given: KickingRule): void {
    const rule = given.ip === undefined ? given : { ...given, ip: canonicalIp(given.ip) };
    this.delete(rule.app, rule.id);
    this.#lastIds.set(rule.app, Math.max(rule.id, this.#lastIds.get(rule.app) ?? 0));
    this.#deleted.get(rule.app)?.delete(rule.id);
    this.#sizes.set(rule.app, (this.#sizes.get(rule.app) ?? 0) + 1);
    const rules = this.#apps.get(rule.app) ?? new Map<number, KickingRule>();
    this.#apps.set(rule.app, rules.set(rule.id, rule));
    for (const key of filesOf(rule)) {
      const filed = this.#filed.get(key);
      if (filed) filed.add(rule);
      else this.#filed.set(key, new Set([rule]));
    }
  }

  delete(app: string, id: number): void {
    if (this.get(app, id)) this.#sizes.set(app, (this.#sizes.get(app) ?? 0) - 1);
    const rule = this.#apps.get(app)?.get(id);
    if (rule) {
      this.#apps.get(app)?.delete(id);
      for (const key of filesOf(rule)) {
        const filed = this.#filed.get(key);
        filed?.delete(rule);
        if (filed?.size === 0) this.#filed.delete(key);
      }
    }
    if (this.#base) {
      const deleted = this.#deleted.get(app) ?? new Set<number>();
      this.#deleted.set(app, deleted.add(id));
    }
  }

  commit(): void {
    for (const [app, ids] of this.#deleted) for (const id of ids) this.#base?.delete(app, id);
    for (const rules of this.#apps.values()) for (const rule of rules.values()) this.#base?.set(rule);
    this.#apps.clear();
    this.#filed.clear();
    this.#deleted.clear();
    this.#sizes.clear();
  }
}

function filesOf(rule: KickingRule): readonly string[] {
  const { app, channel, uid, ip, members = [], membersIn = [], users = [] } = rule;
  if (uid === undefined) return [ip === undefined ? `${app}/channel/${channel}` : `${app}/ip/${ip}`];
  return [
    `${app}/uid/${uid}`,
    ...members.map((member) => `${app}/member/${member}`),
    ...membersIn.map((member) => `${app}/member/${member.uid}`),
    ...users.map((userId) => `${app}/user/${userId}`),
  ];
}
