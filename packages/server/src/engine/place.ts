import type { Place } from './contract.ts';

/** Is what is before the one what is before the other, to the last byte? What expects another end of a log is not appended to it. */
export const isSamePlace = (one: Place, other: Place): boolean =>
  one.position === other.position && one.chain === other.chain;
