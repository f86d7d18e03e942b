/** A reader's hold on what it follows of a roster. */
export interface RosterHold {
  /** The reader took some of what was sent. */
  drained(): void;
  /** Nothing is sent any more. Harmless if repeated. */
  stop(): void;
}

/** The stream of a roster to one connection: all of it, or a view. */
export interface RosterStream extends RosterHold {
  /** Tells whether members are named in it, or only counted. */
  readonly namesMembers: boolean;
}
