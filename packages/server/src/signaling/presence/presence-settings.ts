/** Settings of an app's presence (spec: signaling 3.2, 3.5). */
export interface PresenceSettings {
  /** From this many users on changes are told together, every `intervalMs`. */
  readonly announceMax: number;
  readonly intervalMs: number;
  /** A user who is back within this time was never away, milliseconds. */
  readonly debounceMs: number;
}
