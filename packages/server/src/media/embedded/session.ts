import type { IceWay } from './ice/ice-way.ts';
import type { Liveness } from './liveness.ts';
import type { PlayedKind } from './sdp/negotiate.ts';
import type { LocalTransport } from './sdp/sdp-answer.ts';
import type { CarriedSeconds } from './streams/carried-seconds.ts';
import type { Peer } from './streams/peer.ts';
import type { Player } from './streams/player.ts';
import type { Publisher } from './streams/publisher.ts';

/** The transport, for the session's whole life, and what both ends called themselves when it was made. */
export interface Link {
  readonly peer: Peer;
  readonly transport: LocalTransport;
  /** The library's own candidates, as announced. */
  readonly candidates: readonly string[];
  /** The client's. */
  readonly fingerprint: string;
}

/** One peer's link to the engine, as the child keeps it. */
export interface Session {
  readonly id: string;
  readonly room: string;
  /** The route that it publishes, or plays: a player may be moved. */
  route: string;
  readonly role:
    | { readonly type: 'publisher'; readonly publisher: Publisher }
    | { readonly type: 'player'; readonly player: Player; readonly kinds: readonly PlayedKind[] };
  /** Undefined until the offer is answered. */
  link: Link | undefined;
  /** The other way by which the client may come to the link; undefined until the offer is answered. */
  way: IceWay | undefined;
  connected: boolean;
  /** The time by which it must be connected. */
  readonly deadlineMs: number;
  readonly liveness: Liveness;
  readonly seconds: CarriedSeconds;
  /** The version of the answer (`o=`); it grows with each answer. */
  version: number;
}
