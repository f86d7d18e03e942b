import { type MetadataTarget, type SignalingErrorCode, signalingErrors } from '@housecount/protocol';
import type { Access, Permissions, Resource } from '../token/permissions.ts';
import type { SignalingContext } from './context.ts';
import { refused } from './names/answer.ts';
import type { ChannelKey } from './names/channel-key.ts';
import type { Request } from './requests.ts';
import type { Session } from './session/session.ts';

/** What a request needs, and the code of the API for who has it not. */
interface Need {
  /** Any of them. */
  readonly access: readonly Access[];
  readonly resource: Resource;
  readonly name: string;
  readonly code: SignalingErrorCode;
}

const { joinFailed, subscribeFailed, publishFailed, presenceFailed, storageFailed, lockFailed } =
  signalingErrors;

/** Why a user whose token has lists of permissions may not do this; undefined: they may. */
export function forbiddenBy(permissions: Permissions, userId: string, frame: Request) {
  const need = needOf(userId, frame);
  if (
    need === 'nothing' ||
    need.access.some((access) => permissions.allows(access, need.resource, need.name))
  )
    return undefined;
  const access = need.access.join(' or ');
  return refused(need.code, `The token does not allow to ${access} ${nouns[need.resource]} ${need.name}.`);
}

/**
 * What is asked needs of the lists. To give something up, to say something of oneself where one is, and what is one's own
 * needs nothing.
 */
function needOf(userId: string, frame: Request): Need | 'nothing' {
  switch (frame.type) {
    case 'subscribe':
      return frame.channelType === 'STREAM'
        ? ofChannel(frame, ['read', 'write'], joinFailed)
        : ofChannel(frame, ['read'], subscribeFailed);
    case 'publish':
      return frame.channelType === 'USER'
        ? ofUser(userId, frame.channel, 'write', publishFailed)
        : ofChannel({ channelType: 'MESSAGE', channel: frame.channel }, ['write'], publishFailed);
    case 'get-state':
    case 'online-users':
    case 'subscribe-roster':
      return ofChannel(frame, ['read'], presenceFailed);
    case 'user-channels':
      return ofUser(userId, frame.userId || userId, 'read', presenceFailed);
    case 'get-messages':
      // Between oneself and another: one's own.
      return frame.channelType === 'USER'
        ? 'nothing'
        : ofChannel(
            { channelType: 'MESSAGE', channel: frame.channel },
            ['read'],
            signalingErrors.historyNotPermitted,
          );
    case 'get-metadata':
      return ofTarget(userId, frame.target, 'read');
    case 'change-metadata':
      return ofTarget(userId, frame.target, 'write');
    case 'subscribe-user-metadata':
      return ofUser(userId, frame.userId, 'read', storageFailed);
    case 'get-locks':
      return ofChannel(frame, ['read'], lockFailed);
    case 'set-lock':
    case 'remove-lock':
    case 'acquire-lock':
    case 'revoke-lock':
      return ofChannel(frame, ['write'], lockFailed);
    case 'join-topic':
      return ofChannel(
        { channelType: 'STREAM', channel: frame.channel },
        ['write'],
        signalingErrors.joinTopicFailed,
      );
    case 'publish-topic':
      return ofChannel({ channelType: 'STREAM', channel: frame.channel }, ['write'], publishFailed);
    case 'subscribe-topic':
      return ofChannel({ channelType: 'STREAM', channel: frame.channel }, ['read'], subscribeFailed);
    case 'renew-token':
    case 'unsubscribe':
    case 'set-state':
    case 'remove-state':
    case 'unsubscribe-user-metadata':
    case 'release-lock':
    case 'leave-topic':
    case 'unsubscribe-topic':
    case 'unsubscribe-roster':
      return 'nothing';
  }
}

const nouns = {
  messageChannels: 'the channel',
  streamChannels: 'the stream channel',
  users: 'the user',
} as const;

type Place = Omit<ChannelKey, 'app'>;
const resourceOf = ({ channelType }: Place): Resource =>
  channelType === 'STREAM' ? 'streamChannels' : 'messageChannels';
const ofChannel = (place: Place, access: readonly Access[], code: SignalingErrorCode): Need => ({
  access,
  resource: resourceOf(place),
  name: place.channel,
  code,
});
const ofUser = (self: string, name: string, access: Access, code: SignalingErrorCode): Need | 'nothing' =>
  name === self ? 'nothing' : { access: [access], resource: 'users', name, code };
const ofTarget = (self: string, target: MetadataTarget, access: Access): Need | 'nothing' =>
  'userId' in target
    ? ofUser(self, target.userId, access, storageFailed)
    : ofChannel(target, [access], storageFailed);

/**
 * The session's token is another one: what it subscribed to and may read no longer, it is put out of, and told, now or when
 * it is back. Of a stream channel it is put out if it may do less there than before. Resolves when that is durable.
 */
export async function permit(
  { log, clock }: Pick<SignalingContext, 'log' | 'clock'>,
  session: Session,
  permissions: Permissions | undefined,
): Promise<void> {
  const before = session.permissions;
  session.permissions = permissions;
  if (!permissions) return;
  const mayNow = (access: Access, key: ChannelKey) =>
    permissions.allows(access, resourceOf(key), key.channel);
  const couldBefore = (access: Access, key: ChannelKey) =>
    before?.allows(access, resourceOf(key), key.channel) ?? true;
  const accesses = ['read', 'write'] as const;
  const isLess = (key: ChannelKey) =>
    !accesses.some((access) => mayNow(access, key)) ||
    accesses.some((access) => couldBefore(access, key) && !mayNow(access, key));
  for (const userId of [...session.followed])
    if (userId !== session.userId && !permissions.allows('read', 'users', userId))
      session.unfollowUser(userId);
  for (const key of [...session.rosterChannels])
    if (!mayNow('read', key)) session.rosterEnded(key, 'token_no_privilege');
  const keys = Array.from(session.subscriptions.values(), ({ key }) => key);
  const lost = keys.filter((key) => (key.channelType === 'STREAM' ? isLess(key) : !mayNow('read', key)));
  const channels: string[] = [];
  for (const key of lost) {
    session.waits.endAll(key);
    if (key.channelType === 'STREAM') session.streamEnded(key, 'token_no_privilege');
    else if (session.drop(key)) channels.push(key.channel);
  }
  if (channels.length > 0)
    session.answerLate((connection) =>
      connection.send({ type: 'read-revoked', channels, serverMs: clock.nowMs() }),
    );
  // To others they left, like everybody who goes.
  const left = lost.map((key) =>
    log.signaling(key, { type: 'leave', connectionId: session.id, evidence: 'bye' }),
  );
  await Promise.all(left);
}
