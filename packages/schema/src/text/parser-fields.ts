import type { FieldShape, FrameFields } from '@housecount/protocol';
import { wordsOfProperty } from '../check.ts';
import { liveFrames } from '../frames/live-frames.ts';
import { refusal, type Shape } from '../shape.ts';
import { madeHead } from './typescript.ts';
import { valueShapeOf } from './value-shape.ts';

/** The module of the protocol with the fields of the frames that live clients send, by which its parser reads them. */
export const liveFieldsModule = (): string =>
  `${madeHead}import type { FrameFields } from '../field-check.ts';\n\nexport const liveFields = ${JSON.stringify(parserFields(liveFrames), undefined, 2)} as const satisfies FrameFields;\n`;

/**
 * The fields of frames, as the parser of the protocol takes them.
 * @throws Error if a field has a keyword that the parser does not know, and would not hold it to
 */
export function parserFields(frames: Readonly<Record<string, Shape>>): FrameFields {
  return Object.fromEntries(
    Object.entries(frames).map(([type, { properties, required = [] }]) => {
      const { type: _, ...fields } = properties as Readonly<Record<string, Shape>>;
      const entries = Object.entries(fields).map(([name, shape]) => [
        name,
        fieldOf(shape, (required as readonly string[]).includes(name)),
      ]);
      return [type, Object.fromEntries(entries)];
    }),
  );
}

function fieldOf(shape: Shape, isRequired: boolean): FieldShape {
  const { [refusal]: how, ...bare } = shape;
  const code = how?.code;
  return { isRequired, must: wordsOfProperty(shape), ...(code && { code }), ...valueShapeOf(bare) };
}
