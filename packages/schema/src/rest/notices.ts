import { eventsLostType, noticeTypeNumbers } from '@housecount/protocol';
import {
  anyOf,
  boolean,
  constant,
  described,
  integer,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  record,
  string,
} from '../shape.ts';

/** Notices, and the attempts to hand them over. */

export const noticeType = named('NoticeType', oneOf(...noticeTypeNumbers));
export const noticeNumber = named(
  'NoticeNumber',
  described(
    `A NoticeType, or ${eventsLostType}: events were lost.`,
    oneOf(...noticeTypeNumbers, eventsLostType),
  ),
);

export const agoraNotice = named(
  'AgoraNotice',
  object(
    {
      sid: string('One life of the channel, from first join to last leave.'),
      noticeId: string(),
      productId: constant(1),
      eventType: noticeType,
      notifyMs: milliseconds('When this copy was made'),
      payload: object({
        channelName: string(),
        ts: integer('When it was decided, Unix seconds.'),
        lastUid: optional(integer()),
        uid: optional(integer()),
        platform: optional(integer()),
        clientType: optional(integer()),
        clientSeq: optional(integer()),
        reason: optional(integer()),
        duration: optional(integer('Seconds in the channel.')),
        account: optional(string()),
        seq: integer('Order in the sid, dense: 1, 2, 3 …', { minimum: 1 }),
        count: integer('Members in the channel after the event.', { minimum: 0 }),
      }),
    },
    'The body of a webhook in the `agora` format, as an object.',
  ),
);

export const notice = named(
  'Notice',
  object(
    {
      position: integer('Ask for what comes after it.'),
      noticeId: string(),
      eventType: noticeType,
      channel: string(),
      body: string('Post this as it is …'),
      headers: record(string(), '… with these: it is signed.'),
    },
    'A notice formed for a listener.',
  ),
);

export const afterAttempt = oneOf('delivered', 'retry', 'give-up');

export const attempt = named(
  'Attempt',
  object(
    {
      id: integer('Counts the attempts of one server process.'),
      app: string(),
      endpointId: string(),
      url: string(),
      virtual: boolean('No receiver stands behind it: made so that notices can be seen before there is one.'),
      position: integer('Position of the event in the log.'),
      noticeId: string('The same over every endpoint, copy and attempt.'),
      eventType: noticeNumber,
      channel: string(),
      attempt: integer('1 is the first.', { minimum: 1 }),
      atMs: milliseconds('When it was sent'),
      durationMs: integer(),
      outcome: anyOf(
        object({
          answered: constant(true),
          status: integer('HTTP status.'),
          excerpt: optional(string('The beginning of the answer.')),
        }),
        object({ answered: constant(false), stage: string('Where it failed.'), detail: string() }),
      ),
      next: afterAttempt,
      body: optional(string('The exact bytes sent, as text; of a batch, the part that is this notice.')),
      headers: optional(record(string())),
      redelivery: optional(string('Id of the redelivery that it is part of.')),
    },
    'One try to hand a notice to an endpoint.',
  ),
);
