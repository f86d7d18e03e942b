import { HousecountError } from '@housecount/protocol';
import { subscriberEvents, subscriberList } from '@housecount/schema';
import type { OpenChannel } from '../../../channel/channel.ts';
import { interruptedSinceMs } from '../../../channel/membership/lease.ts';
import type { Member } from '../../../channel/membership/member.ts';
import { userIdOf } from '../../../channel/membership/member.ts';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import type { Feed } from '../../../log/contract/feed.ts';
import type { LogRetention } from '../../../log/contract/retention.ts';
import { type ChannelKey, placeOf } from '../../../signaling/names/channel-key.ts';
import type { AppList } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, channelParameter, queryInteger, queryText } from '../../request/parameters.ts';
import { formatCursor, readCursor } from '../../request/pull-cursor.ts';
import { momentOf, type RosterSnapshotLimits, RosterSnapshots } from '../../request/roster-snapshots.ts';
import { type SubscriberEventLimits, SubscriberEvents } from '../../request/subscriber-events.ts';
import { channelTypeParameter, keyOf } from './places.ts';

const limit = queryInteger('limit', 'Events in one answer.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});
const wait = queryInteger('wait', 'If there is nothing new, wait this long for it, seconds.', {
  minimum: 0,
  maximum: fixed.pullWaitMsMax / 1000,
  default: 0,
});
const membersLimit = { ...limit, description: 'Members in one page.' };
const afterParameter = queryInteger('after', '`next.after` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const atParameter = queryText(
  'at',
  '`next.at` of the page before: all pages of one listing are of the same moment.',
);
const cursorParameter = {
  ...queryText('cursor', 'The cursor of the list of subscribers, or of the answer before.'),
  required: true,
};

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channel'> & Feed & Pick<LogRetention, 'firstPosition'>;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: RosterSnapshotLimits & SubscriberEventLimits;
}

/** The operations that list the subscribers at a seq, and what came after it: as much as a live channel's roster and events prove. */
export function subscriberOperations(parts: Parts): readonly Operation[] {
  return [listSubscribers(parts), listSubscriberEvents(parts)];
}

function listSubscribers(
  parts: AppList & {
    readonly log: Pick<Channels, 'channel'> & Pick<Feed, 'lastPosition'>;
    readonly clock: Clock;
    readonly limits?: RosterSnapshotLimits;
  },
): Operation {
  const { log, clock } = parts;
  const snapshots = new RosterSnapshots(clock, parts.limits);
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/subscribers',
    id: 'listSubscribers',
    summary: 'Who subscribes to a signaling channel, at a seq',
    description:
      'All of them, quiet ones too; members of a live channel of that name are not among them. True at `sid` and `seq`; what comes after is told from the `cursor` of the first page on. Follow `next` for the others, who are of the same moment.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'no_longer_kept'],
    },
    parameters: [
      appParameter,
      channelParameter,
      channelTypeParameter,
      membersLimit,
      afterParameter,
      atParameter,
    ],
    answer: {
      description: 'In order of arrival. Without `sid`: nobody subscribes.',
      schema: subscriberList,
    },
    handle({ context }) {
      const key = keyOf(parts, context);
      const at = atParameter.read(context);
      const page = { after: afterParameter.read(context), size: limit.read(context) };
      if (at !== undefined) {
        const kept = snapshots.get(key, momentOf(at));
        if (!kept) throw new HousecountError('no_longer_kept');
        return { ...headOf(key), ...pageOf(kept, page, snapshots) };
      }
      // Both are taken in one turn: states change in the same turn as the position.
      const cursor = formatCursor({ app: key.app, position: log.lastPosition, sid: undefined });
      const open = log.channel(key);
      if (!open) return { ...headOf(key), count: 0, members: [], cursor };
      return { ...headOf(key), ...pageOf(open, page, snapshots), cursor };
    },
  });
}

function listSubscriberEvents(
  parts: AppList & {
    readonly log: Feed & Pick<LogRetention, 'firstPosition'>;
    readonly clock: Clock;
    readonly limits?: SubscriberEventLimits;
  },
): Operation {
  const events = new SubscriberEvents(parts.log, parts.clock, parts.limits);
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/subscribers/events',
    id: 'listSubscriberEvents',
    summary: 'Who came to and went from a signaling channel since',
    description:
      'In the order of the log; `seq` is dense within a `sid`, so that a hole would show. Kept as long as the log is. Ask again at once with `cursor` and `wait`, and each is told as it happens.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'no_longer_kept', 'too_many_connections'],
    },
    parameters: [appParameter, channelParameter, channelTypeParameter, cursorParameter, limit, wait],
    answer: {
      description: 'There may be none, and more: a bounded part of the log is read for each answer.',
      schema: subscriberEvents,
    },
    async handle({ context }) {
      const key = keyOf(parts, context);
      const given = cursorParameter.read(context);
      if (given === undefined) throw new HousecountError('query_invalid', 'cursor is missing.');
      const after = readCursor(given, key.app, () => undefined);
      const found = await events.after(key, {
        after,
        size: limit.read(context),
        waitMs: wait.read(context) * 1000,
        signal: context.signal,
      });
      const cursor = formatCursor({ app: key.app, position: found.through, sid: undefined });
      return { ...headOf(key), events: found.events, cursor, more: found.more };
    },
  });
}

/** Keeps what the pages after it are of. */
function pageOf(
  state: OpenChannel,
  { after, size }: { readonly after: number; readonly size: number },
  snapshots: RosterSnapshots,
) {
  const { sid, seq, roster } = state;
  const found = roster.page(after, size + 1);
  const last = found[size - 1];
  const hasMore = found.length > size;
  if (hasMore) snapshots.keep(state);
  return {
    sid,
    seq,
    count: roster.size,
    members: found.slice(0, size).map(shown),
    ...(hasMore && last && { next: { after: last.joinedSeq, at: `${sid}:${seq}` } }),
  };
}

const headOf = (key: ChannelKey) => ({ app: key.app, ...placeOf(key) });

function shown(member: Member) {
  const { uid, joinedMs, quiet, link } = member;
  const sinceMs = interruptedSinceMs(link);
  return {
    userId: userIdOf(member),
    uid,
    joinedMs,
    ...(quiet && { quiet }),
    ...(sinceMs !== undefined && { interruptedSinceMs: sinceMs }),
  };
}
