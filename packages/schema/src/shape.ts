import type { Code, SignalingErrorCode } from '@housecount/protocol';

/** JSON Schema (2020-12, as OpenAPI 3.1 takes it). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Only for the compiler: no value has it. */
declare const type: unique symbol;
/** The name under which a shape is published; kept where JSON does not see it. */
export const nameOf = Symbol('name');
/** What a refusal says of a value that does not fit; kept where JSON does not see it. */
export const refusal = Symbol('refusal');

/** The name of a type that is declared by hand, and the module that declares it; kept where JSON does not see it. */
export const declaredAs = Symbol('declared as');

export interface Declared {
  readonly name: string;
  /** As a module that is made of the schemas imports it. */
  readonly from: string;
}

export interface Refusal {
  /** What the value must be, to end the sentence `"field" must be …`. Without it the keywords are put into words. */
  readonly must?: string;
  /** The whole sentence, of a signaling frame, if it does not begin like that; `{name}` stands for the name of the field. */
  readonly says?: string;
  /** Default `body_invalid`. */
  readonly code?: Code;
  /** Of a signaling frame: the API's number. */
  readonly errorCode?: SignalingErrorCode;
}

/** A JSON Schema that knows the TypeScript type of what fits it. Every shape of the wire is written once, as one of these. */
export type Shape<T = unknown> = JsonSchema & {
  readonly [type]?: T;
  readonly [nameOf]?: string;
  readonly [declaredAs]?: Declared;
  readonly [refusal]?: Refusal;
};

/** The type of what fits a shape. */
export type TypeOf<S> = S extends { readonly [type]?: infer T } ? Exclude<T, undefined> : never;

/** A property that may be absent. */
export interface Optional<T = unknown> {
  readonly optional: Shape<T>;
}
export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

/** The same properties, each of which may be absent. */
export const eachOptional = <const P extends Readonly<Record<string, Shape>>>(properties: P) =>
  Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, optional(shape)])) as {
    readonly [K in keyof P]: Optional<TypeOf<P[K]>>;
  };

export type Properties = Readonly<Record<string, Shape | Optional>>;
type Flat<T> = { [K in keyof T]: T[K] };
type IsOptional<P> = P extends { readonly optional: JsonSchema } ? true : false;
/** The type of an object with these properties. */
export type ObjectOf<P extends Properties> = Flat<
  { readonly [K in keyof P as IsOptional<P[K]> extends true ? never : K]: TypeOf<P[K]> } & {
    readonly [K in keyof P as IsOptional<P[K]> extends true ? K : never]?: P[K] extends Optional<infer T>
      ? T
      : never;
  }
>;

/** An object that may get further properties later: readers ignore them. What the server answers is this. */
export function object<const P extends Properties>(properties: P, description?: string): Shape<ObjectOf<P>> {
  const required = Object.entries(properties).flatMap(([name, property]) =>
    isOptional(property) ? [] : [name],
  );
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        isOptional(property) ? property.optional : property,
      ]),
    ),
    ...(required.length > 0 && { required }),
  };
}

/** An object with these properties and no other: a misspelt one is refused. What a caller sends is this. */
export function closed<const P extends Properties>(
  properties: P,
  keywords: JsonSchema = {},
): Shape<ObjectOf<P>> {
  return { ...object(properties), additionalProperties: false, ...keywords };
}

const isOptional = (property: Shape | Optional): property is Optional => Object.hasOwn(property, 'optional');

/** A shape with further keywords, of which the type says nothing; it is another one, without the name. */
export function narrowed<T>(shape: Shape<T>, keywords: JsonSchema): Shape<T> {
  const { [nameOf]: _, ...same } = shape;
  return { ...same, ...keywords };
}

/** A shape, and what is said and answered when a value does not fit it. */
export const refusing = <T>(shape: Shape<T>, how: Refusal): Shape<T> => ({ ...shape, [refusal]: how });

/** A shape that is published once, under this name. */
export const named = <T>(name: string, shape: Shape<T>): Shape<T> => ({ ...shape, [nameOf]: name });

/** A shape whose type is declared by hand: types that are made of the schemas import it. */
export const declared = <T>(name: string, from: string, shape: Shape<T>): Shape<T> => ({
  ...shape,
  [declaredAs]: { name, from },
});

/** The same shape with another description. */
export const described = <T>(description: string, shape: Shape<T>): Shape<T> =>
  narrowed(shape, { description });

/** The shape, or null: as good as absent. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  if (shape[nameOf] !== undefined) return { anyOf: [shape, { type: 'null' }] };
  if (typeof shape.type === 'string' && !Object.hasOwn(shape, 'enum'))
    return { ...shape, type: [shape.type, 'null'] } as Shape<T | null>;
  if (Array.isArray(shape.anyOf)) return { ...shape, anyOf: [...shape.anyOf, { type: 'null' }] };
  if (Array.isArray(shape.enum)) return { ...shape, enum: [...shape.enum, null] } as Shape<T | null>;
  return { anyOf: [shape, { type: 'null' }] };
}

const words = (description?: string) => (description ? { description } : {});

export const array = <T>(
  items: Shape<T>,
  description?: string,
  keywords: JsonSchema = {},
): Shape<readonly T[]> => ({
  type: 'array',
  items,
  ...words(description),
  ...keywords,
});
export const string = (description?: string, keywords: JsonSchema = {}): Shape<string> => ({
  type: 'string',
  ...words(description),
  ...keywords,
});
export interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
}
export const integer = (description?: string, bounds: Bounds = {}): Shape<number> => ({
  type: 'integer',
  ...words(description),
  ...bounds,
});
export const number = (description?: string, bounds: Bounds = {}): Shape<number> => ({
  type: 'number',
  ...words(description),
  ...bounds,
});
export const boolean = (description?: string): Shape<boolean> => ({ type: 'boolean', ...words(description) });
export const oneOf = <const V extends readonly (string | number)[]>(...values: V): Shape<V[number]> => ({
  enum: values,
});
/** One of the names of a table's entries. */
export const keyOf = <T extends object>(table: T): Shape<keyof T & string> =>
  oneOf(...(Object.keys(table) as (keyof T & string)[]));
export const constant = <const V extends string | number | boolean>(value: V): Shape<V> => ({ const: value });
export const anyOf = <const S extends readonly Shape[]>(...shapes: S): Shape<TypeOf<S[number]>> => ({
  anyOf: shapes,
});
/** What fits both: a shape, and more of the same object. */
export const both = <A, B>(one: Shape<A>, more: Shape<B>): Shape<A & B> => ({ allOf: [one, more] });
/** An object whose keys are the data. */
export const record = <T>(
  values: Shape<T>,
  description?: string,
  keywords: JsonSchema = {},
): Shape<Readonly<Record<string, T>>> => ({
  type: 'object',
  ...words(description),
  additionalProperties: values,
  ...keywords,
});
/** A time, UTC epoch milliseconds. */
export const milliseconds = (what: string): Shape<number> => integer(`${what}, UTC epoch milliseconds.`);
/** A time, ISO 8601. */
export const isoTime = (what: string): Shape<string> =>
  string(`${what}, ISO 8601 in UTC with milliseconds.`, { format: 'date-time' });
/** Keywords for an object that does not have all of these properties: of one name, not that; of two, not both. */
export const lacking = (...names: readonly string[]): JsonSchema => ({ not: { required: names } });
