import { HousecountError, isChannelName } from '@housecount/protocol';
import { type Shape, string } from '@housecount/schema';
import type { RequestContext } from '../../net/http/route.ts';

/** A parameter: declared once, for reading it and for the OpenAPI document. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description: string;
  readonly required: boolean;
  readonly schema: Shape;
}
export interface Readable<T> extends Parameter {
  /** @throws HousecountError query_invalid, naming the parameter and what was expected. */
  read(context: RequestContext): T;
}

export function path(name: string, description: string, schema: Shape = string()): Parameter {
  return { name, in: 'path', description, required: true, schema };
}

/** A text of the query; undefined if absent or empty. */
export function queryText(name: string, description: string): Readable<string | undefined> {
  return {
    name,
    in: 'query',
    description,
    required: false,
    schema: string(),
    read: ({ url }) => url.searchParams.get(name) || undefined,
  };
}

/** A whole number of the query, in decimal digits. */
export function queryInteger(
  name: string,
  description: string,
  bounds: { minimum: number; maximum: number; default: number },
): Readable<number> {
  return {
    name,
    in: 'query',
    description,
    required: false,
    schema: { type: 'integer', ...bounds },
    read({ url }) {
      const given = url.searchParams.get(name);
      if (given === null) return bounds.default;
      const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= bounds.minimum && value <= bounds.maximum) return value;
      throw new HousecountError(
        'query_invalid',
        `${name} must be a whole number from ${bounds.minimum} to ${bounds.maximum}.`,
      );
    },
  };
}

/** One of the values that are listed; the first, if it is absent. */
export function queryChoice<const V extends readonly [string, ...string[]]>(
  name: string,
  description: string,
  values: V,
): Readable<V[number]> {
  const isValue = (given: string): given is V[number] => values.includes(given);
  const words = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  return {
    name,
    in: 'query',
    description,
    required: false,
    schema: { enum: values, default: values[0] },
    read({ url }) {
      const given = url.searchParams.get(name) ?? values[0];
      if (isValue(given)) return given;
      throw new HousecountError('query_invalid', `${name} must be ${words}.`);
    },
  };
}

export const appParameter = path('app', 'App id, 32 hexadecimal characters.');
export const channelParameter = path('channel', 'Channel name, percent-encoded.');
export const endpointParameter = path('id', 'Endpoint id.');

/** The endpoint that the path names; it need not exist. */
export const endpointIdOf = (context: RequestContext): string => context.params.id ?? '';

/** @throws HousecountError invalid_channel_name */
export function channelOf(context: RequestContext): string {
  const { channel } = context.params;
  if (!isChannelName(channel)) throw new HousecountError('invalid_channel_name');
  return channel;
}
