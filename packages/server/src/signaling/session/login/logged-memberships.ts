import { type Member, userIdOf } from '../../../channel/membership/member.ts';
import type { Channels } from '../../../log/contract/channels.ts';
import type { Identities } from '../../../log/contract/identities.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { type Home, homeOf } from '../../names/home.ts';
import { uidOf } from '../../names/identity.ts';
import type { Whereabouts } from '../../presence/whereabouts.ts';

export interface MembershipNeeds {
  readonly log: Pick<Channels, 'channel'> & Pick<Identities, 'uidOf'>;
  readonly whereabouts: Pick<Whereabouts, 'subscriptions'>;
}

export interface LoggedMembership {
  readonly key: ChannelKey;
  /** The session that it is of. */
  readonly connectionId: string;
}

/** The user's subscriptions, as the log has them. */
export function loggedMemberships(
  { log, whereabouts }: MembershipNeeds,
  app: string,
  userId: string,
): readonly LoggedMembership[] {
  const uid = uidOf(log, app, userId);
  if (uid === undefined) return [];
  const found: LoggedMembership[] = [];
  for (const key of whereabouts.subscriptions(app, uid)) {
    const member = log.channel(key)?.roster.get(uid);
    if (member && userIdOf(member) === userId) found.push({ key, connectionId: member.connectionId });
  }
  return found;
}

/** The session of the user, as the log has it; undefined: they are not logged in. */
export function loggedSession(
  log: Pick<Channels, 'channel'>,
  app: string,
  userId: string,
): { readonly key: Home; readonly connectionId: string; readonly member: Member } | undefined {
  const key = homeOf(app, userId);
  for (const member of log.channel(key)?.roster ?? [])
    return { key, connectionId: member.connectionId, member };
  return undefined;
}

/** True if the session is in the channel, as the log has it. */
export const isLoggedIn = (log: Pick<Channels, 'channel'>, key: ChannelKey | Home, id: string): boolean =>
  log.channel(key)?.roster.getByConnection(id) !== undefined;
