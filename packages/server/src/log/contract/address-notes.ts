import type { ChannelKey } from '../../channel/channel.ts';

/** Remembers, for address rules, where connections come from. A join notes its own. */
export interface AddressNotes {
  /** A connection, or session, that resumed comes from there; nothing is noted of one that is not in the channel. */
  noteAddress(key: ChannelKey, connectionId: string, ip: string): void;
}
