import { base64BytesOf } from './base64.ts';

/** A keyword that JSON Schema does not have, published as it is: its name begins with `x-`. */
interface Extension<Setting> {
  /** For the document: what it asks for. */
  readonly says: string;
  /** What a value must be, to end a sentence. */
  readonly must: (setting: Setting) => string;
  readonly fits: (setting: Setting, value: unknown) => boolean;
}
const extension = <Setting>(made: Extension<Setting>): Extension<Setting> => made;

const encoder = new TextEncoder();

/** What is asked of bodies and JSON Schema cannot say. A keyword is content with a value of a type that it does not speak of. */
export const extensions = {
  'x-utf8BytesMax': extension<number>({
    says: 'Bytes of a text in UTF-8, at most.',
    must: (most) => `at most ${most} bytes of UTF-8`,
    fits: (most, value) => typeof value !== 'string' || encoder.encode(value).length <= most,
  }),
  'x-base64Bytes': extension<{ readonly minimum?: number; readonly maximum?: number }>({
    says: 'Bytes that a base64 text stands for, at least and at most.',
    must: ({ minimum = 0, maximum }) =>
      maximum === undefined
        ? `base64 of at least ${minimum} bytes`
        : `base64 of ${minimum} to ${maximum} bytes`,
    fits({ minimum = 0, maximum = Number.POSITIVE_INFINITY }, value) {
      const bytes = typeof value === 'string' ? base64BytesOf(value) : undefined;
      return bytes === undefined || (bytes >= minimum && bytes <= maximum);
    },
  }),
  'x-utf16LengthMax': extension<number>({
    says: 'Units of a text in UTF-16, at most: a character beyond the first 65,536 counts as two.',
    must: (most) => `at most ${most} characters`,
    fits: (most, value) => typeof value !== 'string' || value.length <= most,
  }),
  'x-ordered': extension<readonly [string, string]>({
    says: 'The first of these properties is not greater than the second.',
    must: ([first, second]) => `such that ${first} is not after ${second}`,
    fits([first, second], value) {
      const { [first]: low, [second]: high } = (value ?? {}) as Readonly<Record<string, unknown>>;
      return typeof low !== 'number' || typeof high !== 'number' || low <= high;
    },
  }),
  'x-uniqueBy': extension<string>({
    says: 'No two items of the list have the same value of this property.',
    must: (name) => `a list in which no ${name} comes twice`,
    fits(name, value) {
      if (!Array.isArray(value)) return true;
      const values = value.map((item: unknown) => (item as Readonly<Record<string, unknown>> | null)?.[name]);
      return new Set(values).size === values.length;
    },
  }),
  'x-namesDiffer': extension<true>({
    says: 'No two names of the object differ in nothing but the case of their letters.',
    must: () => 'an object in which no name comes twice',
    fits(_, value) {
      if (typeof value !== 'object' || value === null) return true;
      const names = Object.keys(value).map((name) => name.toLowerCase());
      return new Set(names).size === names.length;
    },
  }),
} as const;
