import { HousecountError } from '@housecount/protocol';
import { deliveryFilter, faultOf, object, optional, sentenceOf } from '@housecount/schema';
import type { DeliveryFilter } from '../../../ledger/deliveries/delivery.ts';

/** The fields of a search as query parameters. */
export const filterParameters = Object.entries(deliveryFilter).map(([name, schema]) => ({
  name,
  in: 'query' as const,
  description: typeof schema.description === 'string' ? schema.description : `Of the notice: its ${name}.`,
  required: false,
  schema,
}));

const { endpoint, channel, uid, account, type, status, from, to } = deliveryFilter;
const filterShape = {
  ...object({
    endpoint: optional(endpoint),
    channel: optional(channel),
    uid: optional(uid),
    account: optional(account),
    type: optional(type),
    status: optional(status),
    from: optional(from),
    to: optional(to),
  }),
  'x-ordered': ['from', 'to'],
};
const numeric: readonly string[] = ['uid', 'type', 'from', 'to'];

/** @throws HousecountError query_invalid, naming the parameter and what was expected. */
export function filterOfQuery(app: string, query: URLSearchParams): DeliveryFilter {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(deliveryFilter)) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    given[name] = numeric.includes(name) ? (/^\d{1,16}$/.test(value) ? Number(value) : Number.NaN) : value;
  }
  const fault = faultOf(filterShape, given);
  if (!fault) return { ...given, app };
  // Of the query as a whole, no more than the order of its times is asked.
  const sentence = fault.path.length === 0 ? 'from must not be after to.' : sentenceOf(fault);
  throw new HousecountError('query_invalid', sentence);
}
