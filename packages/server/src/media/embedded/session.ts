import type { Liveness } from './liveness.ts';
import type { PlayedKind } from './negotiate.ts';
import type { Peer } from './peer.ts';
import type { Player } from './player.ts';
import type { Publisher } from './publisher.ts';

/** One peer's link to the engine, as the child keeps it. */
export interface Session {
  readonly id: string;
  readonly route: string;
  readonly role:
    | { readonly type: 'publisher'; readonly publisher: Publisher }
    | { readonly type: 'player'; readonly player: Player; readonly kinds: readonly PlayedKind[] };
  /** Undefined until the first offer is answered. */
  peer: Peer | undefined;
  /** The transport of an ICE restart that has not connected yet; it takes the place of `peer` when it does. */
  next: { readonly peer: Peer; readonly deadlineMs: number } | undefined;
  connected: boolean;
  /** By when it must be connected. */
  readonly deadlineMs: number;
  readonly liveness: Liveness;
  /** Remote candidates taken so far. */
  candidates: number;
  /** Of the answer, growing. */
  version: number;
}
