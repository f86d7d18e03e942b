import { accountBytesMax, eventsLostType, noticeTypeNumbers } from '@housecount/protocol';
import { channelName, memberUid, namePattern } from '../names.ts';
import { noticeType } from '../notices/agora-notices.ts';
import {
  anyOf,
  array,
  boolean,
  both,
  closed,
  constant,
  described,
  eachOptional,
  integer,
  milliseconds,
  named,
  narrowed,
  object,
  oneOf,
  optional,
  record,
  refusing,
  string,
} from '../shape.ts';
import { channelEvent, seq, sid } from './channels.ts';
import { afterAttempt, noticeNumber } from './notices.ts';

/** What became of notices, and their sending once more. */

export const deliveryStatuses = ['retrying', 'given-up', 'delivered'] as const;
export const redeliveryStates = ['waiting', 'running', 'done', 'cancelled', 'failed'] as const;

const deliveryStatus = named('DeliveryStatus', oneOf(...deliveryStatuses));
export const deliveryShape = named(
  'Delivery',
  object(
    {
      endpoint: string('Endpoint id.'),
      noticeId: string(),
      position: integer('Position of the event in the log.'),
      type: noticeNumber,
      channel: string('Channel name; empty where a notice of lost events is about several.'),
      sid,
      seq,
      uid: optional(memberUid('1 to 4294967295.')),
      account: optional(string('The string account, if the member joined with one.')),
      eventMs: milliseconds('When it was decided'),
      firstMs: milliseconds('First attempt'),
      lastMs: milliseconds('Last attempt'),
      attempts: integer('How many were made.'),
      redelivered: integer('How many of them were redeliveries.'),
      status: deliveryStatus,
    },
    'A notice on its way to an endpoint, or at its end.',
  ),
);
export const deliveryPage = named(
  'DeliveryPage',
  object({
    deliveries: array(deliveryShape),
    next: optional(integer('Send it as `cursor` for older ones; absent when there are none.')),
  }),
);
export const madeAttempt = named(
  'MadeAttempt',
  object({
    attempt: integer('1 is the first. A redelivery is one attempt of its own.', { minimum: 1 }),
    atMs: milliseconds('When it was sent'),
    durationMs: integer(),
    answered: optional(integer('HTTP status; absent if no answer came.')),
    stage: optional(string('Where it failed, if no answer came.')),
    detail: optional(string()),
    next: afterAttempt,
    redelivery: optional(string('Id of the redelivery that it is part of.')),
    exchange: optional(
      object(
        {
          headers: record(string()),
          body: string('The exact bytes sent, as text; of a batch, all of it.'),
          answer: string('The first 4 KiB of its body.'),
        },
        'Absent if it was dropped because more came than could be written.',
      ),
    ),
  }),
);
export const deliveryWithAttempts = named(
  'DeliveryWithAttempts',
  both(
    deliveryShape,
    object({ made: array(madeAttempt, 'All that are kept, in the order in which they were made.') }),
  ),
);
const givenUp = named(
  'GivenUp',
  object({
    position: integer(),
    noticeId: string(),
    eventType: noticeType,
    event: channelEvent,
    attempts: integer('How many were made.'),
    error: optional(string('What the last one came to.')),
    atMs: milliseconds('When it was given up'),
    takenMs: optional(milliseconds('Last attempt of a delivery that was taken after all, by a redelivery')),
  }),
);
export const givenUpPage = named(
  'GivenUpPage',
  object({
    endpoint: string(),
    notices: array(givenUp),
    next: integer('Send it as `after` for the next page.'),
    more: boolean('This page is full: there may be more.'),
  }),
);

const endpointIdLengthMax = 256;
const timeMax = 8.64e15;
const time = (description: string) =>
  refusing(integer(description, { minimum: 0, maximum: timeMax }), { must: 'UTC epoch milliseconds' });
const numbers = [...noticeTypeNumbers, eventsLostType] as const;

/** What a search for deliveries may ask; every field given must fit. */
export const deliveryFilter = {
  endpoint: refusing(string('Endpoint id.', { minLength: 1, maxLength: endpointIdLengthMax }), {
    must: `an endpoint id of 1 to ${endpointIdLengthMax} characters`,
  }),
  channel: channelName('Channel name.'),
  uid: memberUid('uid of the member.'),
  account: refusing(string('String account of the member.', { pattern: namePattern(accountBytesMax) }), {
    must: 'a string account',
  }),
  type: oneOf(...numbers),
  status: deliveryStatus,
  from: time('First attempt at or after it, UTC epoch milliseconds.'),
  to: time('First attempt at or before it, UTC epoch milliseconds.'),
};

const inOrder = { 'x-ordered': ['from', 'to'] };
/** The same as one value, as it is read from a query. */
export const deliverySearch = narrowed(object(eachOptional(deliveryFilter)), inOrder);
const { endpoint: _, ...ofNotice } = deliveryFilter;
/** The same in a body that names the endpoint. A misspelt field must not make the filter wider than it was meant. */
const filterOfEndpoint = closed(eachOptional(ofNotice), {
  description: 'Every field given must fit.',
  ...inOrder,
});

const position = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const selections = ['noticeId', 'filter', 'since', 'givenUp'] as const;

export const redeliveryRequest = named(
  'RedeliveryRequest',
  refusing(
    closed(
      {
        endpoint: refusing(string('Endpoint id.', { minLength: 1 }), { must: 'an endpoint id' }),
        noticeId: optional(string('Id of the one notice that is sent.')),
        filter: optional(filterOfEndpoint),
        since: optional(
          refusing(
            described(
              'What was decided at or after a time, UTC epoch milliseconds; or what came after a seq in its sid.',
              anyOf(
                integer(undefined, position),
                closed({ sid: string(), seq: integer(undefined, position) }),
              ),
            ),
            { must: 'UTC epoch milliseconds, or a sid and a seq' },
          ),
        ),
        givenUp: optional(described('Every notice that is given up.', constant(true))),
        dryRun: optional(boolean('True: the notices are counted, and not sent.')),
      },
      {
        description: `Exactly one of ${selections.join(', ')}.`,
        oneOf: selections.map((name) => ({ required: [name] })),
      },
    ),
    { must: `an object with exactly one of ${selections.join(', ')}` },
  ),
);

const redelivery = named(
  'Redelivery',
  object({
    id: string(),
    app: string(),
    endpoint: string(),
    state: oneOf(...redeliveryStates),
    notices: integer('Notices in all.'),
    delivered: integer(),
    failed: integer(),
    gone: integer('Deleted by retention before their turn.'),
    startedMs: milliseconds('When it was asked for'),
    endedMs: optional(milliseconds('When it ended')),
    trouble: optional(string('What the last failed attempt came to, or why it ended early.')),
  }),
);
export const redeliveryAnswer = named(
  'RedeliveryAnswer',
  object({ notices: integer('How many are sent, or would be.'), redelivery: optional(redelivery) }),
);
export { redelivery };
