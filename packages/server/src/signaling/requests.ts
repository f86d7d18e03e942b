import { type SignalingClientFrame, signalingErrors } from '@housecount/protocol';
import { limits } from '../limits.ts';
import { tokenTime } from '../token/verify.ts';
import { checkSignalingToken } from '../token/verify-signaling.ts';
import type { SignalingContext } from './context.ts';
import { acquireLock, lockNameOf } from './locks/acquire-lock.ts';
import { changeLock, locksOf } from './locks/lock-requests.ts';
import { getMessages, publishKept } from './messages/kept-messages.ts';
import { muted } from './messages/moderation.ts';
import { publish, publisherOf, refusalOfReceiver, tellUser, writeMetadata } from './messages/publish.ts';
import { changeTopic, publishTopic, subscribeTopic, unsubscribeTopic } from './messages/topic-requests.ts';
import { done, refused, type SignalingAnswer } from './names/answer.ts';
import type { ChannelKey } from './names/channel-key.ts';
import { failed } from './names/refusals.ts';
import { forbiddenBy, permit } from './permissions.ts';
import { changeStates } from './presence/own-states.ts';
import { onlineUsers, statesOf, userChannels } from './presence/queries.ts';
import { followRoster, leaveRoster } from './roster/roster-requests.ts';
import type { RateKind } from './session/rates.ts';
import type { Session } from './session/session.ts';
import { renewStreamToken } from './session/stream-token.ts';
import { followUser, subscribe, unsubscribe } from './session/subscribe.ts';
import { readMetadata } from './storage/storage-requests.ts';

/** A frame that is answered by `ok` or `refused` with its id. */
export type Request = Exclude<SignalingClientFrame, { type: 'login' | 'ping' | 'logout' }>;

/** `afterOk` runs once the `ok` was sent. `later`: the session answers when it is time. */
export type Answer = (SignalingAnswer & { readonly afterOk?: () => void }) | { readonly later: true };

/** Does what a logged-in user asks for. */
export function handleRequest(
  context: SignalingContext,
  session: Session,
  frame: Request,
): Answer | Promise<Answer> {
  const forbidden = session.permissions && forbiddenBy(session.permissions, session.userId, frame);
  if (forbidden) return forbidden;
  // Its own rate is by topic.
  if (frame.type === 'publish-topic') return publishTopic(context, session, frame);
  if (!session.rates.take(rateKinds[frame.type], context.clock.steadyMs())) return tooMany();
  switch (frame.type) {
    case 'renew-token':
      return frame.channel === undefined
        ? renewToken(context, session, frame.token)
        : renewStreamToken(context, session, frame.channel, frame.token);
    case 'subscribe':
      return subscribe(context, session, keyOf(session, frame), frame);
    case 'unsubscribe':
      return unsubscribe(context, session, keyOf(session, frame));
    case 'publish': {
      const toUser = frame.channelType === 'USER';
      const mute = muted(context, session, toUser ? undefined : frame.channel);
      if (mute) return mute;
      const busy = toUser && refusalOfReceiver(context, session.app.id, frame.channel);
      if (busy) return busy;
      if (frame.storeInHistory) return publishKept(context, publisherOf(session), frame);
      return toUser
        ? tellUser(context, publisherOf(session), frame)
        : publish(context, publisherOf(session), frame);
    }
    case 'set-state':
      return changeStates(context, session, keyOf(session, frame), { set: frame.states, remove: [] });
    case 'remove-state': {
      const remove = frame.keys.length === 0 ? 'all' : frame.keys;
      return changeStates(context, session, keyOf(session, frame), { set: {}, remove });
    }
    case 'get-state': {
      const states = statesOf(context, session, keyOf(session, frame), frame.userId);
      if (states) return done({ states });
      return refused(signalingErrors.userNotInChannel, 'The user is not in the channel.');
    }
    case 'online-users':
      return onlineUsers(context, keyOf(session, frame), frame);
    case 'user-channels':
      return userChannels(context, session.app.id, frame.userId);
    case 'subscribe-roster':
      return followRoster(context, session, keyOf(session, frame), frame);
    case 'unsubscribe-roster':
      return leaveRoster(session, keyOf(session, frame), frame);
    case 'change-metadata':
      return writeMetadata(context, session, frame);
    case 'get-metadata':
      return readMetadata(context.log, session.app.id, frame.target);
    case 'subscribe-user-metadata':
      return followUser(session, frame.userId);
    case 'unsubscribe-user-metadata':
      session.unfollowUser(frame.userId);
      return done();
    case 'get-locks': {
      const { locks } = context.log.signalingState(keyOf(session, frame));
      return done({ locks: locksOf(locks) });
    }
    case 'get-messages':
      return getMessages(context, session, frame);
    case 'join-topic':
    case 'leave-topic':
      return changeTopic(context, session, frame);
    case 'subscribe-topic':
      return subscribeTopic(context, session, frame);
    case 'unsubscribe-topic':
      return unsubscribeTopic(session, frame);
    case 'acquire-lock':
      return acquireLock(context, session, frame);
    case 'release-lock':
      session.waits.end(lockNameOf(session, frame));
      return changeLock(context.log, session.app.id, session.userId, frame);
    case 'set-lock':
    case 'remove-lock':
    case 'revoke-lock':
      return changeLock(context.log, session.app.id, session.userId, frame);
  }
}

const tooMany = () => refused(signalingErrors.rateExceeded, 'Too many requests in a short time.');

const rateKinds = {
  'renew-token': 'other',
  subscribe: 'subscribe',
  unsubscribe: 'subscribe',
  publish: 'publish',
  'set-state': 'modify-state',
  'remove-state': 'modify-state',
  'get-state': 'get-state',
  'online-users': 'online-users',
  'subscribe-roster': 'roster',
  'unsubscribe-roster': 'roster',
  'user-channels': 'user-channels',
  'change-metadata': 'modify-metadata',
  'get-metadata': 'get-metadata',
  'subscribe-user-metadata': 'get-metadata',
  'unsubscribe-user-metadata': 'get-metadata',
  'get-messages': 'get-messages',
  'join-topic': 'topic',
  'leave-topic': 'topic',
  'subscribe-topic': 'topic',
  'unsubscribe-topic': 'topic',
  'get-locks': 'lock',
  'set-lock': 'lock',
  'remove-lock': 'lock',
  'acquire-lock': 'lock',
  'release-lock': 'lock',
  'revoke-lock': 'lock',
} as const satisfies Record<Exclude<Request['type'], 'publish-topic'>, RateKind>;

const keyOf = (session: Session, { channelType, channel }: Omit<ChannelKey, 'app'>): ChannelKey => ({
  app: session.app.id,
  channelType,
  channel,
});

async function renewToken(context: SignalingContext, session: Session, token: string): Promise<Answer> {
  const { log, clock } = context;
  const { app, userId, id: connectionId } = session;
  const grant = checkSignalingToken({
    token,
    app,
    userId,
    ...tokenTime(clock),
    lengthMax: limits.tokenLengthMax,
    isHere: true,
  });
  if (!grant.ok) return failed(grant, signalingErrors.invalidToken);
  if (!session.rates.takeRenewals(session.countOf('MESSAGE'), clock.steadyMs())) return tooMany();
  const { loginEndsMs, permissions } = grant;
  const until = loginEndsMs === undefined ? {} : { tokenEndsMs: loginEndsMs };
  const outcomes = await Promise.all(
    Array.from(session.subscriptions.values())
      // A stream channel has a token of its own.
      .filter(({ key }) => key.channelType === 'MESSAGE')
      .map(({ key }) => log.signaling(key, { type: 'renew-token', connectionId, ...until })),
  );
  for (const outcome of outcomes)
    if (!outcome.ok && outcome.code !== 'not_joined') return failed(outcome, signalingErrors.invalidToken);
  session.tokenEndsMs = loginEndsMs;
  session.warned = false;
  await permit(context, session, permissions);
  return done();
}
