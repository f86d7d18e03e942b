import type { Ownership } from './ownership.ts';

/** A command that a node asks the owner to decide: the node's incarnation, and the command's number there: 1, 2, 3 … */
export interface Asked {
  readonly by: string;
  readonly n: number;
}

/** The commands of a node that are not settled, in their order, each with the epoch in which it was sent last; 0: not yet. */
export type Asking = readonly { readonly n: number; readonly sentIn: number }[];

/**
 * The commands that are sent to the owner now. `folded` is who owns the partition by what this node has folded: a command is sent to
 * the owner of an epoch only once its claim is folded here. What was not seen in the log by then is not in it, and never will be, so
 * that sending it to the next owner does not double it.
 */
export const toSend = (asking: Asking, folded: Ownership): readonly number[] =>
  asking.filter(({ sentIn }) => sentIn < folded.epoch).map(({ n }) => n);

/** Those commands are on their way to the owner of that epoch. */
export const sent = (asking: Asking, numbers: readonly number[], epoch: number): Asking =>
  asking.map((each) => (numbers.includes(each.n) ? { ...each, sentIn: epoch } : each));

/** A batch that was folded here names those whom it answers: a node settles its own commands by that. */
export const settled = (asking: Asking, me: string, answered: readonly Asked[]): Asking =>
  asking.filter(({ n }) => !answered.some((each) => each.by === me && each.n === n));

/** What an owner has taken in its epoch, by incarnation: the highest number. Numbers come in order, over one link. */
export interface Taken {
  readonly epoch: number;
  readonly upTo: Readonly<Record<string, number>>;
}

/** Nothing, in an epoch that begins. */
export const nothingTaken = (epoch: number): Taken => ({ epoch, upTo: {} });

/**
 * An owner takes a command, once in its epoch. Undefined: it does not take it, since it was sent to the owner of another epoch, who
 * may have recorded it, or has come again.
 */
export function taken(before: Taken, { by, n }: Asked, epoch: number): Taken | undefined {
  if (epoch !== before.epoch || n <= (before.upTo[by] ?? 0)) return undefined;
  return { epoch, upTo: { ...before.upTo, [by]: n } };
}
