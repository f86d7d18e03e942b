import { isNew } from '../publish.ts';
import { declaredAs, type JsonSchema, nameOf, type Shape } from '../shape.ts';

/** TypeScript types as text, for packages that take no schema along: `interface` or `type` by name, described as the shapes are. */

/** The first line of a module that is made. */
export const madeHead = '// Made of the schemas by `npm run schema`: change those, in packages/schema.\n\n';

/** The declaration of each named shape, and of those in them, in the order of their names. */
export function declarationsOf(shapes: readonly Shape[]): string {
  const found = new Map<string, Shape>();
  for (const shape of shapes) collect(shape, found);
  return [...found.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, shape]) => declaration(name, shape))
    .join('\n');
}

/** A module with the declarations of these shapes, and the imports of the types in them that are declared by hand. */
export function typesModule(shapes: readonly Shape[]): string {
  const imports = new Map<string, Set<string>>();
  for (const shape of shapes) collectImports(shape, imports);
  const own = new Map<string, Shape>();
  for (const shape of shapes) collect(shape, own);
  const lines = [...imports]
    .map(([from, names]) => [from, [...names].filter((name) => !own.has(name))] as const)
    .filter(([, names]) => names.length > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([from, names]) => `import type { ${names.sort().join(', ')} } from '${from}';\n`);
  return `${madeHead}${lines.join('')}${lines.length > 0 ? '\n' : ''}${declarationsOf(shapes)}`;
}

function collectImports(shape: Shape, imports: Map<string, Set<string>>): void {
  const hand = shape[declaredAs];
  if (hand) imports.set(hand.from, (imports.get(hand.from) ?? new Set()).add(hand.name));
  for (const part of partsOf(shape)) collectImports(part, imports);
}

function declaration(name: string, shape: Shape): string {
  const head = comment(shape, '');
  const { [nameOf]: _, ...bare } = shape;
  const type = typeText(bare, '');
  return type.startsWith('{') && !shape.anyOf
    ? `${head}export interface ${name} ${type}\n`
    : `${head}export type ${name} = ${type};\n`;
}

function collect(shape: Shape, found: Map<string, Shape>): void {
  const name = shape[nameOf];
  if (name !== undefined && !isNew(found, name, shape)) return;
  for (const part of partsOf(shape)) collect(part, found);
}

/** Shapes of which the type of a shape is made. */
function partsOf({ properties, items, additionalProperties, anyOf, allOf }: JsonSchema): readonly Shape[] {
  return [
    ...Object.values((properties ?? {}) as Readonly<Record<string, Shape>>),
    ...(items === undefined ? [] : [items as Shape]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties as Shape] : []),
    ...(isTyped(anyOf) ? anyOf : []),
    ...(isTyped(allOf) ? allOf : []),
  ];
}

/** The type of a shape, as text; a named one by its name. */
export function typeText(shape: Shape, indent = ''): string {
  if (shape[nameOf] !== undefined) return shape[nameOf];
  if (shape[declaredAs] !== undefined) return shape[declaredAs].name;
  // Beside a type these are further keywords, of which the type says nothing: see narrowed.
  if (shape.type === undefined && Object.hasOwn(shape, 'const')) return literal(shape.const);
  if (shape.type === undefined && Array.isArray(shape.enum)) return shape.enum.map(literal).join(' | ');
  if (Array.isArray(shape.type))
    return shape.type
      .map((type) => (type === 'null' ? 'null' : typeText({ ...shape, type }, indent)))
      .join(' | ');
  switch (shape.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return shape.type;
    case 'array':
      return `readonly ${wrapped(typeText((shape.items ?? {}) as Shape, indent))}[]`;
    case 'object':
      return objectText(shape, indent);
  }
  if (isTyped(shape.anyOf)) return shape.anyOf.map((one) => typeText(one, indent)).join(' | ');
  if (isTyped(shape.allOf)) return shape.allOf.map((one) => wrapped(typeText(one, indent))).join(' & ');
  return 'unknown';
}

function objectText({ properties, required, additionalProperties }: Shape, indent: string): string {
  if (properties === undefined)
    return `Readonly<Record<string, ${typeof additionalProperties === 'object' ? typeText(additionalProperties as Shape, indent) : 'unknown'}>>`;
  const inner = `${indent}  `;
  const needed = (required ?? []) as readonly string[];
  const lines = Object.entries(properties as Readonly<Record<string, Shape>>).map(
    ([name, one]) =>
      `${one[nameOf] === undefined ? comment(one, inner) : ''}${inner}readonly ${key(name)}${needed.includes(name) ? '' : '?'}: ${typeText(one, inner)};`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

/** Shapes that say what type a value has, not only what else must be true of it. */
const isTyped = (shapes: unknown): shapes is readonly Shape[] =>
  Array.isArray(shapes) &&
  shapes.every(
    (one: Shape) =>
      one.type !== undefined ||
      one.const !== undefined ||
      one.enum !== undefined ||
      isTyped(one.anyOf) ||
      isTyped(one.allOf),
  );

const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const wrapped = (type: string) => (/[|&]/.test(type) && !type.startsWith('{') ? `(${type})` : type);
const literal = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value));

function comment({ description }: JsonSchema, indent: string): string {
  return typeof description === 'string' ? `${indent}/** ${description} */\n` : '';
}
