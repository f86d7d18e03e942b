import { limit } from './setting.ts';

/** The limits of what the read models keep and answer. */
export const ledgerLimits = {
  ...limit('historyDaysMax', 'days', 'Events are kept in the history this long …'),
  ...limit(
    'historyRowsMax',
    'count',
    '… and so many of the newest, looked at once a minute; older ones are `no_longer_kept`.',
  ),
  ...limit('historyWaitMs', 'milliseconds', 'A request waits this long for the history; then `overloaded`.'),
  ...limit('historyWaitersMax', 'count', 'Requests that wait for the history; the next is `overloaded`.'),
  ...limit('pullWaitersMax', 'count', 'Requests that wait for events; the next is `too_many_connections`.'),
  ...limit('messageBytesMax', 'bytes', 'Kept messages on disk; beyond it the oldest are deleted.'),
  ...limit(
    'messageWaitMs',
    'milliseconds',
    'A request waits this long for kept messages; then `overloaded`.',
  ),
  ...limit('messageWaitersMax', 'count', 'Requests that wait for kept messages; the next is `overloaded`.'),
  ...limit('deliveryDaysMax', 'days', 'Deliveries can be searched this long …'),
  ...limit(
    'deliveryRowsMax',
    'count',
    '… and so many of the newest, looked at with each write and once a minute; older ones are deleted.',
  ),
  ...limit(
    'deliveryDetailQueueCharsMax',
    'characters',
    'Characters of requests and answers that wait for the file of deliveries; the oldest are dropped.',
  ),
  ...limit('deliveryOutcomeQueueMax', 'count', 'Outcomes that wait for it; the oldest are not searchable.'),
  ...limit(
    'deliveryExchangeCharsMax',
    'characters',
    'Characters of requests and answers shown with one delivery; further attempts come without.',
  ),
} as const;
