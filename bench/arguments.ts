import { parseArgs } from 'node:util';

/** Reads `--name number` options with their defaults; ends the process with a sentence if one is not a number. */
export function numbers<Name extends string>(
  args: readonly string[],
  defaults: Record<Name, number>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options });
  const result = { ...defaults };
  for (const name of names) {
    const text = values[name];
    if (text === undefined) continue;
    result[name] = Number(text);
    if (!Number.isFinite(result[name])) {
      console.error(`--${name} must be a number.`);
      process.exit(2);
    }
  }
  return result;
}
