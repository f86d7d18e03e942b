import type { Code } from './codes.ts';

/** What a value in a frame must be: those keywords of JSON Schema, and of its extensions in packages/schema, that the frames of clients need. */
export interface ValueShape {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Characters, as JSON Schema counts them: not the units that JavaScript has them in. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly 'x-utf16LengthMax'?: number;
  readonly 'x-utf8BytesMax'?: number;
  /** Bytes that a text stands for whose pattern is that of base64. */
  readonly 'x-base64Bytes'?: { readonly minimum?: number; readonly maximum?: number };
  readonly maxItems?: number;
  /** What each value of a list must be. */
  readonly items?: ValueShape;
  readonly maxProperties?: number;
  readonly anyOf?: readonly ValueShape[];
  /** All properties that an object may have: another one does not fit. */
  readonly properties?: Readonly<Record<string, ValueShape>>;
  /** Names of the properties that an object must have. */
  readonly required?: readonly string[];
}

/** A field of a frame. */
export interface FieldShape extends ValueShape {
  readonly isRequired: boolean;
  /** Says for a person what the field must be. */
  readonly must: string;
  /** Answered when the JSON type is right but the value is not legal; default `frame_invalid`. */
  readonly code?: Code;
}

/** The fields of frames, by their type. */
export type FrameFields = Readonly<Record<string, Readonly<Record<string, FieldShape>>>>;

export type Check = (value: unknown) => boolean;

/** The check of a shape, made once: every keyword that it has is a check of its own. */
export function checkOf(shape: ValueShape): Check {
  const checks: Check[] = [];
  const { type, pattern, minimum, maximum, minLength, maxLength, anyOf } = shape;
  if (type !== undefined) checks.push(typeChecks[type]);
  if (shape.const !== undefined) checks.push((value) => value === shape.const);
  if (shape.enum !== undefined) checks.push((value) => (shape.enum as readonly unknown[]).includes(value));
  if (minimum !== undefined) checks.push((value) => (value as number) >= minimum);
  if (maximum !== undefined) checks.push((value) => (value as number) <= maximum);
  if (minLength !== undefined) checks.push((value) => charactersOf(value as string) >= minLength);
  if (maxLength !== undefined)
    checks.push(
      (value) => (value as string).length <= maxLength || charactersOf(value as string) <= maxLength,
    );
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, 'u');
    checks.push((value) => expression.test(value as string));
  }
  checks.push(...extensionChecks(shape), ...partsChecks(shape));
  if (anyOf !== undefined) {
    const alternatives = anyOf.map(checkOf);
    checks.push((value) => alternatives.some((fits) => fits(value)));
  }
  return checks.reduce(
    (before, next) => (before === anything ? next : (value) => before(value) && next(value)),
    anything,
  );
}

function extensionChecks(shape: ValueShape): readonly Check[] {
  const checks: Check[] = [];
  const units = shape['x-utf16LengthMax'];
  const bytes = shape['x-utf8BytesMax'];
  const base64 = shape['x-base64Bytes'];
  if (units !== undefined) checks.push((value) => (value as string).length <= units);
  if (bytes !== undefined) checks.push((value) => isUtf8UpTo(value as string, bytes));
  if (base64 !== undefined) {
    const { minimum = 0, maximum = Number.POSITIVE_INFINITY } = base64;
    checks.push((value) => {
      const count = base64BytesOf(value as string);
      return count >= minimum && count <= maximum;
    });
  }
  return checks;
}

function partsChecks({ maxItems, items, maxProperties, properties, required }: ValueShape): readonly Check[] {
  const checks: Check[] = [];
  if (maxItems !== undefined) checks.push((value) => (value as readonly unknown[]).length <= maxItems);
  if (maxProperties !== undefined)
    checks.push((value) => Object.keys(value as object).length <= maxProperties);
  if (items !== undefined) {
    const fits = checkOf(items);
    checks.push((value) => (value as readonly unknown[]).every((item) => fits(item)));
  }
  if (properties !== undefined) checks.push(propertiesCheck(properties, required ?? []));
  return checks;
}

const encoder = new TextEncoder();

/** A unit of UTF-16 has 3 bytes in UTF-8 at most: a short text is not encoded for it. */
const isUtf8UpTo = (text: string, most: number): boolean =>
  text.length * 3 <= most || (text.length <= most && encoder.encode(text).length <= most);

const base64BytesOf = (text: string): number =>
  (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const anything: Check = () => true;

const typeChecks: Readonly<Record<NonNullable<ValueShape['type']>, Check>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: Number.isFinite,
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
};

function propertiesCheck(
  properties: Readonly<Record<string, ValueShape>>,
  required: readonly string[],
): Check {
  const checks = new Map(Object.entries(properties).map(([name, shape]) => [name, checkOf(shape)]));
  return (value) =>
    required.every((name) => Object.hasOwn(value as object, name)) &&
    Object.entries(value as object).every(([name, inner]) => checks.get(name)?.(inner) === true);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for what a request may have as its id, with which its answer comes. */
export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A name from outside, cut so that an answer cannot be made long by it. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
