/** Who may decide in a partition. It stands in the log, and nowhere else: no clock and no lease says it. */
export interface Ownership {
  /** The number of the newest claim: 1, 2, 3 …; 0 before the first. */
  readonly epoch: number;
  /** The incarnation of the node that made it. */
  readonly owner: string | undefined;
}

/** What a batch says of itself to those who follow the log. */
export interface Authorship {
  /** The incarnation of the node that wrote it. */
  readonly writer: string;
  /** The epoch that begins with it, if it is a claim. */
  readonly claims?: number;
}

/** As it is before the first claim. */
export const ownedByNobody: Ownership = { epoch: 0, owner: undefined };

/**
 * Who is the owner after a batch. Undefined: it cannot be there, since it is not the next claim, and not the owner's either; who
 * finds such a one has a log that its writers did not make, and tells nobody of it.
 */
export function afterBatch(before: Ownership, { writer, claims }: Authorship): Ownership | undefined {
  if (claims !== undefined) return claims === before.epoch + 1 ? { epoch: claims, owner: writer } : undefined;
  return writer === before.owner ? before : undefined;
}
