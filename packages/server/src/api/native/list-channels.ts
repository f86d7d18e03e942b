import type { OpenChannel } from '../../channel/state.ts';
import { limits } from '../../limits.ts';
import type { Operation } from '../operation.ts';
import { appOf, appParameter, queryInteger, queryText } from '../parameters.ts';
import { array, integer, object, optional, ref, string } from '../schema.ts';
import type { NativeParts } from './parts.ts';

const limit = queryInteger('limit', 'Channels in one page.', {
  minimum: 1,
  maximum: limits.pageMax,
  default: 100,
});
const after = queryText('after', 'The `next` of the page before.');

export function listChannels({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps/{app}/channels',
    id: 'listChannels',
    summary: 'The open channels of an app',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter, limit, after],
    answer: {
      description: 'Ordered by name. Each line is true at its own sid and seq.',
      schema: object({
        channels: array(ref('ChannelSummary')),
        total: integer('Open channels of the app.'),
        next: optional(string('Send it as `after` for the next page; absent on the last.')),
      }),
    },
    handle({ context }) {
      const app = appOf(deps, context);
      const size = limit.read(context);
      const name = after.read(context) ?? '';
      const channels = deps.log.channels(app.id);
      const start = firstAfter(channels, name);
      const page = channels.slice(start, start + size);
      const last = page.at(-1);
      return {
        channels: page.map(summaryOf),
        total: channels.length,
        ...(last && start + size < channels.length && { next: last.channel }),
      };
    },
  };
}

function summaryOf({ channel, sid, seq, profile, openedMs, roster }: OpenChannel) {
  const { size: count, hosts } = roster;
  return { channel, sid, seq, profile, openedMs, count, hosts, audience: count - hosts };
}

/** Index of the first channel whose name is greater, by binary search: the list is ordered by name. */
function firstAfter(channels: readonly OpenChannel[], name: string): number {
  let low = 0;
  let high = channels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((channels[middle]?.channel ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
