import type { ChannelEvent } from '@housecount/protocol';
import { assert } from '../assert.ts';
import type { Channel, ClosedChannel, OpenChannel } from '../channel.ts';
import type { ChannelMark, JoinRecord, MembershipChange } from '../decision.ts';
import { noStates } from '../parts/states.ts';
import { noPublishers, withTopics } from '../parts/topics.ts';
import { isOfOne } from '../policy.ts';
import { bytesOfTexts } from '../text-bytes.ts';
import type { Member } from './member.ts';
import { Roster } from './roster.ts';
import { withoutStreams } from './streams.ts';
import type { Trie } from './trie.ts';

/** The channel after a change of who is in it. A member takes their states and topics along. */
export function evolveMembership(channel: Channel, change: MembershipChange): Channel {
  const { key, metadata, locks } = channel;
  assert(change.app === key.app && change.channel === key.name, 'the change is of another channel');
  const { atMs } = change;
  const departed = stillAhead(channel.departed, atMs);
  if (change.type === 'channel-opened') {
    assert(change.seq === 1, 'a channel opens first of all');
    return openedBy(channel, change, departed);
  }
  if (channel.sid === undefined && change.type === 'member-joined' && isOfOne(key.kind))
    return evolveMembership({ ...openedBy(channel, change, departed), seq: 0 }, change);
  assert(channel.sid !== undefined, 'the channel is closed');
  const { roster } = channel;
  if (!('seq' in change)) {
    const member = known(channel, change.uid);
    return { ...channel, lastAtMs: atMs, departed, roster: roster.with(marked(member, change)) };
  }
  const { seq } = change;
  assert(change.sid === channel.sid && seq === channel.seq + 1, 'seq is dense');
  switch (change.type) {
    case 'member-joined':
      return {
        ...channel,
        seq,
        lastAtMs: atMs,
        departed: departed.without(change.uid),
        roster: roster.with(joined(change)),
      };
    case 'member-left': {
      const { uid, clientSeq } = change;
      const gone = departed.with(uid, clientSeq);
      if (isOfOne(key.kind) && roster.size === 1)
        return { key, sid: undefined, lastAtMs: atMs, departed: gone, metadata, locks };
      return {
        ...withoutTexts(channel, uid),
        seq,
        lastAtMs: atMs,
        departed: gone,
        roster: roster.without(uid),
      };
    }
    case 'role-changed': {
      const { uid, role, clientSeq } = change;
      const member = { ...known(channel, uid), role, clientSeq };
      const after = role === 'audience' ? withoutStreams(member) : member;
      return { ...channel, seq, lastAtMs: atMs, departed, roster: roster.with(after) };
    }
    case 'channel-closed': {
      assert(roster.size === 0, 'only an empty channel closes');
      return { key, sid: undefined, lastAtMs: atMs, departed, metadata, locks } satisfies ClosedChannel;
    }
  }
}

/** A channel that a record opens, with nobody in it yet. */
function openedBy(
  channel: Channel,
  { sid, seq, profile, atMs }: Pick<ChannelEvent, 'sid' | 'seq' | 'profile' | 'atMs'>,
  departed: Channel['departed'],
): OpenChannel {
  assert(channel.sid === undefined, 'a channel opens once');
  const { key, metadata, locks } = channel;
  const nobody = { roster: Roster.empty, states: noStates, publishers: noPublishers, textBytes: 0 };
  return { key, sid, seq, profile, openedMs: atMs, lastAtMs: atMs, departed, ...nobody, metadata, locks };
}

/** Most members say nothing of themselves. */
function withoutTexts(channel: OpenChannel, uid: number): OpenChannel {
  const states = channel.states.get(uid)?.states;
  const topics = channel.publishers.byUid.get(uid)?.topics;
  if (!states && !topics) return channel;
  return {
    ...channel,
    states: channel.states.without(uid),
    publishers: withTopics(channel.publishers, { uid, topics: {} }),
    textBytes: channel.textBytes - bytesOfTexts(states ?? {}) - bytesOfTexts(topics ?? {}),
  };
}

function joined(record: JoinRecord): Member {
  return {
    uid: record.uid,
    ...(record.account !== undefined && { account: record.account }),
    role: record.role,
    platform: record.platform,
    ...(record.clientType !== undefined && { clientType: record.clientType }),
    connectionId: record.connectionId,
    connectionKind: record.connectionKind,
    joinedMs: record.atMs,
    joinedSeq: record.seq,
    clientSeq: record.clientSeq,
    attachment: record.clientSeq,
    ...(record.attempt !== undefined && { attempt: record.attempt }),
    ...(record.insteadOf !== undefined && { insteadOf: record.insteadOf }),
    ...(record.on !== undefined && { on: record.on }),
    ...(record.tokenEndsMs !== undefined && { tokenEndsMs: record.tokenEndsMs }),
    ...(record.publish && { publish: record.publish }),
    leaseMs: record.leaseMs,
    link: { state: 'live' },
    ...(record.quiet && { quiet: true as const }),
    ...(record.userId !== undefined && { userId: record.userId }),
    ...(record.linkAwaited && { linkAwaited: true as const }),
    ...(record.unproven && { unproven: true as const }),
  };
}

function marked(member: Member, mark: ChannelMark): Member {
  switch (mark.type) {
    case 'link-live': {
      const { connectionId, attachment = member.attachment, attempt = member.attempt, on = member.on } = mark;
      return {
        ...(connectionId === member.connectionId ? member : withoutStreams(member)),
        connectionId,
        clientSeq: Math.max(member.clientSeq, attachment),
        attachment,
        ...(attempt !== undefined && { attempt }),
        ...(on !== undefined && { on }),
        link: { state: 'live' },
      };
    }
    case 'link-silent': {
      const { lastHeardMs, evidence, leaseEndsMs } = mark;
      const { link } = member;
      // The same silence, told again with another lease, was noticed when it was noticed first.
      const isSame = link.state === 'silent' && link.lastHeardMs === lastHeardMs;
      const noticedMs = isSame ? link.noticedMs : mark.atMs;
      return { ...member, link: { state: 'silent', lastHeardMs, noticedMs, evidence, leaseEndsMs } };
    }
    case 'token-renewed': {
      const { tokenEndsMs: _, publish: __, ...rest } = member;
      const { tokenEndsMs, publish } = mark;
      return { ...rest, ...(tokenEndsMs !== undefined && { tokenEndsMs }), ...(publish && { publish }) };
    }
    case 'streams-set': {
      const { audio, video } = mark;
      return audio || video ? { ...member, streams: { audio, video } } : withoutStreams(member);
    }
    case 'person-known': {
      const { linkAwaited: _, ...known } = member;
      const { userId, byPage } = mark;
      if (userId === undefined) return known;
      // A page proves who the user is, and not whose its member's number or account is. A token names both.
      if (byPage) return { ...known, userId, linkedByPage: true as const };
      const { unproven: __, ...named } = known;
      return { ...named, userId };
    }
  }
}

/** The member that a change speaks of. */
export function known(channel: OpenChannel, uid: number): Member {
  const member = channel.roster.get(uid);
  assert(member !== undefined, 'the change is of a member');
  return member;
}

/** Without what is in the past: the clock alone keeps those uids' next clientSeq above it. */
function stillAhead(departed: Trie<number>, nowMs: number): Trie<number> {
  if (departed.least >= nowMs) return departed;
  let rest = departed;
  for (const [uid] of departed.atMost(nowMs - 1)) rest = rest.without(uid);
  return rest;
}
