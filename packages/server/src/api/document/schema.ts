/** JSON Schema (2020-12, as OpenAPI 3.1 takes it), written with a few functions so that a shape reads like one. */
export type Schema = Readonly<Record<string, unknown>>;

type Optional = { readonly optional: Schema };

/** A property that may be absent. */
export const optional = (schema: Schema): Optional => ({ optional: schema });

/** An object; every property is required unless `optional`. Others may be added later: readers ignore them. */
export function object(
  properties: Readonly<Record<string, Schema | Optional>>,
  description?: string,
): Schema {
  const isOptional = (property: Schema | Optional): property is Optional => 'optional' in property;
  const required = Object.keys(properties).filter((name) => !isOptional(properties[name] ?? {}));
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

export const array = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description !== undefined && { description }),
});
export const string = (description?: string): Schema => ({
  type: 'string',
  ...(description && { description }),
});
export const integer = (
  description?: string,
  bounds: { minimum?: number; maximum?: number } = {},
): Schema => ({
  type: 'integer',
  ...(description && { description }),
  ...bounds,
});
export const number = (description?: string): Schema => ({
  type: 'number',
  ...(description && { description }),
});
export const boolean = (description?: string): Schema => ({
  type: 'boolean',
  ...(description && { description }),
});
export const oneOf = (...values: readonly (string | number)[]): Schema => ({ enum: values });
export const constant = (value: string | number | boolean): Schema => ({ const: value });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const anyOf = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });
