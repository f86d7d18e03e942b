import type { Ending, PutOut } from '../decide/endings.ts';

/** Memberships that others ended, for a client that was away just then. */
export interface PastEndings {
  /** The ending, by others, of the membership that this connection backed, or of the session of this id; undefined: there was none, or it is forgotten. */
  endingOf(app: string, connectionId: string): Ending | undefined;
  /** The channels that a rule put a session out of since it subscribed to them last. */
  putOut(app: string, sessionId: string): readonly PutOut[];
}
