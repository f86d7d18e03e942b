import type { ChannelKey } from '../../channel/channel.ts';
import type { Clock, Random } from '../../clock.ts';
import type { Identity } from '../contract/commands.ts';
import type { Identities } from '../contract/identities.ts';
import type { Refused } from '../contract/refused.ts';
import { decideIdentity, expectedUid, knownUid } from '../decide/identity.ts';
import type { StateView } from '../state/state-view.ts';
import type { Asks } from './asks.ts';

export interface IdentityCommandsOptions {
  readonly state: StateView;
  readonly asks: Asks;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
}

/** The uids that identities have, or are to have. */
export class IdentityCommands implements Identities {
  readonly #options: IdentityCommandsOptions;

  constructor(options: IdentityCommandsOptions) {
    this.#options = options;
  }

  async resolve(key: ChannelKey, identity: Identity): Promise<{ ok: true; uid: number } | Refused> {
    let uid = 0;
    const outcome = await this.#options.asks.request((draft, nowMs) => {
      const decided = decideIdentity(draft, { key, identity }, this.#options.random, nowMs);
      if (decided.ok) uid = decided.uid;
      return decided;
    });
    return outcome.ok ? { ok: true, uid } : outcome;
  }

  uidOf(app: string, account: string): number | undefined {
    const { state, clock } = this.#options;
    return knownUid(state, app, account, clock.nowMs());
  }

  expectedUid(key: ChannelKey, identity: Identity): number {
    const { state, clock, random } = this.#options;
    return expectedUid(state, { key, identity }, random, clock.nowMs());
  }
}
