import {
  eventsLostType,
  HousecountError,
  isAccount,
  isChannelName,
  isUid,
  type NoticeNumber,
  noticeTypeNumbers,
} from '@housecount/protocol';
import {
  type DeliveryFilter,
  type DeliveryStatus,
  deliveryStatuses,
} from '../../../ledger/deliveries/delivery.ts';
import { integer, object, oneOf, optional, type Schema, string } from '../../document/schema.ts';

const numbers: readonly NoticeNumber[] = [...noticeTypeNumbers, eventsLostType];
const idLengthMax = 256;
const timeMax = 8.64e15;
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= timeMax;

/** What a filter may hold: for each field its schema, what it must be in words, and the check. */
const fields: Readonly<
  Record<
    Exclude<keyof DeliveryFilter, 'app'>,
    { readonly schema: Schema; readonly must: string; readonly fits: (value: unknown) => boolean }
  >
> = {
  endpoint: {
    schema: string('Endpoint id.'),
    must: `an endpoint id of 1 to ${idLengthMax} characters`,
    fits: (value) => typeof value === 'string' && value.length > 0 && value.length <= idLengthMax,
  },
  channel: { schema: string('Channel name.'), must: 'a channel name', fits: isChannelName },
  uid: {
    schema: integer('Of the member.', { minimum: 1, maximum: 0xffffffff }),
    must: 'a whole number from 1 to 4294967295',
    fits: (value) => isUid(value) && value !== 0,
  },
  account: { schema: string('String account of the member.'), must: 'a string account', fits: isAccount },
  type: {
    schema: oneOf(...numbers),
    must: `one of ${numbers.join(', ')}`,
    fits: (value) => numbers.some((number) => number === value),
  },
  status: {
    schema: oneOf(...deliveryStatuses),
    must: `one of ${deliveryStatuses.join(', ')}`,
    fits: isStatus,
  },
  from: {
    schema: integer('First attempt at or after it, UTC epoch milliseconds.', { minimum: 0 }),
    must: 'UTC epoch milliseconds',
    fits: isTime,
  },
  to: {
    schema: integer('First attempt at or before it, UTC epoch milliseconds.', { minimum: 0 }),
    must: 'UTC epoch milliseconds',
    fits: isTime,
  },
};

function isStatus(value: unknown): value is DeliveryStatus {
  return deliveryStatuses.some((status) => status === value);
}

/** The fields of a search as query parameters. */
export const filterParameters = Object.entries(fields).map(([name, { schema, must }]) => ({
  name,
  in: 'query' as const,
  description: typeof schema.description === 'string' ? schema.description : `Of the notice: ${must}.`,
  required: false,
  schema,
}));

/** The same as a JSON object. */
export const filterSchema = object(
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== 'endpoint')
      .map(([name, { schema }]) => [name, optional(schema)]),
  ),
  'Every field given must fit.',
);

const numeric: readonly string[] = ['uid', 'type', 'from', 'to'];

/** @throws HousecountError query_invalid, naming the parameter and what was expected. */
export function filterOfQuery(app: string, query: URLSearchParams): DeliveryFilter {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    given[name] = numeric.includes(name) ? (/^\d{1,16}$/.test(value) ? Number(value) : Number.NaN) : value;
  }
  return checked(app, given, 'query_invalid');
}

/** @throws HousecountError body_invalid, naming the field and what was expected; for a field that is not known, too. */
export function filterOfBody(app: string, endpoint: string, given: unknown): DeliveryFilter {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new HousecountError('body_invalid', 'filter must be an object.');
  // A misspelt field must not make the filter wider than it was meant.
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name) || name === 'endpoint');
  if (unknown !== undefined) throw new HousecountError('body_invalid', `filter has no field ${unknown}.`);
  return { ...checked(app, given as Record<string, unknown>, 'body_invalid'), endpoint };
}

function checked(
  app: string,
  given: Readonly<Record<string, unknown>>,
  code: 'query_invalid' | 'body_invalid',
): DeliveryFilter {
  for (const [name, { must, fits }] of Object.entries(fields))
    if (given[name] !== undefined && !fits(given[name]))
      throw new HousecountError(code, `${name} must be ${must}.`);
  // Every field was checked above.
  const filter = { ...given, app } as DeliveryFilter;
  if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to)
    throw new HousecountError(code, 'from must not be after to.');
  return filter;
}
