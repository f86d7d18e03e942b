import type { MemberJoined } from '@housecount/protocol';
import type { Channel, ClosedChannel, OpenChannel } from '../channel.ts';
import type { JoinCommand } from '../command.ts';
import type { Decision, JoinRecord, MembershipChange } from '../decision.ts';
import { isOfOne } from '../policy.ts';
import { nextClientSeq } from './client-seq.ts';
import { interruptedSinceMs } from './lease.ts';
import { leave, leftRecord } from './leave.ts';
import type { Member } from './member.ts';
import { isOfAnother, renewed, withoutClient } from './resume.ts';
import { mayBroadcast, recordedRights } from './rights.ts';

export interface MembershipLimits {
  /** Members in the channel; the next join is refused with `channel_full`. */
  readonly membersMax: number;
  /** Broadcasters in the channel; the next is refused with `hosts_full`. */
  readonly hostsMax: number;
  /** Members that are linked to one user; what would link another is refused with `links_full`. */
  readonly linksMax: number;
  /** Members whom one decision about any number of them changes; the rest are another's. */
  readonly transactionMembersMax: number;
}

/** Decides a join of a channel in which the lease or token of nobody whom it is about has ended by `nowMs`, epoch milliseconds. */
export function decideJoin(
  channel: Channel,
  command: JoinCommand,
  nowMs: number,
  limits: MembershipLimits,
): Decision {
  if (channel.sid === undefined) return opened(channel, command, nowMs, limits);
  const { roster, profile, key, sid, seq } = channel;
  if (roster.getByConnection(command.connectionId)) return { refused: 'already_joined' };
  if (command.insteadOf !== undefined && roster.getByConnection(command.insteadOf))
    return { refused: 'already_joined' };
  if (command.profile !== undefined && command.profile !== profile) return { refused: 'profile_mismatch' };
  const role = profile === 'communication' ? 'broadcaster' : command.role;
  if (!isAllowed(command, role, nowMs)) return { refused: 'token_no_privilege' };
  const present = isOfOne(key.kind) ? roster.page(0, 1)[0] : roster.get(command.uid);
  if (present?.uid === command.uid && isSameClient(present, command, role)) {
    return { changes: takenUp(channel, present, command, nowMs) };
  }
  if (present && isOfAnother(present, command)) return { refused: 'replaced' };
  const members = roster.size - (present ? 1 : 0);
  const hosts = roster.hostsAt(nowMs) - (present?.role === 'broadcaster' ? 1 : 0);
  // Whoever has ended, and only waits for a later slice, takes nobody's place.
  const ended = roster.endedCount(nowMs, members - limits.membersMax + 1);
  const full = refusalAt(members - ended, hosts, role, limits);
  if (full) return full;
  const base = { app: key.app, channel: key.name, sid, profile, role, atMs: nowMs };
  if (!present) {
    const clientSeq = nextClientSeq(channel.departed.get(command.uid), nowMs);
    return {
      changes: [joinedRecord(command, { ...base, seq: seq + 1, count: members + 1, clientSeq })],
    };
  }
  const gone = command.insteadOf === undefined ? present : withoutClient(present);
  const left = leave(gone, { reason: 'replaced', evidence: 'new-device', nowMs });
  const replaced = leftRecord(channel, left, nowMs);
  if (isOfOne(key.kind)) {
    const departed = channel.departed.with(present.uid, replaced.clientSeq);
    const next = opened({ key, departed }, { ...command, profile }, nowMs, limits);
    return 'refused' in next ? next : { changes: [replaced, ...next.changes] };
  }
  const clientSeq = nextClientSeq(replaced.clientSeq, nowMs);
  return {
    changes: [replaced, joinedRecord(command, { ...base, seq: seq + 2, count: members + 1, clientSeq })],
  };
}

/** True when the role is allowed: in either profile a broadcaster needs a privilege to publish, where the app asks for it; in communication everyone is one. */
const isAllowed = ({ publish }: JoinCommand, role: Member['role'], nowMs: number): boolean =>
  role !== 'broadcaster' || mayBroadcast(publish, nowMs);

/**
 * A WHIP or WHEP client that lost its path comes back by a new POST: a new connection, but the same viewer. It may notice
 * sooner than we do; then its token says that it is the same. An rtc client has its resume key for that, so a second one of
 * the same uid is a new device.
 */
function isSameClient(present: Member, command: JoinCommand, role: Member['role']): boolean {
  return (
    (command.connectionKind === 'whip' || command.connectionKind === 'whep') &&
    present.connectionKind === command.connectionKind &&
    (present.link.state === 'silent' || present.connectionId === command.formerConnectionId) &&
    present.role === role
  );
}

function takenUp(
  channel: OpenChannel,
  present: Member,
  { connectionId, on, tokenEndsMs, publish, userId }: JoinCommand,
  nowMs: number,
): readonly MembershipChange[] {
  const { app, name } = channel.key;
  const { uid, clientSeq, link } = present;
  const attachment = nextClientSeq(clientSeq, nowMs);
  return [
    {
      type: 'link-live',
      app,
      channel: name,
      atMs: nowMs,
      uid,
      connectionId,
      attachment,
      ...(on !== undefined && { on }),
      ...(interruptedSinceMs(link) === undefined && { unbroken: true as const }),
    },
    ...renewed(channel, present, { tokenEndsMs, publish, userId }, nowMs),
  ];
}

function opened(
  channel: Pick<ClosedChannel, 'key' | 'departed'>,
  command: JoinCommand,
  nowMs: number,
  limits: MembershipLimits,
): Decision {
  const { app, kind, name } = channel.key;
  const sid = command.newSid;
  const profile = command.profile ?? 'live';
  const role = profile === 'communication' ? 'broadcaster' : command.role;
  if (!isAllowed(command, role, nowMs)) return { refused: 'token_no_privilege' };
  const full = refusalAt(0, 0, role, limits);
  if (full) return full;
  const clientSeq = nextClientSeq(channel.departed.get(command.uid), nowMs);
  const base = { app, channel: name, sid, profile, atMs: nowMs };
  const joins = (seq: number) => joinedRecord(command, { ...base, role, seq, count: 1, clientSeq });
  if (isOfOne(kind)) return { changes: [joins(1)] };
  return { changes: [{ type: 'channel-opened', ...base, seq: 1, count: 0 }, joins(2)] };
}

function refusalAt(
  members: number,
  hosts: number,
  role: Member['role'],
  limits: MembershipLimits,
): Decision | undefined {
  // A broadcaster is told of its own limit first: it would not come in when the audience goes.
  if (role === 'broadcaster' && hosts >= limits.hostsMax) return { refused: 'hosts_full' };
  if (members >= limits.membersMax) return { refused: 'channel_full' };
  return undefined;
}

type Place = Pick<
  MemberJoined,
  'app' | 'channel' | 'sid' | 'seq' | 'atMs' | 'count' | 'profile' | 'role' | 'clientSeq'
>;

function joinedRecord(command: JoinCommand, place: Place): JoinRecord {
  const { app, channel, sid, seq, atMs, count, profile, role, clientSeq } = place;
  return {
    type: 'member-joined',
    app,
    channel,
    sid,
    seq,
    atMs,
    count,
    profile,
    uid: command.uid,
    ...(command.account !== undefined && { account: command.account }),
    ...(command.userId !== undefined && { userId: command.userId }),
    role,
    platform: command.platform,
    ...(command.clientType !== undefined && { clientType: command.clientType }),
    clientSeq,
    connectionId: command.connectionId,
    connectionKind: command.connectionKind,
    ...(command.on !== undefined && { on: command.on }),
    ...(command.tokenEndsMs !== undefined && { tokenEndsMs: command.tokenEndsMs }),
    ...recordedRights(command.publish),
    leaseMs: command.leaseMs,
    ...(command.quiet && { quiet: true as const }),
    ...(command.insteadOf !== undefined && { insteadOf: command.insteadOf }),
    ...(command.attempt !== undefined && { attempt: command.attempt }),
    ...(command.userId === undefined && recordedDoubts(command)),
  };
}

/** What is not known yet, or not proven, of a member that no token links. */
const recordedDoubts = ({ linkAwaited, unproven }: JoinCommand) => ({
  ...(linkAwaited && { linkAwaited: true as const }),
  ...(unproven && { unproven: true as const }),
});
