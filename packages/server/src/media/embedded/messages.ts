/** The messages between the server and its media child: JSON over the child's IPC channel. */

import type {
  MediaAnswer,
  MediaStats,
  PlayRequest,
  PublishRequest,
  Selection,
  SessionReport,
} from '../contract.ts';
import type { MediaChildLimits } from '../engine-limits.ts';

export interface ChildOptions {
  readonly udpPort: number;
  /** Of media over TCP; 0 or undefined: none. */
  readonly tcpPort?: number;
  /** Another port for TCP will do, if that one is taken. */
  readonly anyTcpPort?: boolean;
  readonly bindAddress: string;
  readonly announcedAddress: string;
  /** Default: those of limits.ts. */
  readonly limits?: MediaChildLimits;
}

export type ToChild =
  | { readonly type: 'start'; readonly options: ChildOptions }
  | { readonly type: 'publish'; readonly id: number; readonly request: PublishRequest }
  | { readonly type: 'play'; readonly id: number; readonly request: PlayRequest }
  | { readonly type: 'restart'; readonly id: number; readonly session: string; readonly offerSdp: string }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'select'; readonly session: string; readonly selection: Selection }
  | { readonly type: 'move'; readonly session: string; readonly publisher: string }
  | { readonly type: 'keyframe'; readonly room: string; readonly publisher: string }
  | { readonly type: 'close'; readonly session: string };

/** What the child reports: of a restart of its own it knows nothing. */
export type ChildReport = Exclude<SessionReport, { type: 'restarted' }>;

export type ChildStats = Omit<MediaStats, 'restarts'>;

export type FromChild =
  /** `restartPort`: the UDP port of publishers and of sessions that restart ICE. */
  | {
      readonly type: 'listening';
      readonly restartPort: number;
      /** Undefined if there is none: it was not wanted, or cannot be had, and why. */
      readonly tcpPort: number | undefined;
      readonly tcpTrouble: string | undefined;
    }
  | { readonly type: 'failed'; readonly detail: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: MediaAnswer }
  | { readonly type: 'stats'; readonly id: number; readonly stats: ChildStats }
  | { readonly type: 'report'; readonly report: ChildReport }
  | { readonly type: 'warning'; readonly message: string };
