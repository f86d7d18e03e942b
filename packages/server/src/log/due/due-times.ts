import type { Channel, ChannelKey } from '../../channel/channel.ts';
import { due } from '../../channel/due.ts';

/** When each of these channels is to be looked at next; undefined: not by itself. */
export function* dueTimes(
  channels: Iterable<Channel>,
): Iterable<readonly [key: ChannelKey, dueMs: number | undefined]> {
  for (const channel of channels) yield [channel.key, due(channel) ?? forgetMs(channel)];
}

/** A closed channel remembers clientSeqs that lie in the future; it is looked at again when they no longer do. */
function forgetMs({ sid, departed }: Channel): number | undefined {
  if (sid !== undefined || departed.size === 0) return undefined;
  let latest = 0;
  for (const clientSeq of departed.values()) latest = Math.max(latest, clientSeq);
  return latest + 1;
}
