import { apply } from '../../channel/apply.ts';
import type { ChannelKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import type { StateView } from '../state/state-view.ts';
import { channelLimits, whatIsFull } from './channel-limits.ts';
import { type Decided, decidedOf, refuse } from './decided.ts';
import { channelsFull, keptFull, textsFull } from './quota.ts';

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
  return tooMuch ?? decidedOf(channel, decision);
}
