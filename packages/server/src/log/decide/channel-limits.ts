import type { Code, Role } from '@housecount/protocol';
import type { ChannelLimits } from '../../channel/apply.ts';
import type { ChannelKind } from '../../channel/channel.ts';
import { fixed } from '../../fixed-limits.ts';
import type { AppLogLimits } from '../log-limits.ts';

/** The limits of an app's channels, by who asks. */
type Rooms = ReturnType<typeof roomsOf>;

function roomsOf(limits: AppLogLimits) {
  const audience: ChannelLimits = {
    membersMax: limits.channelMembersMax,
    hostsMax: limits.channelHostsMax,
    linksMax: limits.channelUserMembersMax,
    statesMax: limits.signalingStatesMax,
    metadataBytesMax: limits.metadataBytesMax,
    metadataItemsMax: limits.metadataItemsMax,
    locksMax: limits.channelLocksMax,
    topicsMax: limits.memberTopicsMax,
    publishersMax: limits.channelPublishersMax,
    transactionMembersMax: fixed.transactionMembersMax,
  };
  /** A broadcaster finds a place in a channel full of audience. */
  const broadcaster = { ...audience, membersMax: audience.membersMax + limits.channelHostsMax };
  /** A broadcaster who may publish finds a place among broadcasters who may not. */
  const withoutReserved = { hostsMax: Math.max(0, limits.channelHostsMax - limits.channelHostsReserved) };
  const message = { ...audience, hostsMax: 0 };
  return {
    audience,
    broadcaster,
    mutedAudience: { ...audience, ...withoutReserved },
    mutedBroadcaster: { ...broadcaster, ...withoutReserved },
    message,
    stream: { ...message, membersMax: limits.streamMembersMax },
  };
}

/** Worked out once: they are asked for at each command. */
const known = new WeakMap<AppLogLimits, Rooms>();

/** The limits of a channel of the kind, for who asks. */
export function channelLimits(
  limits: AppLogLimits,
  kind: ChannelKind,
  { role, mayPublish = true }: { readonly role?: Role; readonly mayPublish?: boolean } = {},
): ChannelLimits {
  let rooms = known.get(limits);
  if (!rooms) {
    rooms = roomsOf(limits);
    known.set(limits, rooms);
  }
  switch (kind) {
    case 'live':
      if (role === 'broadcaster') return mayPublish ? rooms.broadcaster : rooms.mutedBroadcaster;
      return mayPublish ? rooms.audience : rooms.mutedAudience;
    case 'stream':
      return rooms.stream;
    case 'message':
    case 'user':
      return rooms.message;
  }
}

/** What is full, and its limit, where a channel refuses with a code that several limits share; undefined: the code says all. */
export function whatIsFull(code: Code, limits: ChannelLimits): string | undefined {
  switch (code) {
    case 'links_full':
      return `That is ${limits.linksMax}.`;
    case 'states_full':
      return `A user has at most ${limits.statesMax} in a channel.`;
    case 'publishers_full':
      return `A channel has at most ${limits.publishersMax}, each counted by topic.`;
    case 'topics_full':
      return `That is ${limits.topicsMax}.`;
    case 'metadata_full':
      return `A set of metadata holds at most ${limits.metadataBytesMax} bytes and ${limits.metadataItemsMax} items.`;
    case 'locks_full':
      return `A channel has at most ${limits.locksMax} locks.`;
    default:
      return undefined;
  }
}
