import type { Clock } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Access, Permissions } from '../token/permissions.ts';
import { refused } from './names/answer.ts';
import type { ChannelKey } from './names/channel-key.ts';
import { type Need, resourceOf } from './names/need.ts';
import type { Session } from './session/session.ts';

/** Why a user whose token has lists of permissions may not do what needs this; undefined: they may. */
export function refusalOfNeed(permissions: Permissions, need: Need | 'nothing') {
  if (
    need === 'nothing' ||
    need.access.some((access) => permissions.allows(access, need.resource, need.name))
  )
    return undefined;
  const access = need.access.join(' or ');
  return refused(need.code, `The token does not allow to ${access} ${nouns[need.resource]} ${need.name}.`);
}

const nouns = {
  messageChannels: 'the channel',
  streamChannels: 'the stream channel',
  users: 'the user',
} as const;

/**
 * The session's token is another one: what it subscribed to and may read no longer, it is put out of, and told, now or when
 * it is back. Of a stream channel it is put out if it may do less there than before. Resolves when that is durable.
 */
export async function permit(
  { log, clock }: { readonly log: Pick<Commands, 'submit'>; readonly clock: Pick<Clock, 'nowMs'> },
  session: Session,
  permissions: Permissions | undefined,
): Promise<void> {
  const before = session.permissions;
  session.permissions = permissions;
  if (!permissions) return;
  const mayNow = (access: Access, key: ChannelKey) =>
    permissions.allows(access, resourceOf(key.kind), key.name);
  const couldBefore = (access: Access, key: ChannelKey) =>
    before?.allows(access, resourceOf(key.kind), key.name) ?? true;
  const accesses = ['read', 'write'] as const;
  const isLess = (key: ChannelKey) =>
    !accesses.some((access) => mayNow(access, key)) ||
    accesses.some((access) => couldBefore(access, key) && !mayNow(access, key));
  for (const userId of session.users.ids())
    if (userId !== session.userId && !permissions.allows('read', 'users', userId))
      session.users.unfollow(userId);
  for (const key of [...session.rosters.channels()])
    if (!mayNow('read', key)) session.rosterEnded(key, 'token_no_privilege');
  const lost = session.subscriptions
    .keys()
    .filter((key) => (key.kind === 'stream' ? isLess(key) : !mayNow('read', key)));
  const channels: string[] = [];
  for (const key of lost) {
    session.waits.endAll(key);
    if (key.kind === 'stream') session.streamEnded(key, 'token_no_privilege');
    else if (session.subscriptions.drop(key)) channels.push(key.name);
  }
  if (channels.length > 0)
    session.answerLate((connection) =>
      connection.send({ type: 'read-revoked', channels, serverMs: clock.nowMs() }),
    );
  // Other members see a normal leave.
  const left = lost.map((key) =>
    log.submit(key, { type: 'leave', connectionId: session.id, evidence: 'bye' }),
  );
  await Promise.all(left);
}
