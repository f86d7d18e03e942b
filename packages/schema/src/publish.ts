import { type JsonSchema, nameOf, type Shape } from './shape.ts';

/** Schemas as they are published: a shape with a name stands once among `components`, and is referred to. */
export class Publication {
  readonly components: Record<string, JsonSchema> = {};
  readonly #shapes = new Map<string, Shape>();

  /** The schema of a shape, for the document. Adds the named shapes in it to the components. */
  schema(shape: Shape): JsonSchema {
    const name = shape[nameOf];
    if (name === undefined) return this.#inside(shape);
    this.#add(name, shape);
    return { $ref: `#/components/schemas/${name}` };
  }

  #add(name: string, shape: Shape): void {
    if (!isNew(this.#shapes, name, shape)) return;
    // Its place first: a document lists what contains before what is contained.
    this.components[name] = {};
    this.components[name] = this.#inside(shape);
  }

  #inside(shape: Shape): JsonSchema {
    return Object.fromEntries(
      Object.entries(shape).map(([keyword, value]) => [keyword, this.#value(keyword, value)]),
    );
  }

  #value(keyword: string, value: unknown): unknown {
    if (lists.has(keyword)) return (value as readonly Shape[]).map((one) => this.schema(one));
    if (keyword === 'properties')
      return Object.fromEntries(
        Object.entries(value as Readonly<Record<string, Shape>>).map(([name, one]) => [
          name,
          this.schema(one),
        ]),
      );
    return single.has(keyword) && typeof value === 'object' ? this.schema(value as Shape) : value;
  }
}

/**
 * Notes a named shape; false if it is there already.
 * @throws Error if the name is that of another shape, of which one would be lost
 */
export function isNew(known: Map<string, Shape>, name: string, shape: Shape): boolean {
  const before = known.get(name);
  if (before !== undefined && before !== shape) throw new Error(`Two shapes are called ${name}.`);
  known.set(name, shape);
  return before === undefined;
}

const lists = new Set(['anyOf', 'oneOf', 'allOf']);
const single = new Set(['items', 'not', 'additionalProperties', 'propertyNames']);
