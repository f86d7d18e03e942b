/** A reader's hold on what it follows of a roster. */
export interface RosterHold {
  /** The reader took some of what was sent. */
  drained(): void;
  /** Nothing is sent any more. Harmless if repeated. */
  stop(): void;
}

/** What one connection follows of a roster: all of it, or a view. */
export interface RosterStream extends RosterHold {
  /** Whether members are named in it, or only counted. */
  readonly namesMembers: boolean;
}
