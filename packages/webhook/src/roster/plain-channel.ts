import type { Notice, NoticeRole } from '../notice.ts';
import { memberOf, type RosterMember, uidOf } from './entry.ts';
import type { RosterLimits } from './roster-limits.ts';
import { UidMap } from './uid-map.ts';

/**
 * A channel whose notices cannot be put in one order, because they are Agora's own or only some types are subscribed. What
 * Agora documents for that case: per uid, the notice with the greatest clientSeq is right.
 */
export interface PlainChannel {
  readonly mode: 'plain';
  readonly users: UidMap<PlainUser>;
  readonly online: number;
  /** Members who left and when, in the order in which we were told, by a running number. */
  readonly departed: UidMap<Departed>;
  readonly departedFrom: number;
  readonly departedTo: number;
}

export interface PlainUser {
  readonly uid: number;
  readonly member: RosterMember;
  readonly online: boolean;
  readonly clientSeq: number;
}
export interface Departed {
  readonly number: number;
  readonly uid: number;
  readonly clientSeq: number;
  /** When we were told, epoch milliseconds. */
  readonly atMs: number;
}

export type PlainChange =
  | { readonly type: 'joined' | 'role'; readonly member: RosterMember }
  | { readonly type: 'left'; readonly member: RosterMember; readonly reason?: number };

export type MemberNotice = Extract<Notice, { kind: 'joined' | 'left' | 'role-changed' }>;

/** The record of a user who left is kept this long, milliseconds, so that a late join is known as late (Agora's figure). */
const rememberMs = 60_000;

export const emptyPlain: PlainChannel = {
  mode: 'plain',
  users: UidMap.empty(),
  online: 0,
  departed: UidMap.empty(),
  departedFrom: 0,
  departedTo: 0,
};

/** The channel after a notice about a member. Pure; `nowMs` only forgets old records, it delays nothing. */
export function foldPlain(
  before: PlainChannel,
  notice: MemberNotice,
  nowMs: number,
  limits: Pick<RosterLimits, 'departedMax'>,
): {
  readonly channel: PlainChannel;
  readonly verdict: 'applied' | 'duplicate';
  readonly changes: readonly PlainChange[];
} {
  const channel = forgotten(before, nowMs, limits.departedMax);
  const uid = uidOf(notice);
  const known = channel.users.get(uid);
  if (known && notice.clientSeq <= known.clientSeq) return { channel, verdict: 'duplicate', changes: [] };
  const online = notice.kind !== 'left';
  const member = known?.online ? withRole(known.member, notice.role) : described(notice);
  const user: PlainUser = { uid, member, online, clientSeq: notice.clientSeq };
  const next = {
    ...channel,
    users: channel.users.with(uid, user),
    online: channel.online + Number(online) - Number(known?.online ?? false),
  };
  if (online) {
    const isRole = known?.online && known.member.role !== member.role;
    const changes: PlainChange[] = known?.online
      ? isRole
        ? [{ type: 'role', member }]
        : []
      : [{ type: 'joined', member }];
    return { channel: next, verdict: 'applied', changes };
  }
  const number = channel.departedTo;
  const departed = channel.departed.with(number, { number, uid, clientSeq: notice.clientSeq, atMs: nowMs });
  const { reason } = notice;
  return {
    channel: { ...next, departed, departedTo: (number + 1) >>> 0 },
    verdict: 'applied',
    changes: known?.online ? [{ type: 'left', member, ...(reason !== undefined && { reason }) }] : [],
  };
}

/** The members who are online. */
export function* plainMembers({ users }: PlainChannel): Generator<RosterMember> {
  for (const { online, member } of users.values()) if (online) yield member;
}

function forgotten(channel: PlainChannel, nowMs: number, departedMax: number): PlainChannel {
  let { users, departed, departedFrom } = channel;
  for (let first = departed.get(departedFrom); first; first = departed.get(departedFrom)) {
    if (nowMs - first.atMs < rememberMs && departed.size <= departedMax) break;
    const user = users.get(first.uid);
    // The same clientSeq is the same leave: whoever came back, or left again since, has a greater one.
    if (user?.clientSeq === first.clientSeq) users = users.without(first.uid);
    departed = departed.without(departedFrom);
    departedFrom = (departedFrom + 1) >>> 0;
  }
  return departed === channel.departed ? channel : { ...channel, users, departed, departedFrom };
}

function withRole(member: RosterMember, role: NoticeRole): RosterMember {
  return member.role === role ? member : { ...member, role };
}

function described(notice: MemberNotice): RosterMember {
  if (notice.kind === 'joined') return memberOf(notice, notice);
  const { joinedSeconds: _unknown, ...member } = memberOf(notice, {});
  return member;
}
