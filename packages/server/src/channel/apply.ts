import { assert } from './assert.ts';
import type { ChannelCommand } from './command.ts';
import type { ChannelRecord, Decision } from './decision.ts';
import { evolve } from './evolve.ts';
import { nextClientSeq } from './membership/client-seq.ts';
import { type ChannelLimits, decideJoin } from './membership/join.ts';
import { endsBy } from './membership/lease.ts';
import { leave, leavesOf, reasonOf } from './membership/leave.ts';
import { type PublishRights, recordedRights, sameRights } from './membership/rights.ts';
import type { ChannelState, Member, OpenChannel } from './state.ts';

export type { ChannelLimits } from './membership/join.ts';

type CommandOf<Type extends ChannelCommand['type']> = Extract<ChannelCommand, { type: Type }>;

/**
 * Decides a command at `nowMs` (epoch milliseconds, never earlier than the state's last record; an assert fails
 * otherwise). Leases and tokens that ended by then take effect first, so that it does not matter whether the tick or
 * the command came first; a refusal carries no records and leaves them to the tick. Changes nothing: the state that
 * follows is the fold of the records with `evolve`.
 */
export function apply(
  state: ChannelState,
  command: ChannelCommand,
  nowMs: number,
  limits: ChannelLimits,
): Decision {
  assert(nowMs >= state.lastAtMs, 'time does not go back');
  // After a restart nobody could be heard while the server was away: the recovery lease stands in for those that ended.
  if (command.type === 'recover') return { records: recovered(state, command, nowMs) };
  // Nor while it was blind: first the leases are made longer, then it is looked which ended.
  if (command.type === 'blind') return { records: prolonged(state, command, nowMs) };
  const ended = endings(state, nowMs);
  if (command.type === 'tick') return { records: ended };
  if (ended.length === 0) return decide(state, command, nowMs, limits);
  const decision = decide(ended.reduce<ChannelState>(evolve, state), command, nowMs, limits);
  return 'refused' in decision ? decision : { records: [...ended, ...decision.records] };
}

function decide(
  state: ChannelState,
  command: Exclude<ChannelCommand, { type: 'tick' | 'recover' | 'blind' }>,
  nowMs: number,
  limits: ChannelLimits,
): Decision {
  switch (command.type) {
    case 'join':
      return decideJoin(state, command, nowMs, limits);
    case 'kick':
      return { records: kicked(state, command, nowMs) };
    case 'resume': {
      const member = memberOf(state, command.connectionId);
      if (!member) return { refused: 'resume_invalid' };
      const { tokenEndsMs = member.tokenEndsMs, publish = member.publish } = command;
      return {
        records: [...live(state, member, nowMs), ...renewed(state, member, { tokenEndsMs, publish }, nowMs)],
      };
    }
  }
  const member = memberOf(state, command.connectionId);
  if (!member || state.sid === undefined) return { refused: 'not_joined' };
  switch (command.type) {
    case 'leave':
      return { records: left(state, member, command, nowMs) };
    case 'set-role':
      return decideRole(state, member, command, nowMs, limits);
    case 'silent':
      return { records: silenced(state, member, command, nowMs) };
    case 'heard':
      return { records: live(state, member, nowMs) };
    case 'renew-token':
      return { records: renewed(state, member, command, nowMs) };
  }
}

function memberOf(state: ChannelState, connectionId: string): Member | undefined {
  return state.sid === undefined ? undefined : state.roster.getByConnection(connectionId);
}

/** The leaves of those whose lease or token has ended by `nowMs`, in order of arrival. */
function endings(state: ChannelState, nowMs: number): readonly ChannelRecord[] {
  if (state.sid === undefined || state.roster.endsMs > nowMs) return [];
  const leaves = Array.from(state.roster.endedBy(nowMs), (member) => {
    const { link } = member;
    if (link.state === 'silent' && endsBy(member) === 'lease') {
      return { member, ...link, reason: 'timeout' as const };
    }
    return leave(member, { reason: 'token', evidence: 'token-end', nowMs });
  });
  return leavesOf(state, leaves, nowMs);
}

function left(
  state: OpenChannel,
  member: Member,
  command: CommandOf<'leave'>,
  nowMs: number,
): readonly ChannelRecord[] {
  const { evidence } = command;
  return leavesOf(state, [leave(member, { reason: reasonOf(evidence), evidence, nowMs })], nowMs);
}

function kicked(state: ChannelState, command: CommandOf<'kick'>, nowMs: number): readonly ChannelRecord[] {
  if (state.sid === undefined) return [];
  const { ruleScope } = command;
  const leaves = kickedMembers(state, command).map((member) => ({
    ...leave(member, { reason: 'kicked', evidence: 'kick', nowMs }),
    ...(ruleScope !== undefined && { ruleScope }),
  }));
  return leavesOf(state, leaves, nowMs);
}

/** Those that fit every part of the scope that is set, in order of arrival. */
function kickedMembers(
  { roster }: OpenChannel,
  { uid, connectionIds }: CommandOf<'kick'>,
): readonly Member[] {
  if (connectionIds !== undefined) {
    const members = new Set<Member>();
    for (const connectionId of connectionIds) {
      const member = roster.getByConnection(connectionId);
      if (member && (uid === undefined || member.uid === uid)) members.add(member);
    }
    return [...members].sort((a, b) => a.joinedSeq - b.joinedSeq);
  }
  if (uid === undefined) return [...roster];
  const member = roster.get(uid);
  return member ? [member] : [];
}

function decideRole(
  state: OpenChannel,
  member: Member,
  command: CommandOf<'set-role'>,
  nowMs: number,
  limits: ChannelLimits,
): Decision {
  const { role } = command;
  if (state.profile === 'communication') return { refused: 'role_invalid' };
  if (role === member.role) return { records: [] };
  if (role === 'broadcaster' && state.hosts >= limits.hostsMax) return { refused: 'hosts_full' };
  const { app, channel, sid, profile, roster } = state;
  const { uid, account, platform, clientType } = member;
  return {
    records: [
      {
        type: 'role-changed',
        app,
        channel,
        sid,
        seq: state.seq + 1,
        atMs: nowMs,
        count: roster.size,
        profile,
        uid,
        ...(account !== undefined && { account }),
        role,
        platform,
        ...(clientType !== undefined && { clientType }),
        clientSeq: nextClientSeq(member.clientSeq, nowMs),
      },
    ],
  };
}

/**
 * The lease runs from when the connection was last heard, so it may have ended already. Silence that is known already
 * is not told again, unless something was heard since; and then the lease never becomes shorter than it was.
 */
function silenced(
  state: OpenChannel,
  member: Member,
  command: CommandOf<'silent'>,
  nowMs: number,
): readonly ChannelRecord[] {
  const { app, channel } = state;
  const { uid, connectionId, link } = member;
  const lastHeardMs = Math.max(member.joinedMs, Math.min(command.lastHeardMs, nowMs));
  let leaseEndsMs = lastHeardMs + member.leaseMs;
  if (link.state === 'silent') {
    if (lastHeardMs <= link.lastHeardMs) return [];
    leaseEndsMs = Math.max(leaseEndsMs, link.leaseEndsMs);
  }
  const { evidence } = command;
  return [
    { type: 'link-silent', app, channel, atMs: nowMs, uid, connectionId, lastHeardMs, evidence, leaseEndsMs },
  ];
}

function live({ app, channel }: ChannelState, member: Member, nowMs: number): readonly ChannelRecord[] {
  if (member.link.state === 'live') return [];
  const { uid, connectionId } = member;
  return [{ type: 'link-live', app, channel, atMs: nowMs, uid, connectionId }];
}

function renewed(
  { app, channel }: ChannelState,
  { uid, tokenEndsMs: previousMs, publish: previous }: Member,
  token: { readonly tokenEndsMs?: number | undefined; readonly publish?: PublishRights | undefined },
  nowMs: number,
): readonly ChannelRecord[] {
  const { tokenEndsMs } = token;
  const rights = recordedRights(token.publish);
  if (tokenEndsMs === previousMs && sameRights(rights.publish, previous)) return [];
  const until = tokenEndsMs === undefined ? {} : { tokenEndsMs };
  return [{ type: 'token-renewed', app, channel, atMs: nowMs, uid, ...until, ...rights }];
}

function recovered(
  state: ChannelState,
  command: CommandOf<'recover'>,
  nowMs: number,
): readonly ChannelRecord[] {
  if (state.sid === undefined) return [];
  const { app, channel, roster } = state;
  const leaseEndsMs = nowMs + command.recoveryMs;
  const lastAliveMs = Math.min(command.lastAliveMs, nowMs);
  return Array.from(roster, ({ uid, connectionId, joinedMs, link }) => {
    const silence =
      link.state === 'silent'
        ? { lastHeardMs: link.lastHeardMs, evidence: link.evidence }
        : { lastHeardMs: Math.max(joinedMs, lastAliveMs), evidence: 'server-crash' as const };
    return { type: 'link-silent', app, channel, atMs: nowMs, uid, connectionId, ...silence, leaseEndsMs };
  });
}

/** The same silences once more, with leases that end later. */
function prolonged(
  state: ChannelState,
  { blindMs }: CommandOf<'blind'>,
  nowMs: number,
): readonly ChannelRecord[] {
  if (state.sid === undefined || state.roster.interrupted === 0) return [];
  const { app, channel, roster } = state;
  return Array.from(roster).flatMap(({ uid, connectionId, link }) => {
    if (link.state === 'live') return [];
    const { lastHeardMs, evidence } = link;
    const silence = { lastHeardMs, evidence, leaseEndsMs: link.leaseEndsMs + blindMs };
    return [{ type: 'link-silent' as const, app, channel, atMs: nowMs, uid, connectionId, ...silence }];
  });
}
