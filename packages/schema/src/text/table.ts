import { declaredAs, type JsonSchema, nameOf, type Shape } from '../shape.ts';
import { typeText } from './typescript.ts';

/** A table of an object's fields, for the docs (Markdown). */
export function tableOf(shape: Shape): string {
  const rows = fieldsOf(shape).map(({ text, words }) => `| ${text} | ${words} |`);
  return ['| field | type | |', '|---|---|---|', ...rows, ''].join('\n');
}

/** A table of the fields of several objects that are much the same, which says whose each of them is (Markdown). */
export function tableByKind(what: string, kinds: readonly (readonly [name: string, shape: Shape])[]): string {
  const rows = new Map<string, { readonly field: Field; readonly of: string[] }>();
  for (const [kind, shape] of kinds)
    for (const field of fieldsOf(shape)) {
      const row = rows.get(field.text) ?? { field, of: [] };
      rows.set(field.text, row);
      row.of.push(kind);
    }
  const lines = [...rows.values()].map(({ field: { text, words }, of }) => {
    const whose = of.length === kinds.length ? 'all' : of.join(', ');
    return `| ${text} | ${whose} | ${words} |`;
  });
  return [`| in \`${what}\` | type | of | |`, '|---|---|---|---|', ...lines, ''].join('\n');
}

/** A table of values that exclude each other, and what is said of each (Markdown). */
export function tableOfChoices(what: string, choices: readonly Shape[]): string {
  const rows = choices.map((one) => `| ${cell(typeOf(one))} | ${one.description} |`);
  return [`| ${what} | |`, '|---|---|', ...rows, ''].join('\n');
}

/** A field in a table: its name and type, and what is said of it. */
interface Field {
  readonly text: string;
  readonly words: string;
}

function fieldsOf(shape: Shape): readonly Field[] {
  const { properties = {}, required = [] } = shape as {
    readonly properties?: Readonly<Record<string, Shape>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    text: `\`${name}\`${required.includes(name) ? '' : ' (optional)'} | ${cell(typeOf(one))}`,
    words: cell(wordsOf(one)),
  }));
}

/** More values than these are listed elsewhere on a page. */
const valuesMax = 8;

/** The type of a field; the few values that it may have, where its declaration would only name them. */
const typeOf = ({ [declaredAs]: hand, ...bare }: Shape) =>
  `\`${typeText(
    hand && (bare.enum as readonly unknown[]).length > valuesMax ? { ...bare, [declaredAs]: hand } : bare,
  )
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
