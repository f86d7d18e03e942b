import type { Code } from './codes.ts';

/** What a value in a frame must be: those keywords of JSON Schema that the frames of live clients need. */
export interface ValueShape {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object';
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Characters, as JSON Schema counts them: not the units that JavaScript has them in. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly ValueShape[];
  /** Of an object: all that it may have, and what it must have. */
  readonly properties?: Readonly<Record<string, ValueShape>>;
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
  if (anyOf !== undefined) {
    const alternatives = anyOf.map(checkOf);
    checks.push((value) => alternatives.some((fits) => fits(value)));
  }
  if (shape.properties !== undefined) checks.push(propertiesCheck(shape.properties, shape.required ?? []));
  return checks.reduce(
    (before, next) => (before === anything ? next : (value) => before(value) && next(value)),
    anything,
  );
}

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
