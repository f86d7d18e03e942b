import type { ChannelEvent, NoticeNumber } from '@housecount/protocol';
import { matchesName } from '../../glob.ts';
import type { Endpoint } from './endpoint.ts';

/** Channel names whose answer is remembered; then all are asked anew. */
const rememberedMax = 10_000;

/** Makes a filter that is true for events of the endpoint's app, of a type and in a channel that it names. */
export function endpointFilter(
  endpoint: Pick<Endpoint, 'app' | 'events' | 'channels'>,
): (event: ChannelEvent, eventType: NoticeNumber) => boolean {
  const { app, channels } = endpoint;
  const types = new Set<NoticeNumber>(endpoint.events);
  // A hundred patterns against every event of a busy channel would be asked the same thing each time.
  const known = new Map<string, boolean>();
  const isNamed = (channel: string): boolean => {
    if (channels.length === 0) return true;
    const before = known.get(channel);
    if (before !== undefined) return before;
    const named = channels.some((pattern) => matchesName(pattern, channel));
    if (known.size >= rememberedMax) known.clear();
    known.set(channel, named);
    return named;
  };
  return (event, eventType) => event.app === app && types.has(eventType) && isNamed(event.channel);
}
