import type { Exact } from '../src/api/request/exact.ts';

/** `true` if two types are of the same values, with the same fields at any depth, those that may be absent too; else there is no value of it. */
export type Agrees<A, B> = [unknown, unknown] extends [Exact<A, B>, Exact<B, A>]
  ? [A, B] extends [B, A]
    ? true
    : never
  : never;
