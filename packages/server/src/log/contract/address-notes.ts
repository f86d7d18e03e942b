import type { SignalingKey } from './commands.ts';

/** Remembers, for address rules, where connections come from. A join notes its own. */
export interface AddressNotes {
  /** A connection that resumed comes from there. */
  noteAddress(app: string, channel: string, member: { uid: number; connectionId: string }, ip: string): void;
  /** The same, of a session and one of the channels that it subscribes to. */
  noteSignalingAddress(key: SignalingKey, connectionId: string, ip: string): void;
}
