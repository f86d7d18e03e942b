/** One option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** True when the option may be given more than once. */
  readonly multiple?: true;
  /** The placeholder of the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** The streams and the environment of a command. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Command {
  readonly name: string;
  /** One line that says what the command does. */
  readonly summary: string;
  /** Works when pasted. */
  readonly examples: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** The one word that stands without an option, required; `values` has it under this name. */
  readonly argument?: { readonly name: string; readonly help: string };
  /** Notes at the end of the command's help. */
  readonly notes?: string;
  /** Resolves with the exit status: 0 done, 1 failed. A UsageError is 2. */
  run(values: Values, terminal: Terminal): Promise<number>;
}

/** The command was called wrongly: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An http:// or https:// URL option. @throws UsageError */
export function urlOf(values: Values, name: string): URL {
  const given = required(values, name);
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return new URL(given);
  // A host and a port alone: their scheme is what is missing.
  const likely = /^[\w.-]+(:\d+)?(\/|$)/.test(given) ? `: write http://${given}` : '';
  throw new UsageError(`--${name} must be an http:// or https:// URL, not ${given}${likely}`);
}

/** The value of a string option, or undefined. */
export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may be given more than once. */
export function texts(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

export function required(values: Values, name: string): string {
  const value = text(values, name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

/** A whole number option within bounds, or `fallback`. `otherwise`: what else may have been meant. */
export function whole<T>(
  values: Values,
  name: string,
  min: number,
  max: number,
  fallback: T,
  otherwise = '',
): number | T {
  const value = text(values, name);
  if (value === undefined) return fallback;
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${value}${otherwise}`);
}

/** A hint for whole(): the option for a user with a name, whom somebody gave as --uid. */
export const uidHint = ': a user with a name is an --account';
