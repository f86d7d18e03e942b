import type { ChannelKey, OpenChannel } from '../../../channel/channel.ts';
import type { ChannelCommand } from '../../../channel/command.ts';
import { type KickingRule, scopeOf } from '../../../channel/rules.ts';
import type { RuleDraft } from '../../contract/rules.ts';

type Kick = Extract<ChannelCommand, { type: 'kick' }>;

export interface KickTarget {
  readonly key: ChannelKey;
  readonly command: Kick;
}

/** A rule, or one that is to be, with the other halves of whom it names. */
export type KickScope = RuleDraft &
  Pick<KickingRule, 'members' | 'membersIn' | 'users'> & {
    /** Its uid is that of a member of the live channel, and not of the user whose account has it too. */
    readonly isMemberAlone?: boolean;
  };

/**
 * The kicks that put everybody offline whom a rule with this scope speaks of, which names no address: who knows those puts out whom it means
 * (kicks/). `open`: the app's open channels, of every kind.
 */
export function kickTargets(
  scope: KickScope,
  open: Iterable<OpenChannel>,
  uidOf: (userId: string) => number | undefined,
): readonly KickTarget[] {
  const { uid, members = [], membersIn = [], isMemberAlone = false } = scope;
  const users = (scope.users ?? []).map(uidOf).filter((each) => each !== undefined);
  const places = Map.groupBy(membersIn, ({ channel }) => channel);
  const uidsIn = ({ kind, name }: ChannelKey) => {
    if (uid === undefined) return undefined;
    if (kind !== 'live') return new Set(isMemberAlone ? users : [uid, ...users]);
    return new Set([uid, ...members, ...(places.get(name) ?? []).map((each) => each.uid)]);
  };
  const targets: KickTarget[] = [];
  for (const { key, roster } of open) {
    if (!isOf(scope, key)) continue;
    const uids = uidsIn(key);
    if (!uids) targets.push({ key, command: kickOf(scope, key) });
    else
      for (const each of uids) if (roster.get(each)) targets.push({ key, command: kickOf(scope, key, each) });
  }
  return targets;
}

/** A rule about a channel is not about the user of that name. */
const isOf = ({ channel }: RuleDraft, { kind, name }: ChannelKey): boolean =>
  channel === undefined || (channel === name && kind !== 'user');

/**
 * A rule that names no channel ends the sessions of signaling, and puts nobody out of a channel: such a kick names no rule's
 * scope there.
 */
function kickOf(scope: RuleDraft, { kind }: ChannelKey, uid?: number): Kick {
  return {
    type: 'kick',
    ...(uid !== undefined && { uid }),
    ...((kind === 'live' || scope.channel !== undefined) && { ruleScope: scopeOf(scope) }),
  };
}
