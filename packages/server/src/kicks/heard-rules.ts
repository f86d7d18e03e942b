import type { KickingRules } from '../log/contract/rules.ts';
import type { EdgeWords } from './edge-words.ts';

export interface HeardRulesNeeds {
  readonly log: Pick<KickingRules, 'createRule'>;
  readonly words: Pick<EdgeWords, 'heard'>;
}

/** Makes rules, and waits for what the edges have to say of those about an address. */
export class HeardRules implements Pick<KickingRules, 'createRule'> {
  readonly #needs: HeardRulesNeeds;

  constructor(needs: HeardRulesNeeds) {
    this.#needs = needs;
  }

  /** As the log makes it; of a rule about an address, with what the edges put out in `edgeWordMs`. */
  async createRule(
    ...[draft, durationMs]: Parameters<KickingRules['createRule']>
  ): ReturnType<KickingRules['createRule']> {
    const { log, words } = this.#needs;
    const made = await log.createRule(draft, durationMs);
    if (!made.ok || draft.ip === undefined || !draft.privileges.includes('join_channel')) return made;
    return { ...made, putOutOf: await words.heard(made.rule) };
  }
}
