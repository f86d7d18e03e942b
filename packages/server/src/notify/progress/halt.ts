/** Why nothing, or next to nothing, is sent. */
export interface Halt {
  /** `suspended`: failed for long, tried now and then. `gone`: it answered 410, and is not tried again until told to. */
  readonly state: 'suspended' | 'gone';
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** What the last attempt before it came to. */
  readonly why: string;
}

/** How an endpoint stands at the start of the process: what said that it is gone is asked once more. */
export function askedAgain(halt: Halt | undefined): Halt | undefined {
  return halt && { ...halt, state: 'suspended' };
}
