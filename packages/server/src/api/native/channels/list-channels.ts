import { HousecountError } from '@housecount/protocol';
import { channelList } from '@housecount/schema';
import type { OpenChannel } from '../../../channel/channel.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryChoice, queryInteger, queryText } from '../../request/parameters.ts';

const limit = queryInteger('limit', 'Channels in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const after = queryText('after', 'The `next` of the page before, with the same `sort` and `q`.');
const query = queryText('q', 'Only channels whose name has this in it, in capitals or not.');
const sort = queryChoice('sort', '`audience`: the largest audience first, then by name.', [
  'name',
  'audience',
]);

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channels'>;
}

export function listChannels(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels',
    id: 'listChannels',
    summary: 'The open channels of an app',
    description:
      'By audience, a channel whose audience changes between two pages may be on both, or on none: begin anew for what is true now.',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter, limit, after, query, sort],
    answer: {
      description: 'Each line is true at its own sid and seq.',
      schema: channelList,
    },
    handle({ context }) {
      const app = appOf(parts, context);
      const size = limit.read(context);
      const order = orders[sort.read(context)];
      const begin = after.read(context);
      const wanted = query.read(context)?.toLowerCase();
      const open = parts.log.channels(app.id);
      const fitting =
        wanted === undefined ? open : open.filter(({ key }) => key.name.toLowerCase().includes(wanted));
      const found = order.pageOf(fitting, begin, size + 1);
      const page = found.slice(0, size);
      const last = page.at(-1);
      return {
        channels: page.map(summaryOf),
        total: fitting.length,
        ...(last && found.length > size && { next: order.cursorOf(last) }),
      };
    },
  });
}

/** The order of a list, and the way from one of its pages to the next. */
interface Order {
  /** The first `count` channels after the cursor. @throws HousecountError query_invalid */
  pageOf(channels: readonly OpenChannel[], cursor: string | undefined, count: number): readonly OpenChannel[];
  cursorOf(channel: OpenChannel): string;
}

/** The order in which the log has them. */
const byName: Order = {
  pageOf(channels, cursor = '', count) {
    const start = firstAfter(channels, cursor);
    return channels.slice(start, start + count);
  },
  cursorOf: ({ key }) => key.name,
};

interface Place {
  readonly audience: number;
  readonly channel: string;
}

const byAudience: Order = {
  pageOf(channels, cursor, count) {
    const after = cursor === undefined ? undefined : placeOfCursor(cursor);
    const page: { readonly place: Place; readonly channel: OpenChannel }[] = [];
    for (const channel of channels) {
      const place = placeOf(channel);
      if (after && compare(place, after) <= 0) continue;
      // Only as many channels as the page has are put in order: an app may have 100,000.
      const last = page[count - 1];
      if (last && compare(place, last.place) >= 0) continue;
      page.splice(
        firstNotBefore(page, (one) => compare(one.place, place)),
        0,
        { place, channel },
      );
      if (page.length > count) page.pop();
    }
    return page.map(({ channel }) => channel);
  },
  cursorOf(channel) {
    return `${placeOf(channel).audience}:${channel.key.name}`;
  },
};

const orders = { name: byName, audience: byAudience } as const;

const placeOf = ({ key, roster }: OpenChannel): Place => ({
  channel: key.name,
  audience: roster.size - roster.hosts,
});

function placeOfCursor(text: string): Place {
  const match = /^(\d{1,9}):(.+)$/s.exec(text);
  if (match?.[2] === undefined)
    throw new HousecountError('query_invalid', 'after must be the `next` of a page of the same sort.');
  return { audience: Number(match[1]), channel: match[2] };
}

/** Negative: `left` comes first. */
function compare(left: Place, right: Place): number {
  if (left.audience !== right.audience) return right.audience - left.audience;
  return left.channel < right.channel ? -1 : left.channel > right.channel ? 1 : 0;
}

function summaryOf({ key: { name: channel }, sid, seq, profile, openedMs, roster }: OpenChannel) {
  const { size: count, hosts } = roster;
  return { channel, sid, seq, profile, openedMs, count, hosts, audience: count - hosts };
}

/** Index of the first channel whose name is greater: the list is ordered by name. */
const firstAfter = (channels: readonly OpenChannel[], name: string): number =>
  firstNotBefore(channels, ({ key }) => (key.name <= name ? -1 : 1));

/** Index of the first item that `side` does not call negative, by binary search. */
function firstNotBefore<T>(items: readonly T[], side: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && side(item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
