import type { ValueShape } from '@housecount/protocol';
import { type JsonSchema, refusal, type Shape } from '../shape.ts';

/** True if a shape has words of its own. One that has none is refused with those of what it is in. */
export const isRefusing = (shape: unknown): shape is Shape =>
  (shape as Shape | undefined)?.[refusal] !== undefined;

export const propertiesOf = ({ properties = {} }: JsonSchema) =>
  properties as Readonly<Record<string, Shape>>;

export const onlyClosed = 'The parser takes only objects that are closed, and say no more.';

/** Keywords of which the parsers take the value as it is. */
const plain: ReadonlySet<string> = new Set<keyof ValueShape>([
  ...(['type', 'const', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'] as const),
  ...([
    'x-utf16LengthMax',
    'x-utf8BytesMax',
    'x-base64Bytes',
    'maxItems',
    'maxProperties',
    'required',
  ] as const),
]);

/**
 * A shape as the parsers of the protocol check it, which know no words within it.
 * @throws Error if it has a keyword that they do not know, and would not hold a value to, or words that they could not say
 */
export function valueShapeOf(shape: JsonSchema): ValueShape {
  if (isRefusing(shape)) throw new Error('The parser cannot say these words here.');
  if (shape.properties !== undefined && shape.additionalProperties !== false) throw new Error(onlyClosed);
  return Object.fromEntries(
    Object.entries(shape).flatMap(([keyword, value]) => {
      if (keyword === 'description' || (keyword === 'additionalProperties' && value === false)) return [];
      if (plain.has(keyword)) return [[keyword, value]];
      if (keyword === 'items') return [[keyword, valueShapeOf(value as Shape)]];
      if (keyword === 'anyOf') return [[keyword, (value as readonly Shape[]).map(valueShapeOf)]];
      if (keyword === 'properties') return [[keyword, valueShapesOf(propertiesOf(shape))]];
      throw new Error(`The parser does not know the keyword ${keyword}.`);
    }),
  );
}

const valueShapesOf = (properties: Readonly<Record<string, Shape>>) =>
  Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, valueShapeOf(shape)]));
