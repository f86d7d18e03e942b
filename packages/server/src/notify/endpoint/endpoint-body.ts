import { HousecountError } from '@housecount/protocol';
import {
  endpointChange,
  faultOf,
  newEndpoint,
  pathText,
  type Shape,
  secretRotation,
} from '@housecount/schema';
import { fixed } from '../../fixed-limits.ts';
import { child, complain, integer, isObject, onlyKeys, type Source } from '../../settings/reader.ts';
import {
  type EndpointFields,
  endpointFieldKeys,
  readEndpointFields,
  writeEndpointFields,
} from './endpoint-fields.ts';

/**
 * Bodies of requests about endpoints. Which are taken, their published shape says; what is wrong with one, the reader of the
 * configuration, which has the same fields: every problem at once, as `body_invalid`. Secrets come one at a time.
 */

/** A new endpoint; `made` is its secret if none is given. */
export function readNewEndpoint(body: unknown, made: string): EndpointFields {
  const keys = endpointFieldKeys.filter((key) => key !== 'secrets');
  return readBody(newEndpoint, body, (source) => {
    onlyKeys(source, keys);
    return readEndpointFields({ ...source, value: { secret: made, ...given(source, keys) } });
  });
}

/** Other settings; what is absent stays as it is in `before`. */
export function readChange(body: unknown, before: EndpointFields): EndpointFields {
  const keys = endpointFieldKeys.filter((key) => key !== 'secrets' && key !== 'secret');
  return readBody(endpointChange, body, (source) => {
    onlyKeys(source, keys);
    return readEndpointFields({
      ...source,
      value: { ...writeEndpointFields(before), ...given(source, keys) },
    });
  });
}

/** The published shape of a rotation. */
export const rotationBody = secretRotation(fixed);

/** A new secret, and for how long the one before signs on. No body at all says nothing. */
export function readRotation(body: unknown): { secret: string | undefined; overlapMs: number } {
  return readBody(rotationBody, body ?? {}, (source) => {
    onlyKeys(source, ['secret', 'overlapMs']);
    const secret = child(source, 'secret');
    const isText = typeof secret.value === 'string';
    if (secret.value !== undefined && !isText) complain(secret, 'expected a text');
    return {
      secret: isText ? String(secret.value) : undefined,
      overlapMs: integer(child(source, 'overlapMs'), {
        min: 0,
        max: fixed.secretOverlapMsMax,
        fallback: fixed.secretOverlapMs,
      }),
    };
  });
}

/** The fields among `keys` that the body has: one that is null counts as absent. */
function given({ value }: Source, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key, field]) => field != null && keys.includes(key)))
    : {};
}

function readBody<T>(shape: Shape, body: unknown, read: (source: Source) => T): T {
  if (!isObject(body)) throw new HousecountError('body_invalid', 'Expected a JSON object.');
  const problems: string[] = [];
  const problem = (path: string, sentence: string) =>
    problems.push(`${path}: ${sentence}${sentence.endsWith('.') ? '' : '.'}`);
  const value = read({ value: body, path: '', problem });
  const fault = problems.length > 0 ? undefined : faultOf(shape, body);
  if (fault) problem(pathText(fault.path) || 'body', `expected ${fault.must}`);
  if (problems.length > 0) throw new HousecountError('body_invalid', problems.slice(0, 10).join(' '));
  return value;
}
