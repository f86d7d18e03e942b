import {
  anyOf,
  array,
  constant,
  declared,
  described,
  integer,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  type Properties,
  record,
  string,
} from '../shape.ts';
import { channelType, leaveReason, role, saying } from './frame-words.ts';

/** What the frames of the signaling server are made of. */

export const serverMs = milliseconds("The server's time");
export const channel = string('Channel name.');
export const place = { channelType, channel };
export const userId = string('User id.');
export const code = string('A code of codes.ts.');
export const message = string('A sentence, with its full stop.');
export const states = declared(
  'SignalingStates',
  '../signaling/signaling-channel.ts',
  record(string(), 'States by key.'),
);
export const occupant = named(
  'SignalingOccupant',
  object({ userId, states }, 'A user who is in a channel, as presence shows it.'),
);

export const content = named('SignalingContent', {
  description:
    "A message's content: text as it is, bytes as base64, or either encrypted by the clients (docs/encryption.md) as base64.",
  ...anyOf(
    object({ text: string() }),
    object({ bytes: string('Base64.') }),
    object({ sealed: string('Base64 of what the clients encrypted.') }),
  ),
});

export const item = named(
  'SignalingMetadataItem',
  object(
    {
      key: string(),
      value: string(),
      revision: integer(),
      updatedMs: optional(milliseconds('When it was written; only if the writer asked for it')),
      author: optional(string('Who wrote it; only if the writer asked for it.')),
    },
    'One item of metadata as it is stored.',
  ),
);
export const target = named('MetadataTarget', {
  description: 'The owner of a set of metadata: a channel, or a user.',
  ...anyOf(object(place), object({ userId })),
});
export const lockFields = {
  lockName: string(),
  owner: string('Empty: nobody holds it.'),
  ttl: integer('Seconds.'),
};
export const locks = array(named('SignalingLock', object(lockFields)));
export const topics = array(
  named(
    'SignalingTopic',
    object(
      { topic: string(), publishers: array(object({ userId, meta: string() })) },
      'A topic and its publishers.',
    ),
  ),
);

const topicResult = named(
  'SignalingTopicResult',
  object(
    {
      subscribed: array(string()),
      succeeded: array(string()),
      failed: array(
        object({
          userId,
          code: integer(
            'It says why, as signaling 2.6 of the spec lists: 5 means that the user does not publish.',
          ),
        }),
      ),
    },
    'Answers `subscribe-topic` and `unsubscribe-topic`: everybody whose messages one gets, and what became of those asked for.',
  ),
);
const keptMessage = named(
  'SignalingKeptMessage',
  object(
    {
      publisher: string(),
      content,
      customType: optional(string()),
      timestamp: integer('Epoch milliseconds: the `serverMs` with which it was told.'),
    },
    'Within a channel, or between two users, no two have the same time.',
  ),
);
const messagesPage = named(
  'SignalingMessagesPage',
  object({
    messages: array(keptMessage),
    newStart: integer('The `start` of the next page; 0: this is the last.'),
  }),
);

export const result = named('SignalingResult', {
  description: 'What a request asked for.',
  ...anyOf(
    object({ states }),
    object({
      occupants: array(occupant),
      totalOccupancy: integer('Users in this page; without user ids, in the channel (spec: signaling 3.3).'),
      channelOccupancy: integer('Housecount: users in the channel, exact.'),
      nextPage: string(),
    }),
    object({ channels: array(object({ channelName: string(), channelType })) }),
    object({
      majorRevision: integer(
        'Answers `change-metadata` with the revision of the set and how many items it has; `get-metadata` gives these too.',
      ),
      totalCount: integer('Items of the set.'),
      items: optional(array(item)),
    }),
    object({ locks }),
    object({
      proof: string(
        'It answers `link-proof`, is **secret** and opaque, and is good for one `link` of that connection, for a minute.',
      ),
    }),
    topicResult,
    messagesPage,
  ),
});

const sid = string('One life of the channel.');
const seq = integer('Order in the sid.');
const rosterSeq = named(
  'RosterSeq',
  object(
    { sid, seq },
    'One change of a channel, as it is numbered everywhere: on the native stream, in notices, over REST.',
  ),
);
export const at = named(
  'RosterPoint',
  object(
    {
      live: optional(saying('The position of the roster of the bound live channel.', rosterSeq)),
      signaling: optional(saying('The position of the roster of the subscribers.', rosterSeq)),
    },
    'The positions of the rosters of which a signaling channel is made; each is absent while nobody is in it.',
  ),
);

const joinedMs = milliseconds('Since when');
export const member = named(
  'SignalingRosterMember',
  object(
    {
      userId,
      states: described('The states as presence shows them.', states),
      live: optional(
        object(
          {
            uid: described('The uid of the member that came first.', integer()),
            role: described('`broadcaster` if any member of the user is one.', role),
            joinedMs,
            uids: optional(
              array(
                integer(),
                'The uids of all members that are linked to the user, in order of arrival, where there are several.',
              ),
            ),
          },
          'Present while the user is in the live channel.',
        ),
      ),
      signaling: optional(object({ joinedMs }, 'Present while the user subscribes.')),
      interruptedSinceMs: optional(
        integer(
          'The time since which nothing is heard of the user by any link, UTC epoch milliseconds; absent otherwise. A state, not an event.',
        ),
      ),
    },
    'Somebody in a signaling channel.',
  ),
);

const change = <const P extends Properties>(more: P) =>
  object({
    seq: integer('Dense in a stream: 1, 2, 3 …'),
    atMs: milliseconds('When it happened'),
    event: optional(object({ sid, seq, roster: oneOf('live', 'signaling') })),
    ...more,
  });
export const rosterChange = named('SignalingRosterChange', {
  description:
    'One change. `event` is its cause: absent for states, and for links that went silent or are heard again.',
  ...anyOf(
    change({ type: oneOf('joined', 'changed'), member }),
    change({
      type: constant('left'),
      userId,
      reason: leaveReason,
      into: optional(
        string(
          'Nobody left: a link came late, and who was shown as `userId` is part of this user, about whom the next change of the same frame is.',
        ),
      ),
    }),
  ),
});
