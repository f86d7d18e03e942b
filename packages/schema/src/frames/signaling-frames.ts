import {
  linkNonceLengthMax,
  signalingErrors,
  signalingMessageBytesMax,
  signalingMessagesMax,
  signalingTopicMessageBytesMax,
  signalingTopicMetaBytesMax,
  signalingVersion,
} from '@housecount/protocol';
import { appId } from '../names.ts';
import {
  anyOf,
  boolean,
  closed,
  constant,
  described,
  integer,
  lacking,
  named,
  oneOf,
  optional,
  refusing,
  string,
} from '../shape.ts';
import { saying, whole } from './frame-words.ts';
import {
  accessToken,
  audience,
  channel,
  content,
  cursor,
  customType,
  frame,
  id,
  items,
  lock,
  lockName,
  namedAudience,
  numbered,
  place,
  revision,
  seconds,
  stateKeys,
  states,
  target,
  text,
  time,
  topic,
  user,
  users,
  view,
  where,
} from './signaling-client-words.ts';

/** What clients send at /v1/signaling. The protocol's types and the fields of its parser are made of it; the parser has rules about two fields by hand, and a test holds both together. */

const sessionFrames = {
  login: frame(
    'SignalingLogin',
    'The first frame. With `session` a session is taken up again: subscriptions and states are as they were.',
    {
      type: constant('login'),
      version: constant(signalingVersion),
      app: numbered(signalingErrors.invalidAppId, appId('App id.')),
      userId: user,
      token: optional(
        accessToken(
          'AccessToken2 with the RTM login privilege for this user; not needed where the app is in development.',
        ),
      ),
      session: optional(
        described(
          'Id and key of a former welcome, with which the client resumes that session within its lease.',
          refusing(closed({ id: text('Id of a former welcome.', 128), key: text('Its key.', 1_024) }), {
            must: 'an object with "id" and "key"',
          }),
        ),
      ),
      attempt: optional(
        whole(
          'With `session`: the number of this attempt, to a server whose welcome has `attempt`. A lower one than was taken already is refused with `replaced`. Default 0.',
        ),
      ),
      heartbeatInterval: seconds(
        "Seconds; the client's own setting (spec: signaling 1.2), clamped by the server.",
      ),
      presenceTimeout: seconds(
        "Seconds; the client's own setting (spec: signaling 1.2), clamped by the server.",
      ),
    },
  ),
  ping: frame('SignalingPing', 'Keeps the connection; answered with `pong`.', { type: constant('ping') }),
  logout: frame(
    'SignalingLogout',
    'Ends the session at once: it leaves every channel. Answered with `closing`, code `left`.',
    { type: constant('logout') },
  ),
};

const channelFrames = {
  'renew-token': frame('SignalingRenewToken', '', {
    type: constant('renew-token'),
    id,
    token: accessToken('The new AccessToken2.'),
    channel: optional(described('A stream channel, if it is the token of that one.', channel)),
  }),
  'link-proof': frame(
    'SignalingLinkProof',
    'Proves to a live channel that its member, whose connection was welcomed with this nonce, is the user of this session.',
    {
      type: constant('link-proof'),
      id,
      nonce: text("The `link.nonce` of the live connection's welcome.", linkNonceLengthMax),
    },
  ),
  subscribe: frame(
    'SignalingSubscribe',
    '',
    {
      type: constant('subscribe'),
      id,
      ...place,
      withMessage: optional(boolean('Only of message channels.')),
      token: optional(
        accessToken(
          'Only of stream channels: an AccessToken2 with the RTC join privilege for the channel and this user. An app in development needs none.',
        ),
      ),
      withPresence: boolean(),
      withMetadata: boolean(),
      withLock: boolean(),
      beQuiet: boolean('True: nobody is told of this user, and no list contains it.'),
      states: optional(
        states(
          'States by key that are set together with the subscription, and reported as part of it (spec: signaling 3.4).',
        ),
      ),
    },
    {
      anyOf: [
        { ...where('channelType', 'MESSAGE'), required: ['withMessage'], ...lacking('token') },
        { ...where('channelType', 'STREAM'), ...lacking('withMessage') },
      ],
    },
  ),
  unsubscribe: frame('SignalingUnsubscribe', '', { type: constant('unsubscribe'), id, ...place }),
  publish: frame(
    'SignalingPublish',
    '',
    {
      type: constant('publish'),
      id,
      ...audience,
      content: content(signalingMessageBytesMax),
      customType: optional(customType),
      storeInHistory: optional(boolean('Durable before it is told, and then in the history.')),
    },
    namedAudience,
  ),
  'get-messages': frame(
    'SignalingGetMessages',
    'Messages that were kept, newest first (spec: signaling 4.3); of `USER` between oneself and the user whom `channel` names, in both directions.',
    {
      type: constant('get-messages'),
      id,
      ...audience,
      count: integer('The number of messages at most, 1 to 100.', {
        minimum: 1,
        maximum: signalingMessagesMax,
      }),
      start: time('Only messages earlier than this, epoch milliseconds; 0: all.'),
      end: time('Only messages not earlier than this, epoch milliseconds; 0: all. Not later than `start`.'),
    },
    { anyOf: [where('start', 0), { 'x-ordered': ['end', 'start'] }], ...namedAudience },
  ),
};

const presenceFrames = {
  'set-state': frame('SignalingSetState', 'Merged into what there is; own state only.', {
    type: constant('set-state'),
    id,
    ...place,
    states: states('States by key.'),
  }),
  'remove-state': frame('SignalingRemoveState', '', {
    type: constant('remove-state'),
    id,
    ...place,
    keys: stateKeys('No keys: all of it.'),
  }),
  'get-state': frame('SignalingGetState', '', {
    type: constant('get-state'),
    id,
    ...place,
    userId: user,
  }),
  'online-users': frame(
    'SignalingOnlineUsers',
    '',
    {
      type: constant('online-users'),
      id,
      ...place,
      includedUserId: boolean(),
      includedState: boolean(),
      page: optional(
        numbered(signalingErrors.presenceInvalidArgument, text('The cursor that the page before gave.', 128)),
      ),
    },
    { anyOf: [where('includedUserId', true), { ...where('includedState', false), ...lacking('page') }] },
  ),
  'user-channels': frame('SignalingUserChannels', '', {
    type: constant('user-channels'),
    id,
    userId: user,
  }),
};

const rosterFrames = {
  'subscribe-roster': frame(
    'SignalingSubscribeRoster',
    '',
    {
      type: constant('subscribe-roster'),
      id,
      ...place,
      view: optional(described('Absent: all of it.', view)),
      cursor: optional(
        numbered(
          signalingErrors.presenceInvalidArgument,
          saying(
            'A whole roster goes on after this cursor, if the server still has the changes since.',
            cursor,
          ),
          'an object',
        ),
      ),
    },
    lacking('view', 'cursor'),
  ),
  'unsubscribe-roster': frame('SignalingUnsubscribeRoster', '', {
    type: constant('unsubscribe-roster'),
    id,
    ...place,
    view: optional(view),
  }),
};

const storageFrames = {
  'change-metadata': frame('SignalingChangeMetadata', 'All of it or nothing (spec: signaling 4.1).', {
    type: constant('change-metadata'),
    id,
    target,
    mode: numbered(
      signalingErrors.storageInvalidArgument,
      described(
        '`set` writes; `update` only what is there; `remove` takes out, everything if `items` is empty.',
        oneOf('set', 'update', 'remove'),
      ),
      '"set", "update" or "remove"',
    ),
    items,
    majorRevision: revision,
    lockName: described('Empty: none is needed.', lockName),
    addTimeStamp: boolean(),
    addUserId: boolean(),
  }),
  'get-metadata': frame('SignalingGetMetadata', '', { type: constant('get-metadata'), id, target }),
  'subscribe-user-metadata': frame('SignalingSubscribeUserMetadata', '', {
    type: constant('subscribe-user-metadata'),
    id,
    userId: user,
  }),
  'unsubscribe-user-metadata': frame('SignalingUnsubscribeUserMetadata', '', {
    type: constant('unsubscribe-user-metadata'),
    id,
    userId: user,
  }),
  'set-lock': frame('SignalingSetLock', '', {
    type: constant('set-lock'),
    ...lock,
    ttl: seconds('Seconds, 10 to 300.'),
  }),
  'remove-lock': frame('SignalingRemoveLock', '', { type: constant('remove-lock'), ...lock }),
  'acquire-lock': frame('SignalingAcquireLock', '', {
    type: constant('acquire-lock'),
    ...lock,
    retry: boolean(
      'True: answered when it is had, or given up by `release-lock`, unsubscribing or the end of the session.',
    ),
  }),
  'release-lock': frame('SignalingReleaseLock', '', { type: constant('release-lock'), ...lock }),
  'revoke-lock': frame('SignalingRevokeLock', '', { type: constant('revoke-lock'), ...lock, owner: user }),
  'get-locks': frame('SignalingGetLocks', '', { type: constant('get-locks'), id, ...place }),
};

const topicFrames = {
  'join-topic': frame('SignalingJoinTopic', 'Begins to publish in a topic, or changes `meta`.', {
    type: constant('join-topic'),
    ...topic,
    meta: numbered(
      signalingErrors.invalidTopicMeta,
      string("A text of the publisher's own.", { 'x-utf8BytesMax': signalingTopicMetaBytesMax }),
      `a text of at most ${signalingTopicMetaBytesMax} bytes`,
    ),
  }),
  'leave-topic': frame('SignalingLeaveTopic', '', { type: constant('leave-topic'), ...topic }),
  'publish-topic': frame('SignalingPublishTopic', '', {
    type: constant('publish-topic'),
    ...topic,
    content: content(signalingTopicMessageBytesMax),
    customType: optional(customType),
  }),
  'subscribe-topic': frame('SignalingSubscribeTopic', 'Adds publishers to those whose messages one gets.', {
    type: constant('subscribe-topic'),
    ...topic,
    users: optional(users('User ids. Absent: up to 64 of those who publish now.')),
    absent: optional(
      boolean('Takes also users who do not publish now: for a client that brings back what it had.'),
    ),
  }),
  'unsubscribe-topic': frame('SignalingUnsubscribeTopic', '', {
    type: constant('unsubscribe-topic'),
    ...topic,
    users: optional(users('User ids. Absent: all of them.')),
  }),
};

const topicRequest = named('SignalingTopicRequest', {
  description: 'A request of a member of a stream channel about its topics.',
  ...anyOf(...Object.values(topicFrames)),
});
const rosterRequest = named('SignalingRosterRequest', {
  description: "A client's request about a channel's roster.",
  ...anyOf(...Object.values(rosterFrames)),
});
const request = named('SignalingRequest', {
  description:
    'A request of a logged-in client. Each has an `id` of its own, and is answered with `ok` or `refused`.',
  ...anyOf(
    ...Object.values(channelFrames),
    ...Object.values(presenceFrames),
    ...Object.values(storageFrames),
    topicRequest,
    rosterRequest,
  ),
});

export const signalingFrames = {
  ...sessionFrames,
  ...channelFrames,
  ...presenceFrames,
  ...rosterFrames,
  ...storageFrames,
  ...topicFrames,
} as const;

export const signalingClientFrame = named(
  'SignalingClientFrame',
  anyOf(...Object.values(sessionFrames), request),
);
