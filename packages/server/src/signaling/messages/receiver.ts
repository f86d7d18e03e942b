import type { Channels } from '../../log/contract/channels.ts';
import type { Identities } from '../../log/contract/identities.ts';
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
 * that name are linked to.
 */
export function receiverOf({ log, sessions, whereabouts }: ReceiverNeeds, app: string, name: string): string {
  const uid = sessions.of(app, name) ? undefined : uidOf(log, app, name);
  if (uid === undefined) return name;
  const users = new Set<string>();
  for (const key of whereabouts.of(app, uid)) {
    const member = key.kind === 'live' ? log.channel(key)?.roster.get(uid) : undefined;
    if (member?.userId !== undefined && (member.account ?? String(uid)) === name) users.add(member.userId);
  }
  const [user] = users;
  return users.size === 1 && user !== undefined ? user : name;
}
