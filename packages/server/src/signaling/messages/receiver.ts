import type { Member } from '../../channel/membership/member.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Identities } from '../../log/contract/identities.ts';
import { spelledUid } from '../../log/decide/account-uids.ts';
import { uidOf } from '../names/identity.ts';
import type { Whereabouts } from '../presence/whereabouts.ts';
import type { Sessions } from '../session/sessions.ts';

export interface ReceiverNeeds {
  readonly log: Pick<Channels, 'channel'> & Pick<Identities, 'uidOf'>;
  readonly sessions: Pick<Sessions, 'of'>;
  readonly whereabouts: Pick<Whereabouts, 'of'>;
}

/**
 * The user whom a message to this name is for: who is logged in under it, or else the one user that the members of live channels with
 * that name, as account or uid, are linked to. Of members whose own name is not proven there may be any, as anybody's: they do not count.
 */
export function receiverOf({ log, sessions, whereabouts }: ReceiverNeeds, app: string, name: string): string {
  if (sessions.of(app, name)) return name;
  const users = new Set<string>();
  for (const uid of new Set([uidOf(log, app, name), spelledUid(name)])) {
    if (uid === undefined) continue;
    for (const key of whereabouts.of(app, uid)) {
      const member = key.kind === 'live' ? log.channel(key)?.roster.get(uid) : undefined;
      if (member?.userId !== undefined && !member.unproven && isNamed(member, name)) users.add(member.userId);
    }
  }
  const [user] = users;
  return users.size === 1 && user !== undefined ? user : name;
}

const isNamed = ({ account, uid }: Pick<Member, 'account' | 'uid'>, name: string): boolean =>
  account === name || String(uid) === name;
