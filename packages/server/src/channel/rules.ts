import type { RuleScope } from '@housecount/protocol';

/** Kicking rules: who is kept out, or kept from publishing, and until when (spec: rest section 3). */

export type AgoraPrivilege = 'join_channel' | 'publish_audio' | 'publish_video';
/** The privileges that the Agora-compatible API knows. */
export const agoraPrivileges: readonly AgoraPrivilege[] = ['join_channel', 'publish_audio', 'publish_video'];

/** `publish_message`: messages of signaling, to channels, topics and users. */
export type Privilege = AgoraPrivilege | 'publish_message';
export const privileges: readonly Privilege[] = [...agoraPrivileges, 'publish_message'];

/** A member of a live channel, by its uid there: that uid may be somebody else's in another channel. */
export interface MemberPlace {
  readonly channel: string;
  readonly uid: number;
}

export interface KickingRule {
  readonly id: number;
  readonly app: string;
  /** The scope is the AND of those set; at least one is. */
  readonly channel?: string;
  readonly uid?: number;
  /** The account of the uid, where the rule was made for that; for people who look at it. */
  readonly account?: string;
  readonly ip?: string;
  /**
   * The members of the live channel, by uid, who were surely one person with that uid when the rule was made; it means them too, with its other
   * fields. Of a rule without a channel, made before there were `membersIn`: in every channel.
   */
  readonly members?: readonly number[];
  /** The same, of a rule without a channel. */
  readonly membersIn?: readonly MemberPlace[];
  /** And the users of signaling. */
  readonly users?: readonly string[];
  readonly privileges: readonly Privilege[];
  /** Epoch milliseconds. */
  readonly endsMs: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/**
 * Whom a rule about an address puts out when it is made, beside whom it means from then on: for those who know where connections come
 * from, and put them out.
 */
export interface PutOutOnce {
  readonly membersIn?: readonly MemberPlace[];
  readonly users?: readonly string[];
  /** Its uid is that of a member of the live channel, and not of the user whose account has it too. */
  readonly isMemberAlone?: true;
}

export interface RuleSubject {
  readonly channel: string;
  readonly uid: number;
  readonly ip: string;
  /** Of a user of signaling; absent: it is a member of a live channel. */
  readonly userId?: string;
}

/** Finds the scope of a rule with these fields: a member, an address or a channel, whichever is the narrowest. */
export function scopeOf({ uid, ip }: Pick<KickingRule, 'uid' | 'ip'>): RuleScope {
  if (uid !== undefined) return 'uid';
  return ip === undefined ? 'channel' : 'ip';
}

/** Does the rule speak of this subject and privilege at `nowMs`? */
export function ruleMatches(
  rule: KickingRule,
  subject: RuleSubject,
  privilege: Privilege,
  nowMs: number,
): boolean {
  return rule.endsMs > nowMs && rule.privileges.includes(privilege) && isInScope(rule, subject);
}

type Scope = Pick<KickingRule, 'channel' | 'uid' | 'ip' | 'members' | 'membersIn' | 'users'>;

const isInScope = (rule: Scope, subject: RuleSubject): boolean =>
  (rule.channel === undefined || rule.channel === subject.channel) &&
  (rule.uid === undefined || rule.uid === subject.uid || isOtherHalf(rule, subject)) &&
  (rule.ip === undefined || rule.ip === subject.ip);

/** Tells of each subject whether the rule puts it out when it is made. */
export function whomItPutsOut(
  rule: Scope,
  { membersIn = [], users = [], isMemberAlone }: PutOutOnce,
): (subject: RuleSubject) => boolean {
  const scope: Scope = {
    ...rule,
    membersIn: [...(rule.membersIn ?? []), ...membersIn],
    users: [...(rule.users ?? []), ...users],
  };
  return (subject) =>
    isInScope(scope, subject) &&
    (isMemberAlone !== true || subject.userId === undefined || isOtherHalf(scope, subject));
}

/** Was the subject one person with whom the rule names? */
export const isOtherHalf = (
  { members = [], membersIn = [], users = [] }: Pick<KickingRule, 'members' | 'membersIn' | 'users'>,
  { channel, uid, userId }: Pick<RuleSubject, 'channel' | 'uid' | 'userId'>,
): boolean =>
  userId === undefined
    ? members.includes(uid) || membersIn.some((one) => one.uid === uid && one.channel === channel)
    : users.includes(userId);
