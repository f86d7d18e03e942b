import type { MemberJoined } from '@housecount/protocol';
import { assert } from './assert.ts';
import type { ChannelMark, ChannelRecord } from './decision.ts';
import { Roster } from './membership/roster.ts';
import type { Trie } from './membership/trie.ts';
import type { ChannelState, ClosedChannel, Member, OpenChannel } from './state.ts';

/**
 * The state after a record. Total over what `apply` decides, in the order it decided; anything else is a bug and fails
 * an assert. Inside one transaction a state may be open with nobody in it: after `channel-opened`, and before
 * `channel-closed`.
 */
export function evolve(state: ChannelState, record: ChannelRecord): ChannelState {
  assert(record.app === state.app && record.channel === state.channel, 'the record is of another channel');
  assert(record.atMs >= state.lastAtMs, 'time does not go back');
  if (record.type === 'channel-opened') {
    assert(state.sid === undefined && record.seq === 1, 'a channel opens once');
    return {
      app: state.app,
      channel: state.channel,
      sid: record.sid,
      seq: record.seq,
      profile: record.profile,
      openedMs: record.atMs,
      lastAtMs: record.atMs,
      roster: Roster.empty,
      hosts: 0,
      departed: stillAhead(state.departed, record.atMs),
    };
  }
  assert(state.sid !== undefined, 'the channel is closed');
  const departed = stillAhead(state.departed, record.atMs);
  if (!('seq' in record)) {
    const member = known(state, record.uid);
    return { ...state, lastAtMs: record.atMs, roster: state.roster.with(marked(member, record)), departed };
  }
  assert(record.sid === state.sid && record.seq === state.seq + 1, 'seq is dense');
  const next = { ...state, seq: record.seq, lastAtMs: record.atMs, departed };
  switch (record.type) {
    case 'member-joined':
      return withRoster(next, state.roster.with(joined(record)), departed.without(record.uid));
    case 'member-left':
      return withRoster(next, state.roster.without(record.uid), departed.with(record.uid, record.clientSeq));
    case 'role-changed': {
      const { role, clientSeq } = record;
      return withRoster(next, state.roster.with({ ...known(state, record.uid), role, clientSeq }), departed);
    }
    case 'channel-closed':
      return closed(next);
  }
}

function withRoster(state: OpenChannel, roster: Roster, departed: Trie<number>): OpenChannel {
  return { ...state, roster, hosts: roster.hosts, departed };
}

function closed({ app, channel, lastAtMs, roster, departed }: OpenChannel): ClosedChannel {
  assert(roster.size === 0, 'only an empty channel closes');
  return { app, channel, sid: undefined, lastAtMs, departed };
}

function joined(record: MemberJoined): Member {
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
    ...(record.tokenEndsMs !== undefined && { tokenEndsMs: record.tokenEndsMs }),
    ...(record.publish && { publish: record.publish }),
    leaseMs: record.leaseMs,
    link: { state: 'live' },
    ...(record.quiet && { quiet: true as const }),
  };
}

function marked(member: Member, mark: ChannelMark): Member {
  switch (mark.type) {
    case 'link-live':
      return { ...member, connectionId: mark.connectionId, link: { state: 'live' } };
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
  }
}

function known(state: OpenChannel, uid: number): Member {
  const member = state.roster.get(uid);
  assert(member !== undefined, 'the record is of a member');
  return member;
}

/** Without what is in the past: the clock alone keeps those uids' next clientSeq above it. */
function stillAhead(departed: Trie<number>, nowMs: number): Trie<number> {
  if (departed.least >= nowMs) return departed;
  let rest = departed;
  for (const [uid] of departed.atMost(nowMs - 1)) rest = rest.without(uid);
  return rest;
}
