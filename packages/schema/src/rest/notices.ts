import { eventsLostType, noticeTypeNumbers } from '@housecount/protocol';
import { noticeType } from '../notices/agora-notices.ts';
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

/** Notices that a listener is handed, and the attempts to hand them over. */

export const noticeNumber = named(
  'NoticeNumber',
  described(
    `A NoticeType, or ${eventsLostType}: events were lost.`,
    oneOf(...noticeTypeNumbers, eventsLostType),
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
