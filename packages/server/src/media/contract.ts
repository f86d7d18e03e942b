import type { MediaEngineLimits } from './engine-limits.ts';

/**
 * The room of the media engines. It carries streams; it does not know members. The engine is always the answerer.
 */

export interface PublishRequest {
  /** Key of the router: streams of one room reach each other. The caller uses app/channel. */
  readonly room: string;
  /** Names the publisher in the room; a player chooses by it. The caller uses the uid as a decimal string. */
  readonly publisher: string;
  readonly session: string;
  readonly offerSdp: string;
  /** Kinds that are taken of the offer; the sections of others are answered inactive. Absent: all. */
  readonly kinds?: { readonly audio: boolean; readonly video: boolean };
}
/** What a player is to get of its publisher. */
export interface Selection {
  readonly audio: boolean;
  readonly video: boolean;
  /** The largest picture it may get, of a publisher that sends it in several sizes: `low` is the smallest. Absent: any. */
  readonly layer?: Layer;
}
export type Layer = 'high' | 'low';

export interface PlayRequest extends Selection {
  readonly room: string;
  /** The publisher whose streams are played. */
  readonly publisher: string;
  readonly session: string;
  readonly offerSdp: string;
}
export type MediaAnswer =
  | { readonly ok: true; readonly answerSdp: string }
  | { readonly ok: false; readonly code: 'sdp_invalid' | 'media_unavailable'; readonly detail: string };

/** The seconds of one session in a row of them: bit i is set if media was carried in second `first + i`. */
export interface SessionSeconds {
  readonly session: string;
  readonly bits: number;
  /** The session has ended: nothing more is told of it. */
  readonly isLast?: true;
}

export type SessionReport =
  /** ICE and DTLS are up. `kinds`: what the publisher negotiated. */
  | {
      readonly type: 'connected';
      readonly session: string;
      readonly kinds: { audio: boolean; video: boolean };
    }
  /**
   * Neither RTP nor RTCP for 5 s, or for 12 s from a peer that was seen to report slowly (sound alone). Never for lack of
   * packets of which none has ever come: a player need not send RTCP, so ICE alone judges it. `silentMs`: for so
   * long nothing was heard when it is told.
   */
  | { readonly type: 'stalled'; readonly session: string; readonly silentMs: number }
  /** Packets again after a stall. */
  | { readonly type: 'resumed'; readonly session: string }
  /** The peer closed it (DTLS close_notify), ICE failed, or it never connected. Not sent after `close`. */
  | {
      readonly type: 'gone';
      readonly session: string;
      readonly reason: 'closed' | 'failed' | 'never-connected';
      readonly silentMs: number;
    }
  /**
   * Seconds in which a packet of a publisher was forwarded to a player, or taken from a publisher: each few seconds of all
   * sessions that had any, and the last of each session, however it ended. `first` counts seconds since some moment that is
   * the same until the engine restarts; a session may be told of more than once with the same `first`, of a second only once.
   */
  | { readonly type: 'seconds'; readonly first: number; readonly sessions: readonly SessionSeconds[] }
  /** A player gets the picture in another size: the smallest of several, or a larger one. Until it is told it gets a large one. */
  | { readonly type: 'layer'; readonly session: string; readonly layer: Layer }
  /** The engine died with all its sessions, and was started again. */
  | { readonly type: 'restarted' };

export interface MediaStats {
  readonly publishers: number;
  readonly players: number;
  /** Connected sessions by the way that their client comes: to the library's own port, to the next one, or over TCP. */
  readonly sessionsDirect: number;
  readonly sessionsFront: number;
  readonly sessionsTcp: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly nacksIn: number;
  readonly resends: number;
  readonly nacksOut: number;
  readonly keyframeRequests: number;
  /** Media that arrived while the engine was too busy to forward it. */
  readonly packetsDropped: number;
  /** Media of a picture sent in several sizes that did not say of which it is; it was dropped. */
  readonly packetsUnknown: number;
  /** Missing in our reports to publishers, and in those of players to us. */
  readonly packetsLostIn: number;
  readonly packetsLostOut: number;
  /** Processor time of all engine processes so far, and resident memory of the present one. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly restarts: number;
}

export interface MediaEngine {
  publish(request: PublishRequest): Promise<MediaAnswer>;
  play(request: PlayRequest): Promise<MediaAnswer>;
  /** What a play session forwards; takes effect at the next packet (video at the next keyframe, asked for at once). */
  select(session: string, selection: Selection): void;
  /** Lets a play session play another publisher of its room from now on: the same streams go on, video with a keyframe that is asked for at once. */
  move(session: string, publisher: string): void;
  /** A trickled remote candidate (an `a=candidate` line's value). An engine to which clients come has no use for it. */
  addCandidate(session: string, mid: string, candidate: string): void;
  /**
   * ICE restart: a new offer for the same session, with the same fingerprint and streams; resolves with the new answer,
   * whose fingerprint is the same too, or a refusal and the session lives on.
   */
  restart(session: string, offerSdp: string): Promise<MediaAnswer>;
  /**
   * Frees it. The other end is told by RTCP BYE, as well as can be: browsers do not heed it, so whoever can tell them another
   * way should. Idempotent; never reported, but for its last seconds.
   */
  close(session: string): void;
  requestKeyframe(room: string, publisher: string): void;
  stats(): Promise<MediaStats>;
  /** Ends the engine's process. */
  stop(): Promise<void>;
}

export interface MediaEngineOptions {
  /**
   * 0 picks a free port. Publishers, and sessions that have restarted ICE, are at the next one, or at any if that is taken: a
   * firewall must let both through.
   */
  readonly udpPort: number;
  /** Of media over TCP; 0: none. Undefined: the number of the UDP port. If it is taken there is none, and the log says so. */
  readonly tcpPort?: number | undefined;
  readonly bindAddress: string;
  /** Address to put in the answer's candidates; 'auto' leaves the local ones. */
  readonly announcedAddress: string;
  readonly iceServers: readonly { urls: string; username?: string; credential?: string }[];
  readonly onReport: (report: SessionReport) => void;
  /** Default: those of limits.ts. */
  readonly limits?: MediaEngineLimits;
}
