import { didYouMean } from './nearest-name.ts';

/** Reads a tree of unknown values (YAML, JSON, environment) field by field, and collects every problem with its path. */

/** The configuration cannot be used. `problems` are sentences that begin with the path of the key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** More names than these are not read in a message: docs/settings.md has them. */
const namesShownMax = 20;
/** Characters of a wrong text that are shown. */
const textShownMax = 40;

/** A value of the tree, where it is, and where to complain. */
export interface Source {
  readonly value: unknown;
  /** Like `listen.port` or `apps[0].id`; empty at the root. */
  readonly path: string;
  readonly problem: (path: string, sentence: string) => void;
}

/** Complains unless the value is absent or an object with none but the known keys. */
export function onlyKeys(source: Source, known: readonly string[]): void {
  if (source.value === undefined || source.value === null) return;
  if (!isObject(source.value)) {
    complain(
      source,
      known.length > namesShownMax
        ? 'expected an object whose keys docs/settings.md lists'
        : `expected an object with ${known.join(', ')}`,
      kindOfText(source.value),
    );
    return;
  }
  for (const key of Object.keys(source.value)) {
    if (known.includes(key)) continue;
    const path = source.path === '' ? key : `${source.path}.${key}`;
    source.problem(path, `unknown key${meantOrKnown(key, known)}`);
  }
}

/** The name that was meant, first; then all, or where they are. */
function meantOrKnown(key: string, known: readonly string[]): string {
  const list =
    known.length > namesShownMax ? 'docs/settings.md has the list' : `known here: ${known.join(', ')}`;
  const meant = didYouMean(key, known);
  return meant === '' ? `; ${list}` : `${meant} (${list})`;
}

/** The value under `key`; null counts as absent, as in YAML a key without a value. */
export function child(source: Source, key: string): Source {
  const value = isObject(source.value) ? (source.value[key] ?? undefined) : undefined;
  return { ...source, value, path: source.path === '' ? key : `${source.path}.${key}` };
}

/** A text that `check` accepts; `fallback` if absent. The value itself is never shown: it may be a secret. */
export function text(
  source: Source,
  expected: string,
  check: (value: string) => boolean,
  fallback?: string,
): string {
  if (source.value === undefined && fallback !== undefined) return fallback;
  if (typeof source.value === 'string' && check(source.value)) return source.value;
  // YAML reads digits alone as a number, and a long number loses digits.
  const quotes = typeof source.value === 'number' ? ' in quotes' : '';
  complain(source, `expected ${expected}${quotes}`);
  return fallback ?? '';
}

/** A whole number from `min` to `max`. */
export function integer(source: Source, bounds: { min: number; max: number; fallback: number }): number {
  const { value } = source;
  if (value === undefined) return bounds.fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= bounds.min && value <= bounds.max)
    return value;
  complain(source, `expected a whole number from ${bounds.min} to ${bounds.max}`, shownValue(value));
  return bounds.fallback;
}

export function flag(source: Source, fallback: boolean): boolean {
  if (source.value === undefined) return fallback;
  if (typeof source.value === 'boolean') return source.value;
  complain(source, 'expected true or false', shownValue(source.value));
  return fallback;
}

export function choice<T extends string>(source: Source, allowed: readonly T[], fallback: T): T {
  if (source.value === undefined) return fallback;
  const found = allowed.find((one) => one === source.value);
  if (found !== undefined) return found;
  complain(
    source,
    `expected ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`,
    shownValue(source.value),
  );
  return fallback;
}

/** A list whose items `read` reads; an absent list is empty. */
export function list<T>(source: Source, read: (item: Source) => T): readonly T[] {
  if (source.value === undefined) return [];
  if (!Array.isArray(source.value)) {
    complain(source, 'expected a list', kindOfText(source.value));
    return [];
  }
  return source.value.map((value, index) => read({ ...source, value, path: `${source.path}[${index}]` }));
}

/** Complains about every item whose key was seen before. */
export function unique<T>(
  source: Source,
  items: readonly T[],
  keyOf: (item: T) => string,
  what: string,
): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) source.problem(`${source.path}[${index}]`, `the same ${what} is given twice`);
    seen.add(key);
  });
}

/** A number or a text as a message shows it, cut where it is long; undefined: what it is says enough. Not for what may be a secret. */
export function shownValue(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  return value.length > textShownMax
    ? `${JSON.stringify(value.slice(0, textShownMax))} …`
    : JSON.stringify(value);
}

/** `shown`: the value, where it is surely no secret, or what stands for it. */
export function complain(source: Source, sentence: string, shown?: string): void {
  const got = gotOf(source.value, shown);
  source.problem(source.path, got === undefined ? sentence : `${sentence}, got ${got}`);
}

/** undefined: a text where one was expected, of which nothing can be told. */
function gotOf(value: unknown, shown: string | undefined): string | undefined {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return shown ?? (value === '' ? 'an empty string' : undefined);
  return shown ?? `a ${typeof value}`;
}

/** For a text where something else is expected, and which may be a secret. */
const kindOfText = (value: unknown) => (typeof value === 'string' ? 'a string' : undefined);

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
