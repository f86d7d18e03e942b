import { due } from '../../channel/due.ts';
import { dueSignaling } from '../../channel/signaling-apply.ts';
import type { ChannelState } from '../../channel/state.ts';
import { type Changed, channelKey, signalingKey } from '../world.ts';

/** When each of these channels is to be looked at next, by its key; undefined: not by itself. */
export function* dueTimes({ live, signaling }: Changed): Iterable<readonly [string, number | undefined]> {
  for (const state of live) yield [channelKey(state.app, state.channel), due(state) ?? forgetMs(state)];
  for (const state of signaling) yield [signalingKey(state), dueSignaling(state) ?? forgetMs(state.presence)];
}

/** A closed channel remembers clientSeqs that lie in the future; it is looked at again when they no longer do. */
function forgetMs(state: ChannelState): number | undefined {
  if (state.sid !== undefined || state.departed.size === 0) return undefined;
  let latest = 0;
  for (const clientSeq of state.departed.values()) latest = Math.max(latest, clientSeq);
  return latest + 1;
}
