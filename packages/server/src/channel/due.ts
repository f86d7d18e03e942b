import type { ChannelState } from './state.ts';

/**
 * When the channel needs its next `tick`: the earliest end of a lease or a token, epoch milliseconds; undefined if
 * nothing is running out. May be in the past: then a tick is due at once. O(1), however many members.
 */
export function due(state: ChannelState): number | undefined {
  if (state.sid === undefined) return undefined;
  const { endsMs } = state.roster;
  return Number.isFinite(endsMs) ? endsMs : undefined;
}
