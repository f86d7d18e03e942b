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
import { userSubject } from './other-halves.ts';
import { channelsFull, keptFull, textsFull } from './quota.ts';
import { ruleWithMember } from './rule.ts';

/** Whatever is asked of a channel but a join. */
export function decideCommand(
  state: StateView,
  key: ChannelKey,
  command: Exclude<ChannelCommand, JoinCommand>,
  nowMs: number,
): Decided {
  const channel = state.channel(key);
  // A live channel comes to be by a join alone.
  const full = key.kind === 'live' ? undefined : channelsFull(state, channel);
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
  const decided = decidedOf(channel, decision);
  const putOut = putOutByLink(state, channel, changes, room, nowMs);
  return decided.ok ? { ok: true, records: [...decided.records, ...putOut] } : decided;
}

/** What becomes of a member that is linked to a user whom a rule keeps out: it is put out as the rule would have, and kept out with the user. */
function putOutByLink(
  state: StateView,
  channel: Channel,
  changes: readonly ChannelChange[],
  room: ChannelLimits,
  nowMs: number,
): readonly LogRecord[] {
  const { key } = channel;
  const { app, name } = key;
  const link = changes.find((change) => change.type === 'person-known');
  if (link?.userId === undefined || state.rules.size(app) === 0) return [];
  const { uid, userId } = link;
  const user = userSubject(state, app, { channel: name, ip: '', userId }, nowMs);
  const rule = state.rules.find(app, user, 'join_channel', nowMs);
  if (!rule) return [];
  const kick = apply(
    changes.reduce(evolve, channel),
    { type: 'kick', uid, ruleScope: scopeOf(rule) },
    nowMs,
    room,
  );
  const kicked = 'refused' in kick ? [] : kick.changes.map((change) => recordOf(key, change));
  const wider = ruleWithMember(rule, uid, nowMs);
  return wider ? [...kicked, { type: 'rule-set', app, rule: wider, atMs: nowMs }] : kicked;
}
