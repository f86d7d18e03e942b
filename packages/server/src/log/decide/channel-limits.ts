import type { Role } from '@housecount/protocol';
import type { ChannelLimits } from '../../channel/apply.ts';
import type { ChannelKind } from '../../channel/channel.ts';
import { limits } from '../../limits.ts';

const audience: ChannelLimits = {
  membersMax: limits.channelMembersMax,
  hostsMax: limits.channelHostsMax,
  statesMax: limits.signalingStatesMax,
  metadataBytesMax: limits.metadataBytesMax,
  metadataItemsMax: limits.metadataItemsMax,
  locksMax: limits.channelLocksMax,
  topicsMax: limits.memberTopicsMax,
  publishersMax: limits.channelPublishersMax,
};
/** A broadcaster finds a place in a channel full of audience. */
const broadcaster = { ...audience, membersMax: audience.membersMax + limits.channelHostsMax };
/** Who may publish finds a place among broadcasters who may not. */
const withoutReserved = { hostsMax: limits.channelHostsMax - limits.channelHostsReserved };
const mutedAudience = { ...audience, ...withoutReserved };
const mutedBroadcaster = { ...broadcaster, ...withoutReserved };
const message = { ...audience, hostsMax: 0 };
const stream = { ...message, membersMax: limits.streamMembersMax };

/** What a channel of the kind has room for, for who asks. */
export function limitsOf(
  kind: ChannelKind,
  { role, mayPublish = true }: { readonly role?: Role; readonly mayPublish?: boolean } = {},
): ChannelLimits {
  switch (kind) {
    case 'live':
      if (role === 'broadcaster') return mayPublish ? broadcaster : mutedBroadcaster;
      return mayPublish ? audience : mutedAudience;
    case 'stream':
      return stream;
    case 'message':
    case 'user':
      return message;
  }
}
