import type { ChannelKey, OpenChannel } from '../../channel/channel.ts';
import type { ChannelCommand } from '../../channel/command.ts';
import { scopeOf } from '../../channel/rules.ts';
import type { Addresses, Attendance } from '../addresses.ts';
import type { RuleDraft } from '../contract/rules.ts';

type Kick = Extract<ChannelCommand, { type: 'kick' }>;

export interface KickTarget {
  readonly key: ChannelKey;
  readonly command: Kick;
}

/** The kicks that put everybody offline whom a rule with this scope speaks of. `open`: the app's open channels, of every kind. */
export function kickTargets(
  scope: RuleDraft,
  addresses: Addresses,
  open: Iterable<OpenChannel>,
): readonly KickTarget[] {
  const { uid, ip } = scope;
  if (ip !== undefined)
    return addresses
      .of(ip)
      .filter((at) => isMeant(scope, at))
      .map((at) => ({ key: at.key, command: kickOf(scope, at.key, at) }));
  const targets: KickTarget[] = [];
  for (const { key, roster } of open)
    if ((scope.channel ?? key.name) === key.name && (uid === undefined || roster.get(uid)))
      targets.push({ key, command: kickOf(scope, key) });
  return targets;
}

const isMeant = (scope: RuleDraft, { key, uid }: Attendance): boolean =>
  key.app === scope.app && (scope.uid ?? uid) === uid && (scope.channel ?? key.name) === key.name;

/**
 * A rule that names no channel ends the sessions of signaling, and puts nobody out of a channel: such a kick names no rule's
 * scope there.
 */
function kickOf(scope: RuleDraft, { kind }: ChannelKey, at?: Attendance): Kick {
  const { uid } = at ?? scope;
  return {
    type: 'kick',
    ...(at && { connectionIds: [at.connectionId] }),
    ...(uid !== undefined && { uid }),
    ...((kind === 'live' || scope.channel !== undefined) && { ruleScope: scopeOf(scope) }),
  };
}
