import { type Code, codes } from '@housecount/protocol';

/** The sentence of a code, and what more there is to say. */
export const sentenceOf = (code: Code, detail?: string): string => withDetail(codes[code].message, detail);

export const withDetail = (sentence: string, detail?: string): string =>
  detail ? `${sentence} ${detail}` : sentence;
