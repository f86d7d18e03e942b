import { HousecountError } from '@housecount/protocol';
import { roster } from '@housecount/schema';
import { liveKey, type OpenChannel } from '../../../channel/channel.ts';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import { toRosterMember } from '../../../live/roster/roster-member.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import {
  appParameter,
  channelOf,
  channelParameter,
  queryInteger,
  queryText,
} from '../../request/parameters.ts';
import { momentOf, type RosterSnapshotLimits, RosterSnapshots } from '../../request/roster-snapshots.ts';

const limit = queryInteger('limit', 'Members in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const after = queryInteger('after', '`next.after` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const at = queryText('at', '`next.at` of the page before: all pages of one listing are of the same moment.');

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channel'>;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: RosterSnapshotLimits;
}

export function getRoster(parts: Parts): Operation {
  const snapshots = new RosterSnapshots(parts.clock, parts.limits);
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/roster',
    id: 'getRoster',
    summary: 'Who is in a channel',
    description:
      'Members in order of arrival, true at `sid` and `seq`. Follow `next` for the others, who are of the same moment; it can be followed for a minute after each page.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'not_found', 'no_longer_kept'],
    },
    parameters: [appParameter, channelParameter, limit, after, at],
    answer: {
      description: '`not_found` if nobody is in the channel.',
      schema: roster,
    },
    handle({ context }) {
      const app = appOf(parts, context);
      const channel = channelOf(context);
      const size = limit.read(context);
      const begin = after.read(context);
      const moment = at.read(context);
      const state =
        moment === undefined
          ? parts.log.channel(liveKey(app.id, channel))
          : snapshots.get(liveKey(app.id, channel), momentOf(moment));
      if (state === undefined)
        throw moment === undefined
          ? new HousecountError('not_found', 'Nobody is in this channel.')
          : new HousecountError('no_longer_kept');
      const page = state.roster.page(begin, size + 1);
      const members = page.slice(0, size);
      const last = members.at(-1);
      const hasMore = page.length > size;
      if (hasMore) snapshots.keep(state);
      return {
        ...headOf(state),
        members: members.map(toRosterMember),
        ...(hasMore && last && { next: { after: last.joinedSeq, at: `${state.sid}:${state.seq}` } }),
      };
    },
  });
}

function headOf({ key: { app, name: channel }, sid, seq, profile, openedMs, roster }: OpenChannel) {
  return { app, channel, sid, seq, profile, openedMs, count: roster.size, hosts: roster.hosts };
}
