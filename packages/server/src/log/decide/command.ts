import { apply, type ChannelLimits } from '../../channel/apply.ts';
import type { Channel, ChannelKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { evolve } from '../../channel/evolve.ts';
import { scopeOf } from '../../channel/rules.ts';
import { type LogRecord, recordOf } from '../record/record.ts';
import type { StateView } from '../state/state-view.ts';
import { channelLimits, whatIsFull } from './channel-limits.ts';
import { type Decided, decidedOf, refuse } from './decided.ts';
import { channelsFull, keptFull, textsFull } from './quota.ts';
import { userSubject } from './rules/other-halves.ts';
import { ruleWithMember } from './rules/rule.ts';

/** Whatever is asked of a channel but a join. */
export function decideCommand(
  state: StateView,
  key: ChannelKey,
  command: Exclude<ChannelCommand, JoinCommand>,
  nowMs: number,
): Decided {
  const channel = state.channel(key);
  // A live channel comes to be by a join alone.
  const makesNone = key.kind === 'live' || (key.kind === 'user' && command.type !== 'change-metadata');
  const full = makesNone ? undefined : channelsFull(state, channel, nowMs);
  if (full) return full;
  const rights = command.type === 'set-role' ? command : undefined;
  const room = channelLimits(state.limitsOf(key.app), key.kind, rights);
  const decision = apply(channel, command, nowMs, room);
  if ('refused' in decision) {
    const detail = whatIsFull(decision.refused, room);
    return { ...refuse(decision.refused), ...(detail !== undefined && { detail }) };
  }
  const { changes } = decision;
  const tooMuch = keptFull(state, channel, command, changes) ?? textsFull(state, channel, changes);
  if (tooMuch) return tooMuch;
  return putOutByLink(state, channel, changes, room, nowMs) ?? decidedOf(channel, decision);
}

/**
 * The decision of a link with a user whom a rule keeps out: the member is put out as the rule would have, and kept out with the user. Nobody
 * is shown for a moment who may not be there: the link itself is not recorded. undefined: no rule is in the way.
 */
function putOutByLink(
  state: StateView,
  channel: Channel,
  changes: readonly ChannelChange[],
  room: ChannelLimits,
  nowMs: number,
): Decided | undefined {
  const { key } = channel;
  const { app, name } = key;
  const link = changes.find((change) => change.type === 'person-known');
  if (link?.userId === undefined || state.rules.size(app) === 0) return undefined;
  const { uid, userId } = link;
  const user = userSubject(state, app, { channel: name, ip: '', userId }, nowMs);
  const rule = state.rules.find(app, user, 'join_channel', nowMs);
  if (!rule) return undefined;
  const rest = changes.filter((change) => change !== link);
  const kick = { type: 'kick', uid, ruleScope: scopeOf(rule) } as const;
  const kicked = decidedOf(channel, apply(rest.reduce(evolve, channel), kick, nowMs, room));
  if (!kicked.ok) return kicked;
  // Of a number that is not proven to be theirs anybody else may be the owner.
  const isTheirs = !link.byPage || channel.sid === undefined || !channel.roster.get(uid)?.unproven;
  const wider = isTheirs ? ruleWithMember(rule, { channel: name, uid }, nowMs) : undefined;
  const kept: readonly LogRecord[] = wider ? [{ type: 'rule-set', app, rule: wider, atMs: nowMs }] : [];
  return { ok: true, records: [...rest.map((change) => recordOf(key, change)), ...kicked.records, ...kept] };
}
