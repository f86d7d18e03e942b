import { type Channel, liveKey, type OpenChannel, peopledKinds } from '../../../channel/channel.ts';
import { type Member, userIdOf } from '../../../channel/membership/member.ts';
import type { Roster } from '../../../channel/membership/roster.ts';
import type { MemberPlace, RuleSubject } from '../../../channel/rules.ts';
import type { RuleDraft } from '../../contract/rules.ts';
import type { StateView } from '../../state/state-view.ts';
import { knownUid } from '../identity.ts';

/** Members of live channels, and users of signaling, who are one person with somebody. */
export interface OtherHalves {
  /** Those whose uid is surely theirs. */
  readonly members: readonly MemberPlace[];
  /** Those who are linked to that person, and have a uid that may be anybody's. */
  readonly unproven: readonly MemberPlace[];
  readonly users: readonly string[];
}

export const nobodyElse: OtherHalves = { members: [], unproven: [], users: [] };

type Known = Pick<StateView, 'channel' | 'live' | 'accounts' | 'accountUids' | 'seen'>;

/**
 * The other halves of whom the rule names, by any of its names, in the channels that it is about. `isMemberAlone`: its uid is that of a
 * member, and not of the user whose account has it too.
 */
export function otherHalves(
  state: Known,
  { app, channel, uid, account }: RuleDraft,
  nowMs: number,
  isMemberAlone = false,
): OtherHalves {
  if (uid === undefined) return nobodyElse;
  const live = channel === undefined ? [...state.live(app)] : [state.channel(liveKey(app, channel))];
  const open = live.filter(isOpen);
  const accounts = new Set([account, state.accounts.ownerOf(app, uid, nowMs)]);
  for (const kind of channel === undefined ? [] : peopledKinds) {
    const there = state.channel({ app, kind, name: channel ?? '' });
    if (isOpen(there)) accounts.add(there.roster.get(uid)?.account);
  }
  const linked = new Set<string>();
  for (const { roster } of open) {
    const member = roster.get(uid);
    accounts.add(member?.account);
    if (member?.userId !== undefined) linked.add(member.userId);
  }
  const known = [...accounts].filter((each) => each !== undefined);
  const own = known.length > 0 ? known : [String(uid)];
  const found = new Map<Member, MemberPlace>();
  for (const name of new Set([...(isMemberAlone ? [] : own), ...linked])) {
    const nameUid = knownUid(state, app, name, nowMs);
    for (const { key, roster } of open)
      for (const member of membersOf(roster, name, nameUid))
        if (member.uid !== uid) found.set(member, { channel: key.name, uid: member.uid });
  }
  const halves = [...found];
  return {
    members: halves.flatMap(([member, place]) => (member.unproven ? [] : place)),
    unproven: halves.flatMap(([member, place]) => (member.unproven ? place : [])),
    users: [...linked],
  };
}

/**
 * Is the uid, which is named without its account, that of a member that came by an account that is not proven to be its own? Then it is not
 * the user of that account.
 */
export function isMemberAlone(
  state: Pick<Known, 'channel'>,
  { app, channel, uid, account }: RuleDraft,
): boolean {
  if (channel === undefined || uid === undefined || account !== undefined) return false;
  const live = state.channel(liveKey(app, channel));
  const member = isOpen(live) ? live.roster.get(uid) : undefined;
  return member?.unproven === true && member.account !== undefined && member.account !== String(uid);
}

/** The members that are linked to the user, and the one that is the user by its own name, if its token names it. */
function membersOf(roster: Roster, userId: string, uid: number | undefined): readonly Member[] {
  const own = uid === undefined ? undefined : roster.get(uid);
  const isUser = own && own.userId === undefined && !own.unproven && userIdOf(own) === userId;
  return isUser ? [...roster.linkedTo(userId), own] : roster.linkedTo(userId);
}

/** Everybody who is one person with the subject now, in its channel, as rules may speak of them; itself first. */
export function wholePerson(
  state: Omit<Known, 'live'>,
  app: string,
  subject: RuleSubject,
  nowMs: number,
): readonly RuleSubject[] {
  const { channel, uid, ip, userId } = subject;
  const live = state.channel(liveKey(app, channel));
  if (!isOpen(live)) return [subject];
  if (userId !== undefined)
    return [subject, ...live.roster.linkedTo(userId).map((member) => ({ channel, uid: member.uid, ip }))];
  const linked = live.roster.get(uid)?.userId;
  return linked === undefined
    ? [subject]
    : [subject, userSubject(state, app, { ...subject, userId: linked }, nowMs)];
}

/** A user of signaling, as rules may speak of them. */
export const userSubject = (
  state: Pick<Known, 'accounts' | 'accountUids' | 'seen'>,
  app: string,
  { channel, ip, userId }: Omit<Required<RuleSubject>, 'uid'>,
  nowMs: number,
): RuleSubject => ({ channel, ip, userId, uid: knownUid(state, app, userId, nowMs) ?? 0 });

const isOpen = (channel: Channel): channel is OpenChannel => channel.sid !== undefined;
