import { appLimit, limit } from './setting.ts';

/** Endpoints, deliveries and redeliveries. */
export const notifyLimits = {
  ...limit('redeliveriesMax', 'count', 'Redeliveries under way or waiting; the next is `overloaded`.'),
  ...limit('redeliveriesKeptMax', 'count', 'Ended redeliveries whose result can be read.'),
  ...limit('redeliveryNoticesMax', 'count', 'Notices of one redelivery; more are `query_invalid`.'),
  ...limit('redeliveryScanMax', 'count', 'Events looked at to find them; more are `query_invalid`.'),
  ...limit('redeliveryInFlightMax', 'count', 'Attempts of one redelivery under way at once.'),
  ...limit('redeliveryFailuresMax', 'count', 'Attempts in a row that fail; then a redelivery ends.'),
  ...limit('endpointInFlightMax', 'count', 'Attempts of one endpoint under way at once; others wait.'),
  ...limit(
    'endpointOutstandingMax',
    'count',
    'Deliveries of one endpoint that are not finished; the log keeps the rest.',
  ),
  ...limit('batchOutstandingMax', 'count', 'The same of an endpoint in the `batch` format.'),
  ...appLimit('appEndpointsMax', 'count', 'Endpoints of one app; the next is `endpoints_full`.'),
  ...limit('healthTestsMax', 'count', 'Health tests at once; the next is `rate_limited`.'),
  ...limit(
    'healthTestAgainMs',
    'milliseconds',
    'A failed health test of the configuration is made again after this.',
  ),
  ...limit(
    'lostLivesMax',
    'count',
    'Lives of channels that an endpoint is told one by one that it lost events of; the rest is summed up.',
  ),
  ...limit('answerHeadBytesMax', 'bytes', 'Head of a receiver’s answer; beyond it the attempt has failed.'),
  ...limit('answerBodyBytesMax', 'bytes', 'Body of one; the rest is not read.'),
} as const;
