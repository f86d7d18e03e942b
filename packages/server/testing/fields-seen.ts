import { fits, type JsonSchema, type Shape } from '@housecount/schema';

/** Holds values against a shape in both directions: all that is in a value is in the shape, and all that is in the shape is in some value. */
export class FieldsSeen {
  readonly #unseen: Set<string>;

  constructor(readonly shape: Shape) {
    this.#unseen = new Set(placesIn(shape, ''));
  }

  /** Places that no value had so far: fields, and values that are listed one by one. */
  get unseen(): readonly string[] {
    return [...this.#unseen].sort();
  }

  /** The parts of a value that are not as the shape says; empty: there are none. */
  misfits(value: unknown): readonly string[] {
    if (!fits(this.shape, value)) return [`does not fit: ${JSON.stringify(value)}`];
    const found = placesOf(this.shape, value, '');
    for (const place of found.known) this.#unseen.delete(place);
    return found.surplus;
  }
}

interface Found {
  readonly known: readonly string[];
  readonly surplus: readonly string[];
}
const nothing: Found = { known: [], surplus: [] };
const together = (parts: readonly Found[]): Found => ({
  known: parts.flatMap(({ known }) => known),
  surplus: parts.flatMap(({ surplus }) => surplus),
});

/** Of parts that one value fits all of: what is in none of them is too much. */
const shared = (parts: readonly Found[]): Found => ({
  known: parts.flatMap(({ known }) => known),
  surplus: (parts[0]?.surplus ?? []).filter((place) => parts.every(({ surplus }) => surplus.includes(place))),
});

/** The places of a shape that a value which fits it has, and those of the value that the shape does not name. */
function placesOf(shape: Shape, value: unknown, at: string): Found {
  const alternatives = shape.anyOf as readonly Shape[] | undefined;
  if (alternatives && shape.properties === undefined) return chosen(alternatives, value, at);
  if (Array.isArray(shape.allOf))
    return shared((shape.allOf as readonly Shape[]).map((one) => placesOf(one, value, at)));
  if (shape.enum !== undefined || shape.const !== undefined)
    return { known: [`${at}=${String(value)}`], surplus: [] };
  if (Array.isArray(value))
    return together(value.map((one) => placesOf(shape.items as Shape, one, `${at}[]`)));
  if (typeof value !== 'object' || value === null) return nothing;
  const properties = propertiesOf(shape);
  // Names that are data, or of which nothing is said.
  const isOpen = Boolean(shape.additionalProperties) || shape.properties === undefined;
  return together(
    Object.entries(value).map(([name, one]) => {
      const place = `${at}.${name}`;
      if (properties[name] === undefined) return isOpen ? nothing : { known: [], surplus: [place] };
      const inner = placesOf(properties[name], one, place);
      return { known: [place, ...inner.known], surplus: inner.surplus };
    }),
  );
}

/** The alternative that leaves nothing of the value over. */
function chosen(alternatives: readonly Shape[], value: unknown, at: string): Found {
  const all = alternatives
    .filter((one) => fits(one, value))
    .map((one) => placesOf(one, value, labelled(at, one)));
  return all.reduce(
    (best, one) => (one.surplus.length < best.surplus.length ? one : best),
    all[0] ?? nothing,
  );
}

/** All places of a shape; those of alternatives by what tells them apart. */
function placesIn(shape: Shape, at: string): readonly string[] {
  if (Array.isArray(shape.anyOf))
    return (shape.anyOf as readonly Shape[]).flatMap((one) => placesIn(one, labelled(at, one)));
  if (Array.isArray(shape.allOf))
    return (shape.allOf as readonly Shape[]).flatMap((one) => placesIn(one, at));
  if (Array.isArray(shape.enum)) return shape.enum.map((value) => `${at}=${String(value)}`);
  if (shape.const !== undefined) return [`${at}=${String(shape.const)}`];
  if (shape.items !== undefined) return placesIn(shape.items as Shape, `${at}[]`);
  return Object.entries(propertiesOf(shape)).flatMap(([name, one]) => [
    `${at}.${name}`,
    ...placesIn(one, `${at}.${name}`),
  ]);
}

const propertiesOf = ({ properties }: JsonSchema) => (properties ?? {}) as Readonly<Record<string, Shape>>;

/** A place in one alternative: called by its constants, so that the same field of two is seen in both. */
function labelled(at: string, shape: Shape): string {
  const constants = Object.entries(propertiesOf(shape)).flatMap(([name, one]) =>
    one.const === undefined ? [] : [`${name}=${String(one.const)}`],
  );
  return constants.length === 0 ? at : `${at}(${constants.join()})`;
}
