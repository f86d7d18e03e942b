import { HousecountError } from '@housecount/protocol';
import { deliveryFilter, deliverySearch, faultOf, type JsonSchema, sentenceOf } from '@housecount/schema';
import type { DeliveryFilter } from '../../../ledger/deliveries/delivery.ts';

/** The fields of a search as query parameters. */
export const filterParameters = Object.entries(deliveryFilter).map(([name, schema]) => ({
  name,
  in: 'query' as const,
  description:
    typeof schema.description === 'string' ? schema.description : `Only deliveries with this ${name}.`,
  required: false,
  schema,
}));

const isNumber = ({ type, enum: values }: JsonSchema) =>
  type === 'integer' || (Array.isArray(values) && values.every((value) => typeof value === 'number'));

/** @throws HousecountError query_invalid, naming the parameter and what was expected. */
export function filterOfQuery(app: string, query: URLSearchParams): DeliveryFilter {
  const given: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(deliveryFilter)) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    given[name] = isNumber(schema) ? (/^\d{1,16}$/.test(value) ? Number(value) : Number.NaN) : value;
  }
  const fault = faultOf(deliverySearch, given);
  if (fault) throw new HousecountError('query_invalid', sentenceOf(fault, 'The query'));
  return { ...given, app };
}
