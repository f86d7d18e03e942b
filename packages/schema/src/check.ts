import type { Code } from '@housecount/protocol';
import { extensions } from './extensions.ts';
import { formats } from './formats.ts';
import { type JsonSchema, refusal, type Shape } from './shape.ts';

/** Why a value does not fit a shape: the first thing that is wrong. */
export interface Fault {
  /** Names and indexes that lead to it; empty: the value itself. */
  readonly path: readonly (string | number)[];
  readonly kind: 'missing' | 'unknown' | 'wrong';
  /** What it must be, of a `wrong` one. */
  readonly must: string;
  readonly code?: Code;
}

/** True if the value fits: the same as a validator of JSON Schema says that knows the formats and the keywords of extensions.ts. */
export const fits = <T>(shape: Shape<T>, value: unknown): value is T => faultOf(shape, value) === undefined;

/** The first thing that is wrong with a value; undefined if it fits. Never throws. */
export function faultOf(shape: Shape, value: unknown, path: Fault['path'] = []): Fault | undefined {
  return wrong(shape, value, path) ?? alternativesFault(shape, value, path) ?? partsFault(shape, value, path);
}

/** Looked up for each value: made once. */
const ownKeywords = Object.entries(extensions);

/** Faults of the value itself. */
function wrong(shape: Shape, value: unknown, path: Fault['path']): Fault | undefined {
  if (isOfType(shape, value) && isListed(shape, value) && isInBounds(shape, value)) {
    for (const [keyword, extension] of ownKeywords) {
      const setting = shape[keyword] as never;
      if (!Object.hasOwn(shape, keyword) || extension.fits(setting, value)) continue;
      const { must = extension.must(setting), code } = shape[refusal] ?? {};
      return { path, kind: 'wrong', must, ...(code && { code }) };
    }
    return undefined;
  }
  return faultAt(shape, path);
}

function faultAt(shape: Shape, path: Fault['path']): Fault {
  const { must = wordsOf(shape), code } = shape[refusal] ?? {};
  return { path, kind: 'wrong', must, ...(code && { code }) };
}

function isOfType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  return (Array.isArray(type) ? type : [type]).some((one: unknown) => {
    switch (one) {
      case 'integer':
        return Number.isInteger(value);
      case 'number':
        return Number.isFinite(value);
      case 'array':
        return Array.isArray(value);
      case 'null':
        return value === null;
      case 'object':
        return isRecord(value);
      default:
        return typeof value === one;
    }
  });
}

function isListed(shape: JsonSchema, value: unknown): boolean {
  if (Object.hasOwn(shape, 'const') && value !== shape.const) return false;
  return !Array.isArray(shape.enum) || shape.enum.includes(value);
}

/** Keywords that speak of one kind of value, and are content with every other. */
function isInBounds(shape: JsonSchema, value: unknown): boolean {
  if (typeof value === 'number') return isNumberInBounds(shape, value);
  if (typeof value === 'string') return isTextInBounds(shape, value);
  if (Array.isArray(value))
    return (
      isCount(value.length, shape.minItems, shape.maxItems) &&
      (shape.uniqueItems !== true || new Set(value).size === value.length)
    );
  return !isRecord(value) || isCount(Object.keys(value).length, undefined, shape.maxProperties);
}

const isCount = (count: number, least: unknown, most: unknown): boolean =>
  !(typeof least === 'number' && count < least) && !(typeof most === 'number' && count > most);

const isNumberInBounds = ({ minimum, maximum, exclusiveMinimum }: JsonSchema, value: number): boolean =>
  isCount(value, minimum, maximum) && !(typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum);

function isTextInBounds(shape: JsonSchema, value: string): boolean {
  const { minLength, maxLength, pattern, format } = shape;
  if (minLength !== undefined || maxLength !== undefined)
    if (!isCount(lengthOf(value), minLength, maxLength))
      // JSON Schema counts characters, not the units that JavaScript has them in.
      return false;
  if (typeof pattern === 'string' && !expressionOf(pattern).test(value)) return false;
  return typeof format !== 'string' || formats[format]?.fits(value) !== false;
}

const lengthOf = (text: string): number => {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
};

/** Patterns are of schemas, so there are few. */
const expressions = new Map<string, RegExp>();
function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, 'u');
  expressions.set(pattern, known);
  return known;
}

/** Keywords that hold shapes for the value itself. */
function alternativesFault(shape: Shape, value: unknown, path: Fault['path']): Fault | undefined {
  const count = (list: unknown) => (list as readonly Shape[]).filter((one) => fits(one, value)).length;
  if (shape.anyOf !== undefined && count(shape.anyOf) === 0)
    return onlyFault(shape, value, path) ?? faultAt(shape, path);
  if (shape.oneOf !== undefined && count(shape.oneOf) !== 1) return faultAt(shape, path);
  if (shape.not !== undefined && fits(shape.not as Shape, value)) return faultAt(shape, path);
  for (const one of (shape.allOf ?? []) as readonly Shape[]) {
    const fault = faultOf(one, value, path);
    if (fault) return fault;
  }
  return undefined;
}

/** Where one alternative alone has a wrong value deeper inside, that says more than that none fits. */
function onlyFault(shape: Shape, value: unknown, path: Fault['path']): Fault | undefined {
  if (shape[refusal]) return undefined;
  const faults = (shape.anyOf as readonly Shape[])
    .map((one) => faultOf(one, value, path))
    .filter((fault) => fault?.kind === 'wrong' && fault.path.length > path.length);
  return faults.length === 1 ? faults[0] : undefined;
}

/** Faults of what is in the value. */
function partsFault(shape: Shape, value: unknown, path: Fault['path']): Fault | undefined {
  if (Array.isArray(value)) return itemsFault(shape, value, path);
  if (!isRecord(value)) return undefined;
  const properties = (shape.properties ?? {}) as Readonly<Record<string, Shape>>;
  const names = Object.keys(value);
  if (shape.additionalProperties === false)
    for (const name of names)
      if (!Object.hasOwn(properties, name)) return { path: [...path, name], kind: 'unknown', must: '' };
  for (const name of (shape.required ?? []) as readonly string[])
    if (!Object.hasOwn(value, name))
      // No code: what is not there is no bad name. The body is wrong as a whole.
      return { path: [...path, name], kind: 'missing', must: wordsOfProperty(properties[name]) };
  for (const [name, property] of Object.entries(properties)) {
    const fault = Object.hasOwn(value, name) ? faultOf(property, value[name], [...path, name]) : undefined;
    if (fault) return fault;
  }
  return otherNamesFault(shape, value, { path, names, properties });
}

function itemsFault({ items }: Shape, values: readonly unknown[], path: Fault['path']): Fault | undefined {
  if (items === undefined) return undefined;
  for (const [index, value] of values.entries()) {
    const fault = faultOf(items as Shape, value, [...path, index]);
    if (fault) return fault;
  }
  return undefined;
}

/** Names that are data: `propertyNames` speaks of all, `additionalProperties` of the values of those that are not listed. */
function otherNamesFault(
  { additionalProperties, propertyNames }: Shape,
  value: Readonly<Record<string, unknown>>,
  { path, names, properties }: { path: Fault['path']; names: readonly string[]; properties: object },
): Fault | undefined {
  for (const name of names) {
    const fault = propertyNames === undefined ? undefined : faultOf(propertyNames as Shape, name, path);
    if (fault) return fault;
    if (typeof additionalProperties !== 'object' || Object.hasOwn(properties, name)) continue;
    const inside = faultOf(additionalProperties as Shape, value[name], [...path, name]);
    if (inside) return inside;
  }
  return undefined;
}

/** What a property must be, in words. */
export const wordsOfProperty = (shape: Shape | undefined): string =>
  shape ? (shape[refusal]?.must ?? wordsOf(shape)) : 'there';

/** What the keywords ask for, in words. */
function wordsOf(shape: JsonSchema): string {
  const { type, minimum, maximum } = shape;
  if (Object.hasOwn(shape, 'const')) return JSON.stringify(shape.const);
  if (Array.isArray(shape.enum)) return `one of ${shape.enum.map((one) => String(one)).join(', ')}`;
  const one = Array.isArray(type) ? type[0] : type;
  const bounds = `${minimum === undefined ? '' : ` from ${minimum}`}${maximum === undefined ? '' : ` to ${maximum}`}`;
  if (one === 'integer') return `a whole number${bounds}`;
  if (one === 'number') return `a number${bounds}`;
  if (one === 'boolean') return 'true or false';
  if (one === 'array') return shape.maxItems === undefined ? 'a list' : `a list of at most ${shape.maxItems}`;
  if (one === 'object') return 'an object';
  if (one === 'string') return `a text${lengthWords(shape)}`;
  // A sentence goes on after it, with a full stop of its own.
  return typeof shape.description === 'string'
    ? `as described: ${shape.description.replace(/\.$/, '')}`
    : 'as described';
}

function lengthWords({ minLength, maxLength, format }: JsonSchema): string {
  if (typeof format === 'string') return ` that is ${formats[format]?.must ?? `a ${format}`}`;
  if (maxLength === undefined) return '';
  return ` of ${minLength === undefined ? 'at most' : `${minLength} to`} ${maxLength} characters`;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
