/** Why nothing, or next to nothing, is sent. */
export interface Halt {
  /** `suspended`: failed for long, tried now and then. `gone`: it answered 410, and is not tried again until told to. */
  readonly state: 'suspended' | 'gone';
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** The outcome of the last attempt before it. */
  readonly why: string;
}

/** The halt of an endpoint at the start of the process: one that said that it is gone is asked once more. */
export function askedAgain(halt: Halt | undefined): Halt | undefined {
  return halt && { ...halt, state: 'suspended' };
}
