import type { TokenApp } from '../../token/verify.ts';
import type { PresenceSettings } from '../presence/presence-settings.ts';

/** An app as signaling needs it. */
export interface SignalingApp extends TokenApp {
  /** The MESSAGE channel of a name shows the members of the live channel of that name. */
  readonly bindSignaling: boolean;
  /** Sessions prove to live channels whom their page is there. */
  readonly linkIdentities: boolean;
  readonly signaling: PresenceSettings & {
    /** Silence allowed for a session: the server's, or what the client's own settings say. */
    readonly lease: 'server' | 'client';
    /** Number of days for which messages are kept; 0: none are. */
    readonly historyDays: number;
  };
}

/** The apps of the server, as they are each time that one is asked for. */
export type SignalingApps = Pick<ReadonlyMap<string, SignalingApp>, 'get'>;
