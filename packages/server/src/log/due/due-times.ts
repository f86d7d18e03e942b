import type { Channel, ChannelKey } from '../../channel/channel.ts';
import { due } from '../../channel/due.ts';

/** When each of these channels is to be looked at next; undefined: not by itself. */
export function* dueTimes(
  channels: Iterable<Channel>,
): Iterable<readonly [key: ChannelKey, dueMs: number | undefined]> {
  for (const channel of channels) yield [channel.key, due(channel)];
}
