import type { Channel, ChannelKey, OpenChannel } from '../../channel/channel.ts';

/** The durable state of channels; what it gives is immutable, so a reader may keep it as long as it likes. */
export interface Channels {
  /** undefined if nobody is in it. */
  channel(key: ChannelKey): OpenChannel | undefined;
  /** The same, with its metadata and locks, whoever is in it; empty if nothing is known of it. */
  known(key: ChannelKey): Channel;
  /** Open live channels of an app, ordered by name. */
  channels(app: string): readonly OpenChannel[];
  /** Every channel of which anything is known, of all apps and kinds, in no order. */
  everyChannel(): readonly Channel[];
}
