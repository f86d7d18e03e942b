import { assert } from './assert.ts';
import type { Channel, OpenChannel } from './channel.ts';
import type { ChannelChange } from './decision.ts';
import { evolveMembership, known } from './membership/evolve.ts';
import { withLocks } from './parts/locks.ts';
import { withMetadata } from './parts/metadata.ts';
import { withStates } from './parts/states.ts';
import { withTopics } from './parts/topics.ts';
import { bytesOfTexts } from './text-bytes.ts';

/**
 * The channel after a change. Total over what `apply` decides, in the order it decided; anything else is a bug and fails
 * an assert. Inside one transaction a channel may be open with nobody in it: after `channel-opened`, and before
 * `channel-closed`.
 */
export function evolve(channel: Channel, change: ChannelChange): Channel {
  const { atMs: lastAtMs } = change;
  assert(lastAtMs >= channel.lastAtMs, 'time does not go back');
  switch (change.type) {
    case 'metadata-changed':
      return { ...channel, lastAtMs, metadata: withMetadata(channel.metadata, change) };
    case 'lock-changed':
    case 'lock-holder-changed':
      return { ...channel, lastAtMs, locks: withLocks(channel.locks, change) };
    case 'states-set': {
      const open = opened(channel);
      const before = open.states.get(change.uid)?.states ?? {};
      const textBytes = open.textBytes + bytesOfTexts(change.states) - bytesOfTexts(before);
      return { ...open, lastAtMs, states: withStates(open.states, change), textBytes };
    }
    case 'topics-set': {
      const open = opened(channel);
      const before = open.publishers.byUid.get(change.uid)?.topics ?? {};
      const textBytes = open.textBytes + bytesOfTexts(change.topics) - bytesOfTexts(before);
      return { ...open, lastAtMs, publishers: withTopics(open.publishers, change), textBytes };
    }
    case 'quiet-set': {
      const open = opened(channel);
      const { quiet: _, ...rest } = known(open, change.uid);
      return { ...open, lastAtMs, roster: open.roster.with(change.quiet ? { ...rest, quiet: true } : rest) };
    }
    default:
      return evolveMembership(channel, change);
  }
}

function opened(channel: Channel): OpenChannel {
  assert(channel.sid !== undefined, 'the channel is closed');
  return channel;
}
