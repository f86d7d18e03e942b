/** How presence of an app is told (spec: signaling 3.2, 3.5). */
export interface PresenceSettings {
  /** From this many users on changes are told together, every `intervalMs`. */
  readonly announceMax: number;
  readonly intervalMs: number;
  /** Who is back this soon was never away. */
  readonly debounceMs: number;
}
