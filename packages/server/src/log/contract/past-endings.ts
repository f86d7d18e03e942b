import type { Ending, PutOut } from '../decide/endings.ts';

/** How others ended memberships, for a client that was away just then. */
export interface PastEndings {
  /** How others ended the membership that this connection backed, or the session of this id; undefined: they did not, or that is forgotten. */
  endingOf(app: string, connectionId: string): Ending | undefined;
  /** The channels that a rule put a session out of since it subscribed to them last. */
  putOut(app: string, sessionId: string): readonly PutOut[];
}
