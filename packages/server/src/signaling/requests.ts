import {
  type Code,
  type SignalingClientFrame,
  type SignalingMessage,
  type SignalingStates,
  signalingErrors,
} from '@housecount/protocol';
import { checkSignalingToken } from '../edge/token/verify-signaling.ts';
import { limits } from '../limits.ts';
import { signalingKey } from '../log/world.ts';
import { acquireLock, lockNameOf } from './acquire-lock.ts';
import { done, refused, type SignalingAnswer } from './answer.ts';
import type { ChannelKey } from './channel-key.ts';
import type { SignalingContext } from './context.ts';
import { changeLock, locksOf } from './lock-requests.ts';
import { onlineUsers, statesOf, userChannels } from './queries.ts';
import type { RateKind } from './rates.ts';
import { refusalOf } from './refusals.ts';
import type { Session } from './session.ts';
import { changeMetadata, metadataKey, readMetadata } from './storage-requests.ts';
import { messagesTopic, storageTopic } from './topics.ts';

/** A frame that is answered by `ok` or `refused` with its id. */
export type Request = Exclude<SignalingClientFrame, { type: 'login' | 'ping' | 'logout' }>;
type RequestOf<Type extends Request['type']> = Extract<Request, { type: Type }>;

/** `afterOk` runs once the `ok` was sent. `later`: the session answers when it is time. */
export type Answer = (SignalingAnswer & { readonly afterOk?: () => void }) | { readonly later: true };

/** Does what a logged-in user asks for. */
export function handleRequest(
  context: SignalingContext,
  session: Session,
  frame: Request,
): Answer | Promise<Answer> {
  if (!session.rates.take(rateKinds[frame.type], context.clock.nowMs()))
    return refused(signalingErrors.rateExceeded, 'Too many requests in a short time.');
  switch (frame.type) {
    case 'renew-token':
      return renewToken(context, session, frame.token);
    case 'subscribe':
      return subscribe(context, session, frame);
    case 'unsubscribe':
      return unsubscribe(context, session, keyOf(session, frame));
    case 'publish':
      return frame.channelType === 'USER'
        ? tellUser(context, session, frame)
        : publish(context, session, frame);
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
    case 'acquire-lock':
      return acquireLock(context, session, frame);
    case 'release-lock':
      session.endWait(lockNameOf(session, frame));
      return changeLock(context.log, session.app.id, session.userId, frame);
    case 'set-lock':
    case 'remove-lock':
    case 'revoke-lock':
      return changeLock(context.log, session.app.id, session.userId, frame);
  }
}

const rateKinds = {
  'renew-token': 'other',
  subscribe: 'subscribe',
  unsubscribe: 'subscribe',
  publish: 'publish',
  'set-state': 'modify-state',
  'remove-state': 'modify-state',
  'get-state': 'get-state',
  'online-users': 'online-users',
  'user-channels': 'user-channels',
  'change-metadata': 'modify-metadata',
  'get-metadata': 'get-metadata',
  'subscribe-user-metadata': 'get-metadata',
  'unsubscribe-user-metadata': 'get-metadata',
  'get-locks': 'lock',
  'set-lock': 'lock',
  'remove-lock': 'lock',
  'acquire-lock': 'lock',
  'release-lock': 'lock',
  'revoke-lock': 'lock',
} as const satisfies Record<Request['type'], RateKind>;

const keyOf = (session: Session, { channelType, channel }: Omit<ChannelKey, 'app'>): ChannelKey => ({
  app: session.app.id,
  channelType,
  channel,
});

async function subscribe(
  { log }: SignalingContext,
  session: Session,
  frame: RequestOf<'subscribe'>,
): Promise<Answer> {
  const key = keyOf(session, frame);
  const { subscriptions, identity, id: connectionId, leaseMs, tokenEndsMs } = session;
  if (!subscriptions.has(signalingKey(key)) && subscriptions.size >= limits.signalingSubscriptionsMax)
    return refused(
      signalingErrors.tooManyChannels,
      `A user subscribes to at most ${limits.signalingSubscriptionsMax} channels.`,
    );
  const { states = {} } = frame;
  const tooLong = statesFault(log, session, key, states);
  if (tooLong) return tooLong;
  const joining = log.signaling(key, {
    type: 'join',
    identity,
    connectionId,
    quiet: frame.beQuiet,
    leaseMs,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    ip: session.connection?.socket.address ?? '',
  });
  const setting =
    Object.keys(states).length > 0
      ? log.signaling(key, { type: 'change-states', connectionId, set: states, remove: [] })
      : undefined;
  const joined = await joining;
  if (!joined.ok) {
    await setting;
    return failed(joined, signalingErrors.subscribeFailed);
  }
  session.keep(key, frame);
  const set = await setting;
  const listen = () => session.listen(key);
  if (!set || set.ok) return { ok: true, afterOk: listen };
  // The subscription stands; what was asked of it was not done.
  listen();
  return failed(set, signalingErrors.presenceFailed);
}

const tooMuch = 'That is too much for so many receivers; wait a moment.';

/** Everybody who follows the set is told all of it. */
function writeMetadata(
  { log, clock, audiences }: SignalingContext,
  session: Session,
  frame: RequestOf<'change-metadata'>,
): Answer | Promise<Answer> {
  const followers = audiences.sizeOf(storageTopic(metadataKey(session.app.id, frame.target)));
  if (!session.rates.takeDelivery(limits.metadataBytesMax * followers, clock.nowMs()))
    return refused(signalingErrors.rateExceeded, tooMuch);
  return changeMetadata(log, session.app.id, session.userId, frame);
}

function followUser(session: Session, userId: string): Answer {
  if (session.followedUsers >= limits.signalingFollowedUsersMax)
    return refused(
      signalingErrors.tooManyFollowedUsers,
      `At most ${limits.signalingFollowedUsersMax} users' metadata can be followed.`,
    );
  return { ...done(), afterOk: () => session.followUser(userId) };
}

async function unsubscribe({ log }: SignalingContext, session: Session, key: ChannelKey): Promise<Answer> {
  session.endWaits(key);
  if (!session.drop(key)) return done();
  const command = { type: 'leave', connectionId: session.id, evidence: 'bye' } as const;
  const outcome = await log.signaling(key, command);
  if (outcome.ok || outcome.code === 'not_joined') return done();
  return failed(outcome, signalingErrors.unsubscribeFailed);
}

/** Encoded once, for everybody who subscribed with messages, the publisher too. Done at once, so the order is the publisher's. */
function publish(
  { broadcast, clock, messages, audiences }: SignalingContext,
  session: Session,
  { channel, content, customType }: RequestOf<'publish'>,
): Answer {
  const key: ChannelKey = { app: session.app.id, channelType: 'MESSAGE', channel };
  const frame: SignalingMessage = {
    type: 'message',
    channelType: 'MESSAGE',
    channel,
    publisher: session.userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  };
  const text = JSON.stringify(frame);
  // Characters for bytes: what matters here is the size of it.
  const topic = messagesTopic(key);
  if (!session.rates.takeDelivery(text.length * audiences.sizeOf(topic), frame.serverMs))
    return refused(signalingErrors.publishTooFrequent, tooMuch);
  broadcast.publish(topic, text);
  messages.add();
  return done();
}

function tellUser(
  { sessions, clock, messages }: SignalingContext,
  session: Session,
  { channel, content, customType }: RequestOf<'publish'>,
): Answer {
  const receiver = sessions.of(session.app.id, channel)?.connection;
  if (!receiver || receiver.isOver)
    return refused(signalingErrors.receiverOffline, 'The receiver is offline.');
  receiver.send({
    type: 'message',
    channelType: 'USER',
    channel,
    publisher: session.userId,
    content,
    ...(customType !== undefined && { customType }),
    serverMs: clock.nowMs(),
  });
  messages.add();
  return done();
}

async function changeStates(
  { log }: SignalingContext,
  session: Session,
  key: ChannelKey,
  change: { readonly set: SignalingStates; readonly remove: readonly string[] | 'all' },
): Promise<Answer> {
  const tooLong = statesFault(log, session, key, change.set);
  if (tooLong) return tooLong;
  const outcome = await log.signaling(key, { type: 'change-states', connectionId: session.id, ...change });
  return outcome.ok ? done() : failed(outcome, signalingErrors.presenceFailed);
}

/** Would the user's states in the channel be too long, with these? */
function statesFault(
  log: SignalingContext['log'],
  session: Session,
  key: ChannelKey,
  set: SignalingStates,
): SignalingAnswer | undefined {
  const state = log.signalingChannel(key);
  const member =
    state?.presence.sid === undefined ? undefined : state.presence.roster.getByConnection(session.id);
  const before = member ? (state?.states.get(member.uid)?.states ?? {}) : {};
  let bytes = 0;
  for (const [name, value] of Object.entries(before))
    if (!Object.hasOwn(set, name)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  for (const [name, value] of Object.entries(set))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (bytes <= limits.signalingStatesBytesMax) return undefined;
  return refused(
    signalingErrors.stateValueTooLong,
    `The states of a user in a channel have at most ${limits.signalingStatesBytesMax} bytes.`,
  );
}

async function renewToken(
  { log, clock }: SignalingContext,
  session: Session,
  token: string,
): Promise<Answer> {
  const { app, userId, id: connectionId } = session;
  const nowMs = clock.nowMs();
  const grant = checkSignalingToken({ token, app, userId, nowMs, lengthMax: limits.tokenLengthMax });
  if (!grant.ok) return failed(grant, signalingErrors.invalidToken);
  const { loginEndsMs } = grant;
  const until = loginEndsMs === undefined ? {} : { tokenEndsMs: loginEndsMs };
  const outcomes = await Promise.all(
    Array.from(session.subscriptions.values(), ({ key }) =>
      log.signaling(key, { type: 'renew-token', connectionId, ...until }),
    ),
  );
  for (const outcome of outcomes)
    if (!outcome.ok && outcome.code !== 'not_joined') return failed(outcome, signalingErrors.invalidToken);
  session.tokenEndsMs = loginEndsMs;
  session.warned = false;
  return done();
}

/** What the log refused. A rule that keeps out of one channel is not one that keeps from logging in. */
const failed = (
  outcome: { readonly code: Code; readonly detail?: string },
  otherwise: (typeof signalingErrors)[keyof typeof signalingErrors],
): SignalingAnswer => {
  const refusal = refusalOf(outcome, otherwise);
  return outcome.code === 'banned' ? { ...refusal, code: otherwise } : refusal;
};
