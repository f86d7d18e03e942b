import type { Evidence, LeaveReason, RuleScope } from '@housecount/protocol';
import type { OpenChannel } from '../channel.ts';
import type { LeaveRecord, MembershipChange } from '../decision.ts';
import { isOfOne } from '../policy.ts';
import { nextClientSeq } from './client-seq.ts';
import type { Link, Member } from './member.ts';

/** A leave before it has its place in the sequence: who, why, and on what evidence. */
export interface Leave {
  readonly member: Member;
  readonly reason: LeaveReason;
  readonly evidence: Evidence;
  readonly lastHeardMs: number;
  readonly noticedMs: number;
  readonly silentSinceMs?: number;
  readonly ruleScope?: RuleScope;
}

const reasons: Record<Evidence, LeaveReason> = {
  bye: 'quit',
  'media-closed': 'quit',
  'socket-closed': 'timeout',
  silence: 'timeout',
  'media-silence': 'timeout',
  'server-crash': 'timeout',
  kick: 'kicked',
  'new-device': 'replaced',
  'token-end': 'token',
};

/** Why a member leaves, by what made the server notice. */
export const reasonOf = (evidence: Evidence): LeaveReason => reasons[evidence];

/**
 * A leave that happens now, epoch milliseconds. Who says goodbye is heard by it; who does not was last heard when its
 * silence began, or now if there was none.
 */
export function leave(
  member: Member,
  { reason, evidence, nowMs }: { reason: LeaveReason; evidence: Evidence; nowMs: number },
): Leave {
  const { link } = member;
  const isGoodbye = evidence === 'bye' || evidence === 'media-closed';
  if (link.state === 'live' || isGoodbye)
    return { member, reason, evidence, lastHeardMs: nowMs, noticedMs: nowMs };
  const { lastHeardMs } = link;
  return { member, reason, evidence, lastHeardMs, noticedMs: nowMs, silentSinceMs: silenceBeganMs(link) };
}

/** When a silence began, epoch milliseconds: with the closing of the connection, if that was heard; else when the member was last heard. */
export const silenceBeganMs = (link: Extract<Link, { readonly state: 'silent' }>): number =>
  link.evidence === 'socket-closed' ? link.noticedMs : link.lastHeardMs;

/** The records of leaves, in this order, and of the channel's closing if they leave nobody in it and it is not one member's. Linear in the leaves. */
export function leavesOf(
  channel: OpenChannel,
  leaves: readonly Leave[],
  nowMs: number,
): readonly MembershipChange[] {
  const records: MembershipChange[] = leaves.map((left, index) => leftRecord(channel, left, nowMs, index));
  const last = leaves.at(-1);
  if (last && leaves.length === channel.roster.size && !isOfOne(channel.key.kind)) {
    const { key, sid, profile } = channel;
    const { app, name } = key;
    const seq = channel.seq + leaves.length + 1;
    const lastUid = last.member.uid;
    records.push({
      type: 'channel-closed',
      app,
      channel: name,
      sid,
      seq,
      atMs: nowMs,
      count: 0,
      profile,
      lastUid,
    });
  }
  return records;
}

/** Its client is told of such an end, by whichever name it comes back. */
const isByOthers = (reason: LeaveReason): boolean => reason === 'kicked' || reason === 'replaced';

/** The record of a leave after which the channel goes on, or closes; `before` leaves of the same decision precede it. */
export function leftRecord(channel: OpenChannel, left: Leave, nowMs: number, before = 0): LeaveRecord {
  const { key, sid, profile } = channel;
  const { member, reason, evidence, lastHeardMs, noticedMs, silentSinceMs, ruleScope } = left;
  return {
    type: 'member-left',
    app: key.app,
    channel: key.name,
    sid,
    seq: channel.seq + before + 1,
    atMs: nowMs,
    count: channel.roster.size - before - 1,
    profile,
    uid: member.uid,
    ...(member.account !== undefined && { account: member.account }),
    ...(member.userId !== undefined && { userId: member.userId }),
    role: member.role,
    platform: member.platform,
    ...(member.clientType !== undefined && { clientType: member.clientType }),
    clientSeq: nextClientSeq(member.clientSeq, nowMs),
    connectionId: member.connectionId,
    reason,
    evidence,
    ...(ruleScope !== undefined && { ruleScope }),
    ...(isByOthers(reason) && member.insteadOf !== undefined && { insteadOf: member.insteadOf }),
    lastHeardMs,
    noticedMs,
    ...(silentSinceMs !== undefined && { silentSinceMs }),
    joinedMs: member.joinedMs,
  };
}
