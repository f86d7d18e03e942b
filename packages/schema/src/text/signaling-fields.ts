import type { RefusedFields, RefusedShape } from '@housecount/protocol';
import { wordsOfProperty } from '../check.ts';
import { signalingFrames } from '../frames/signaling-frames.ts';
import { type JsonSchema, refusal, type Shape } from '../shape.ts';
import { madeHead } from './typescript.ts';
import { isRefusing, onlyClosed, propertiesOf, valueShapeOf } from './value-shape.ts';

/** The module of the protocol with the fields of the frames that signaling clients send, by which its parser reads them: a line for each. */
export function signalingFieldsModule(): string {
  const frames = Object.entries(signalingFields(signalingFrames)).map(([type, fields]) => {
    const lines = Object.entries(fields).map(([name, field]) => `    "${name}": ${JSON.stringify(field)},\n`);
    return `  "${type}": {\n${lines.join('')}  },\n`;
  });
  return `${madeHead}import type { RefusedFields } from '../signaling/refusals.ts';\n\nexport const signalingFields = {\n${frames.join('')}} as const satisfies Readonly<Record<string, RefusedFields>>;\n`;
}

/**
 * The fields of signaling frames, as the parser of the protocol takes them; rules about two fields are not among them.
 * @throws Error if a field has a keyword that the parser does not know, and would not hold it to
 */
export const signalingFields = (
  frames: Readonly<Record<string, Shape>>,
): Readonly<Record<string, RefusedFields>> =>
  Object.fromEntries(Object.entries(frames).map(([type, frame]) => [type, fieldsOf(frame)]));

function fieldsOf(shape: Shape): RefusedFields {
  const required = (shape.required ?? []) as readonly string[];
  return Object.fromEntries(
    Object.entries(propertiesOf(shape)).map(([name, field]) => [
      name,
      { isRequired: required.includes(name), ...refusedShapeOf(field) },
    ]),
  );
}

/** True for an object whose fields have words of their own. */
const hasRefusingFields = (shape: Shape) => Object.values(propertiesOf(shape)).some(isRefusing);

function refusedShapeOf(shape: Shape): RefusedShape {
  const { says = `"{name}" must be ${wordsOfProperty(shape)}.`, errorCode, code } = shape[refusal] ?? {};
  const { propertyNames, items, additionalProperties } = shape;
  const allOf = (shape.allOf ?? []) as readonly Shape[];
  const values = [items, additionalProperties].find(isRefusing);
  const objects = objectsOf(shape);
  return {
    says,
    ...(errorCode && { errorCode }),
    ...(code && { code }),
    is: valueShapeOf(withoutRefusing(shape)),
    ...(allOf.length > 0 && { bounds: allOf.map(refusedShapeOf) }),
    ...(isRefusing(propertyNames) && { names: refusedShapeOf(propertyNames) }),
    ...(values && { values: refusedShapeOf(values) }),
    ...(objects.length > 0 && { fields: objects.map(fieldsOf) }),
  };
}

/** The objects that a value may be, if their fields have words of their own. */
function objectsOf(shape: Shape): readonly Shape[] {
  const all = (shape.anyOf ?? [shape]) as readonly Shape[];
  return all.every(hasRefusingFields) ? all : [];
}

/** What is left of a shape without the parts that have words of their own. */
function withoutRefusing(shape: Shape): JsonSchema {
  const { allOf: _, ...rest } = shape;
  const objects = objectsOf(shape);
  if (objects.length === 0)
    return Object.fromEntries(Object.entries(rest).filter(([, value]) => !isRefusing(value)));
  const isMore = [rest, ...objects].flatMap(Object.keys).some((keyword) => !ofClosed.has(keyword));
  if (isMore || objects.some((one) => one.additionalProperties !== false)) throw new Error(onlyClosed);
  return { type: 'object' };
}

/** Keywords of objects whose fields have words of their own. */
const ofClosed = new Set('anyOf type description properties required additionalProperties'.split(' '));
