import type { Code } from '../codes.ts';
import { checkOf, quote, type ValueShape } from '../field-check.ts';

/** What is said and answered when a value is not as it must be. */
export interface Refusal {
  /** A sentence; `{name}` stands for the name of the field. */
  readonly says: string;
  /** The API's number; default `invalidParameter`. */
  readonly errorCode?: number;
  /** Default `frame_invalid`. */
  readonly code?: Code;
}

/** A value, and what is refused of it with which words: first what it `is`, and only then what has words of its own. */
export interface RefusedShape extends Refusal {
  readonly is: ValueShape;
  /** What else the same value must be; they are checked in this order. */
  readonly bounds?: readonly RefusedShape[];
  /** What each name must be, of an object whose names are data. */
  readonly names?: RefusedShape;
  /** What each value must be, of a list or of an object whose names are data. */
  readonly values?: RefusedShape;
  /** All fields that an object may have. If there are several sets, the first that knows a name of the object is meant, or else the last. */
  readonly fields?: readonly RefusedFields[];
}

/** The fields of an object, by their names. */
export type RefusedFields = Readonly<Record<string, RefusedShape & { readonly isRequired: boolean }>>;

/** The fault of a frame; `errorCode` is the API's number of it. */
export interface Fault {
  readonly code?: Code;
  readonly errorCode?: number;
  readonly detail: string;
}

/** Finds the fault of a value, if there is one. `name` is the field's, for the sentence. */
export type FaultFinder = (value: unknown, name: string) => Fault | undefined;

/** Finds the fault of an object; `prefix` is what leads to its fields. */
export type FieldsFaultFinder = (
  value: Readonly<Record<string, unknown>>,
  prefix?: string,
) => Fault | undefined;

/** A fault, with the API's number of it if it has one. */
export const invalid = (detail: string, errorCode?: number, code?: Code): Fault => ({
  detail,
  ...(errorCode !== undefined && { errorCode }),
  ...(code !== undefined && { code }),
});

/** What finds the faults of a value, made once. */
export function faultFinder(shape: RefusedShape): FaultFinder {
  const is = checkOf(shape.is);
  const { bounds = [], names, values, fields } = shape;
  const inside = [
    ...bounds.map(faultFinder),
    ...(names || values ? [partsFinder(names, values)] : []),
    ...(fields ? [alternativesFinder(fields)] : []),
  ];
  return (value, name) => {
    if (!is(value)) return faultOf(shape, name);
    for (const find of inside) {
      const fault = find(value, name);
      if (fault) return fault;
    }
    return undefined;
  };
}

const faultOf = ({ says, errorCode, code }: Refusal, name: string): Fault =>
  invalid(
    says.replaceAll('{name}', () => name),
    errorCode,
    code,
  );

function partsFinder(ofNames?: RefusedShape, ofValues?: RefusedShape): FaultFinder {
  const [findInName, findInValue] = [ofNames, ofValues].map((shape) => shape && faultFinder(shape));
  return (value, name) => {
    for (const [key, part] of Array.isArray(value) ? value.entries() : Object.entries(value as object)) {
      const fault = findInName?.(key, name) ?? findInValue?.(part, name);
      if (fault) return fault;
    }
    return undefined;
  };
}

function alternativesFinder(alternatives: readonly RefusedFields[]): FaultFinder {
  const all = alternatives.map((fields) => ({ fields, find: fieldsFaultFinder(fields) }));
  return (value, name) => {
    const given = value as Readonly<Record<string, unknown>>;
    const meant = all.find(({ fields }) => Object.keys(fields).some((one) => Object.hasOwn(given, one)));
    return (meant ?? all.at(-1))?.find(given, `${name}.`);
  };
}

/** What checks each known field of an object, and that there is no other; made once. */
export function fieldsFaultFinder(fields: RefusedFields): FieldsFaultFinder {
  const known = new Set(Object.keys(fields));
  const all = Object.entries(fields).map(([name, field]) => ({ name, field, find: faultFinder(field) }));
  return (value, prefix = '') => {
    for (const name of Object.keys(value))
      if (!known.has(name)) return invalid(`Unknown field ${quote(`${prefix}${name}`)}.`);
    for (const { name, field, find } of all) {
      if (Object.hasOwn(value, name)) {
        const fault = find(value[name], `${prefix}${name}`);
        if (fault) return fault;
      } else if (field.isRequired)
        return invalid(`"${prefix}${name}" is missing.`, field.errorCode, field.code);
    }
    return undefined;
  };
}
