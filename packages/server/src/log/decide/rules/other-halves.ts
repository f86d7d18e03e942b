import { type Channel, liveKey, type OpenChannel, peopledKinds } from '../../../channel/channel.ts';
import { type Member, userIdOf } from '../../../channel/membership/member.ts';
import type { Roster } from '../../../channel/membership/roster.ts';
import type { KickingRule, RuleSubject } from '../../../channel/rules.ts';
import type { RuleDraft } from '../../contract/rules.ts';
import type { StateView } from '../../state/state-view.ts';
import { knownUid } from '../identity.ts';

/** Members of live channels, and users of signaling, who are one person with somebody. */
export type OtherHalves = Required<Pick<KickingRule, 'members' | 'users'>>;

export const nobodyElse: OtherHalves = { members: [], users: [] };

type Known = Pick<StateView, 'channel' | 'live' | 'accounts' | 'accountUids' | 'seen'>;

/** The other halves of whom the rule names, by any of its names, in the channels that it is about. */
export function otherHalves(
  state: Known,
  { app, channel, uid, account }: RuleDraft,
  nowMs: number,
): OtherHalves {
  if (uid === undefined) return nobodyElse;
  const live = channel === undefined ? [...state.live(app)] : [state.channel(liveKey(app, channel))];
  const rosters = live.filter(isOpen).map(({ roster }) => roster);
  const accounts = new Set([account, state.accounts.ownerOf(app, uid, nowMs)]);
  for (const kind of channel === undefined ? [] : peopledKinds) {
    const there = state.channel({ app, kind, name: channel ?? '' });
    if (isOpen(there)) accounts.add(there.roster.get(uid)?.account);
  }
  const linked = new Set<string>();
  for (const roster of rosters) {
    const member = roster.get(uid);
    accounts.add(member?.account);
    if (member?.userId !== undefined) linked.add(member.userId);
  }
  const own = [...accounts].filter((each) => each !== undefined);
  const members = new Set<number>();
  for (const name of new Set([...(own.length > 0 ? own : [String(uid)]), ...linked])) {
    const nameUid = knownUid(state, app, name, nowMs);
    for (const roster of rosters)
      for (const member of membersOf(roster, name, nameUid)) members.add(member.uid);
  }
  members.delete(uid);
  return { members: [...members], users: [...linked] };
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
