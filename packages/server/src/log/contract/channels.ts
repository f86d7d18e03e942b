import type { SignalingState } from '../../channel/signaling.ts';
import type { OpenChannel } from '../../channel/state.ts';
import type { SignalingKey } from './commands.ts';

/** The durable state of channels; what it gives is immutable, so a reader may keep it as long as it likes. */
export interface Channels {
  /** undefined if closed. */
  channel(app: string, channel: string): OpenChannel | undefined;
  /** Open channels of an app, ordered by name. */
  channels(app: string): readonly OpenChannel[];
  /** A signaling channel; undefined if nobody subscribes. */
  signalingChannel(key: SignalingKey): SignalingState | undefined;
  /** The same, with its metadata and locks, whoever subscribes; empty if nothing is known of it. */
  signalingState(key: SignalingKey): SignalingState;
  /** Every signaling channel of which anything is known, of all apps, in no order. */
  signalingChannels(): readonly SignalingState[];
}
