import { NoticeError } from './notice.ts';

/**
 * Fields of what came from outside; with names, those that there can be. Each reader throws NoticeError, which names the field and never
 * quotes it, and reads no other field than those, for the compiler.
 */
export type Fields<Name extends string = string> = Readonly<Partial<Record<Name, unknown>>>;
/** The names of the fields that any of these objects has. */
export type NamesIn<T> = T extends T ? keyof T & string : never;

export function objectOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new NoticeError(`In a notice, ${name} must be an object.`);
}

export function stringOf<Name extends string>(fields: Fields<Name>, name: NoInfer<Name>): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new NoticeError(`In a notice, ${name} must be a string.`);
}

export function numberOf<Name extends string>(fields: Fields<Name>, name: NoInfer<Name>): number {
  const value = fields[name];
  if (typeof value === 'number') return value;
  throw new NoticeError(`In a notice, ${name} must be a number.`);
}

/** A whole number from `minimum` on. */
export function wholeOf<Name extends string>(
  fields: Fields<Name>,
  name: NoInfer<Name>,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): number {
  const value = numberOf(fields, name);
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
  throw new NoticeError(`In a notice, ${name} must be a whole number from ${minimum} on.`);
}

/** A string that is not empty and has at most `lengthMax` characters. */
export function nameOf<Name extends string>(
  fields: Fields<Name>,
  name: NoInfer<Name>,
  lengthMax = 256,
): string {
  const value = stringOf(fields, name);
  if (value !== '' && value.length <= lengthMax) return value;
  throw new NoticeError(`In a notice, ${name} must have 1 to ${lengthMax} characters.`);
}

/** An ISO 8601 time, as epoch milliseconds. */
export function timeOf<Name extends string>(fields: Fields<Name>, name: NoInfer<Name>): number {
  const ms = Date.parse(stringOf(fields, name));
  if (Number.isFinite(ms)) return ms;
  throw new NoticeError(`In a notice, ${name} must be a time.`);
}

/** undefined if it is absent or null. */
export function optional<T, Name extends string>(
  fields: Fields<Name>,
  name: NoInfer<Name>,
  read: (fields: Fields<Name>, name: Name) => T,
): T | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : read(fields, name);
}

/** Members of a channel and an endpoint's check: the channel and uid that it uses (Agora's, and Housecount's too). */
export function isHealthTest(channel: unknown, { uid, lastUid }: Fields<'uid' | 'lastUid'>): boolean {
  return channel === 'test_webhook' && [uid, lastUid].every((id) => id === undefined || id === 12121212);
}
