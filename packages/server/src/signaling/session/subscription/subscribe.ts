import { type SignalingRequest, signalingErrors } from '@housecount/protocol';
import type { Commands } from '../../../log/contract/commands.ts';
import { done, refused } from '../../names/answer.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { failed } from '../../names/refusals.ts';
import type { Answer } from '../../names/request.ts';
import { statesFault } from '../../presence/own-states.ts';
import { joinOf } from '../join-of.ts';
import type { Session } from '../session.ts';
import { checkStreamToken, type StreamTokenNeeds } from './stream-token.ts';

export type SubscribeNeeds = StreamTokenNeeds & { readonly log: Pick<Commands, 'join'> };

/** Makes the session's user a member of the channel, or changes how it is one; what happens there is told once the answer is. */
export async function subscribe(
  needs: SubscribeNeeds,
  session: Session,
  key: ChannelKey,
  frame: Extract<SignalingRequest, { type: 'subscribe' }>,
): Promise<Answer> {
  const { log } = needs;
  const isStream = key.kind === 'stream';
  const { id: connectionId } = session;
  if (
    !session.subscriptions.has(key) &&
    session.subscriptions.countOf(key.kind) >= session.limits.signalingSubscriptionsMax
  )
    return refused(
      signalingErrors.tooManyChannels,
      `A user subscribes to at most ${session.limits.signalingSubscriptionsMax} channels of a kind.`,
    );
  const grant = isStream
    ? checkStreamToken(needs, session, key.name, frame.token)
    : ({ ok: true, endsMs: session.tokenEndsMs } as const);
  if (!grant.ok) return failed(grant, signalingErrors.joinFailed);
  const { states = {} } = frame;
  const tooLong = statesFault(states);
  if (tooLong) return tooLong;
  const joining = log.join({ ...joinOf(session, key, grant.endsMs), quiet: frame.beQuiet });
  const setting =
    Object.keys(states).length > 0
      ? // All of them: a client that comes back knows what it wants, and not what is left of what it had.
        log.submit(key, { type: 'change-states', connectionId, set: states, remove: 'all' })
      : undefined;
  const joined = await joining;
  if (!joined.ok) {
    await setting;
    const code = isStream ? signalingErrors.joinFailed : signalingErrors.subscribeFailed;
    return joined.code === 'replaced'
      ? refused(code, 'The user was put out again in the same moment.')
      : failed(joined, code);
  }
  session.keep(key, frame, joined.member.attachment);
  if (isStream) {
    // A member that was in already came with a new token as well, so the log is told of that.
    const until = grant.endsMs === undefined ? {} : { tokenEndsMs: grant.endsMs };
    const renewed = await log.submit(key, { type: 'renew-token', connectionId, ...until });
    if (!renewed.ok) return failed(renewed, signalingErrors.joinFailed);
    session.subscriptions.stream(key)?.renewed(grant.endsMs);
  }
  const set = await setting;
  const listen = () => session.subscriptions.listen(key);
  if (!set || set.ok) return { ok: true, afterOk: listen };
  // The subscription stands; what was asked of it was not done.
  listen();
  return failed(set, signalingErrors.presenceFailed);
}

/** Ends the membership; resolves when that is durable. Nothing of the channel is told after the call. */
export async function unsubscribe(
  { log }: { readonly log: Pick<Commands, 'submit'> },
  session: Session,
  key: ChannelKey,
): Promise<Answer> {
  session.waits.endAll(key);
  if (!session.subscriptions.drop(key)) return done();
  const command = { type: 'leave', connectionId: session.id, evidence: 'bye' } as const;
  const outcome = await log.submit(key, command);
  if (outcome.ok || outcome.code === 'not_joined') return done();
  return failed(outcome, signalingErrors.unsubscribeFailed);
}

/** Follows a user's metadata, once the answer is told. */
export function followUser(session: Session, userId: string): Answer {
  if (!session.users.has(userId) && session.users.size >= session.limits.signalingFollowedUsersMax)
    return refused(
      signalingErrors.tooManyFollowedUsers,
      `At most ${session.limits.signalingFollowedUsersMax} users' metadata can be followed.`,
    );
  return { ...done(), afterOk: () => session.users.follow(userId) };
}
