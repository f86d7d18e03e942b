import { type JsonSchema, nameOf, type Shape } from '../shape.ts';
import { typeText } from './typescript.ts';

/** A table of an object's fields, for the docs (Markdown). */
export function tableOf(shape: Shape): string {
  const { properties = {}, required = [] } = shape as {
    readonly properties?: Readonly<Record<string, Shape>>;
    readonly required?: readonly string[];
  };
  const rows = Object.entries(properties).map(
    ([name, one]) =>
      `| \`${name}\`${required.includes(name) ? '' : ' (optional)'} | ${cell(typeOf(one))} | ${cell(wordsOf(one))} |`,
  );
  return ['| field | type | |', '|---|---|---|', ...rows, ''].join('\n');
}

const typeOf = (shape: Shape) =>
  `\`${typeText(shape)
    .replaceAll(/\/\*\*.*?\*\/\s*/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('readonly ', '')}\``;

/** What the description and the bounds say. */
function wordsOf(shape: JsonSchema & Shape): string {
  const { description, minimum, maximum, minLength, maxLength, maxItems } = shape;
  const range = (least: unknown, most: unknown, unit: string) =>
    least === undefined
      ? most === undefined
        ? ''
        : `At most ${most}${unit}`
      : most === undefined
        ? `At least ${least}${least === 1 ? unit.replace(/s$/, '') : unit}`
        : `${least} to ${most}${unit}`;
  const bounds = [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    maxItems === undefined ? '' : `At most ${maxItems} of them`,
  ].filter(Boolean);
  return [shape[nameOf] === undefined ? description : '', bounds.length > 0 ? `${bounds.join(', ')}.` : '']
    .filter(Boolean)
    .join(' ');
}

const cell = (text: string) => text.replaceAll('|', '\\|');
