import type { ChannelCommand } from '../../channel/command.ts';
import { scopeOf } from '../../channel/rules.ts';
import type { SignalingState } from '../../channel/signaling.ts';
import type { OpenChannel } from '../../channel/state.ts';
import type { Addresses } from '../addresses.ts';
import type { RuleDraft, SignalingKey } from '../contract.ts';

type Kick = Extract<ChannelCommand, { type: 'kick' }>;

export interface KickTarget {
  readonly app: string;
  readonly channel: string;
  readonly command: Kick;
}

export interface SignalingKickTarget {
  readonly key: SignalingKey;
  readonly command: Kick;
}

/** The kicks that put everybody offline whom a rule with this scope speaks of. `open`: the app's open channels. */
export function kickTargets(
  scope: RuleDraft,
  addresses: Addresses,
  open: readonly OpenChannel[],
): readonly KickTarget[] {
  const { app, uid, ip } = scope;
  if (ip === undefined) {
    return open
      .filter(({ channel }) => (scope.channel ?? channel) === channel)
      .filter(({ roster }) => uid === undefined || roster.get(uid))
      .map(({ channel }) => ({ app, channel, command: kickOf(scope) }));
  }
  return addresses
    .of(ip)
    .filter(({ channelType }) => channelType === undefined)
    .filter((at) => isMeant(scope, at))
    .map((at) => ({ app, channel: at.channel, command: kickOf(scope, at) }));
}

/** The same of signaling channels. `known`: every one of which anything is known. */
export function signalingKickTargets(
  scope: RuleDraft,
  addresses: Addresses,
  known: Iterable<SignalingState>,
): readonly SignalingKickTarget[] {
  const { app, uid, ip } = scope;
  const targets: SignalingKickTarget[] = [];
  if (ip !== undefined) {
    for (const at of addresses.of(ip)) {
      const { channelType, channel } = at;
      if (channelType !== undefined && isMeant(scope, at))
        targets.push({ key: { app, channelType, channel }, command: sessionKickOf(scope, at) });
    }
    return targets;
  }
  for (const { app: ofApp, channelType, channel, presence } of known) {
    if (ofApp !== app || presence.sid === undefined || (scope.channel ?? channel) !== channel) continue;
    if (uid === undefined || presence.roster.get(uid))
      targets.push({ key: { app, channelType, channel }, command: sessionKickOf(scope) });
  }
  return targets;
}

const isMeant = (
  scope: RuleDraft,
  at: { readonly app: string; readonly uid: number; readonly channel: string },
): boolean =>
  at.app === scope.app && (scope.uid ?? at.uid) === at.uid && (scope.channel ?? at.channel) === at.channel;

function kickOf(scope: RuleDraft, at?: { readonly uid: number; readonly connectionId: string }): Kick {
  const ruleScope = scopeOf(scope);
  if (at) return { type: 'kick', connectionIds: [at.connectionId], uid: at.uid, ruleScope };
  return { type: 'kick', ...(scope.uid !== undefined && { uid: scope.uid }), ruleScope };
}

/** A rule that names no channel ends sessions, and puts nobody out of a channel: such a kick names no rule's scope. */
function sessionKickOf(scope: RuleDraft, at?: { readonly uid: number; readonly connectionId: string }): Kick {
  const { ruleScope, ...kick } = kickOf(scope, at);
  return scope.channel === undefined ? kick : { ...kick, ...(ruleScope && { ruleScope }) };
}
