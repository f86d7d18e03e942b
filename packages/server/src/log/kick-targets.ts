import type { ChannelCommand } from '../channel/command.ts';
import { scopeOf } from '../channel/rules.ts';
import type { OpenChannel } from '../channel/state.ts';
import type { Addresses } from './addresses.ts';
import type { RuleDraft } from './contract.ts';

export interface KickTarget {
  readonly app: string;
  readonly channel: string;
  readonly command: Extract<ChannelCommand, { type: 'kick' }>;
}

/** The kicks that put everybody offline whom a rule with this scope speaks of. `open`: the app's open channels. */
export function kickTargets(
  scope: RuleDraft,
  addresses: Addresses,
  open: readonly OpenChannel[],
): readonly KickTarget[] {
  const { app, uid, ip } = scope;
  const ruleScope = scopeOf(scope);
  if (ip === undefined) {
    return open
      .filter(({ channel }) => (scope.channel ?? channel) === channel)
      .filter(({ roster }) => uid === undefined || roster.get(uid))
      .map(({ channel }) => ({
        app,
        channel,
        command: { type: 'kick', ...(uid !== undefined && { uid }), ruleScope },
      }));
  }
  return addresses
    .of(ip)
    .filter((at) => at.app === app && (uid ?? at.uid) === at.uid)
    .filter((at) => (scope.channel ?? at.channel) === at.channel)
    .map((at) => ({
      app,
      channel: at.channel,
      command: { type: 'kick', connectionIds: [at.connectionId], uid: at.uid, ruleScope },
    }));
}
