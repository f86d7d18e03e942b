import { batchBytesMax, batchNoticesMax, evidences, leaveReasons, platforms } from '@housecount/protocol';
import { profile, role } from '../rest/channels.ts';
import {
  anyOf,
  array,
  constant,
  described,
  integer,
  isoTime,
  keyOf,
  named,
  object,
  oneOf,
  optional,
  type Properties,
  string,
} from '../shape.ts';
import { standardEventsLost } from './events-lost.ts';

/** Notices in the `standard` format, of which the `batch` format is a list: Standard Webhooks' `type` and `data`, and where it belongs. */

/** What every notice has, and what its type has in `data`. */
const standard = <const T extends string, const D extends Properties>(type: T, what: string, data: D) =>
  object(
    {
      id: string(
        'The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header.',
      ),
      type: constant(type),
      time: isoTime('When it happened'),
      app: string('App id.'),
      channel: string('Channel name.'),
      sid: string('The id of one life of the channel.'),
      seq: integer('Dense order in the sid: 1, 2, 3 …', { minimum: 1 }),
      count: integer('Members after the event.', { minimum: 0 }),
      data: object(data),
    },
    what,
  );

const member = {
  uid: integer('Who it was; of a string account, the number that stands for it.'),
  account: optional(string('The string account, if the member joined with one.')),
  userId: optional(string('The signaling user, if the member is linked to one.')),
  role: described('After the event; on a leave, at the leave.', role),
  platform: described('`other` for one that is not known.', keyOf(platforms)),
  clientType: optional(integer('What the client says it is.')),
  clientSeq: integer('Strictly increasing for one member of a channel.'),
};
const leave = {
  ...member,
  reason: described('Why the member left.', keyOf(leaveReasons)),
  evidence: described('What made the server notice that the member is gone.', oneOf(...evidences)),
  joinedTime: isoTime('When the member joined'),
  lastHeardTime: isoTime('When the server last heard from the member'),
  durationMs: integer(
    'Time from `joinedTime` until the member was there last, milliseconds; `time` may be later.',
  ),
};

/** By type: what it tells, and what is in its `data`. */
export const standardNotices = {
  'channel.opened': named(
    'StandardOpened',
    standard('channel.opened', 'The channel opened.', {
      profile: described('The kind of the channel, which its first member fixes.', profile),
    }),
  ),
  'channel.closed': named(
    'StandardClosed',
    standard('channel.closed', 'The channel closed.', { lastUid: integer('Who left last.') }),
  ),
  'member.joined': named('StandardJoined', standard('member.joined', 'A member joined.', member)),
  'role.changed': named(
    'StandardRoleChanged',
    standard('role.changed', 'A member changed role: `role` is the new one.', member),
  ),
  'member.left': named(
    'StandardLeft',
    standard('member.left', 'A member left: `role` is the last one.', leave),
  ),
} as const;

/** The notice of any event. */
export const standardNotice = named('StandardNotice', anyOf(...Object.values(standardNotices)));

/** The body of a request in the `standard` format. */
export const standardWebhook = named(
  'StandardWebhook',
  described('One notice in the `standard` format.', anyOf(standardNotice, standardEventsLost)),
);

/** The body of a request in the `batch` format. */
export const standardBatch = named(
  'StandardBatch',
  array(
    anyOf(standardNotice, standardEventsLost),
    `Notices in order of the log, so those of a channel by rising seq; together at most ${batchBytesMax / 1024 ** 2} MiB. They are answered, retried and given up as one.`,
    { minItems: 1, maxItems: batchNoticesMax },
  ),
);
