import type { SignalingChannelType } from '@housecount/protocol';
import type { ChannelKey as AnyChannelKey, SubscribedKind } from '../../channel/channel.ts';

/** Names a channel that can be subscribed to. */
export type ChannelKey = AnyChannelKey<SubscribedKind>;

/** A channel as clients name it, by type and name; the app is that of their session. */
export interface ChannelPlace {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
}

export const keyOf = (app: string, { channelType, channel }: ChannelPlace): ChannelKey => ({
  app,
  kind: kindOf(channelType),
  name: channel,
});

/** The key of a stream channel. */
export const streamKey = (app: string, name: string): ChannelKey => ({ app, kind: 'stream', name });

export const kindOf = (channelType: SignalingChannelType): ChannelKey['kind'] =>
  channelType === 'STREAM' ? 'stream' : 'message';

/** A live channel is shown, if at all, as the message channel of its name. */
export const channelTypeOf = (kind: AnyChannelKey['kind']): SignalingChannelType =>
  kind === 'stream' ? 'STREAM' : 'MESSAGE';

export const placeOf = ({ kind, name }: ChannelKey): ChannelPlace => ({
  channelType: channelTypeOf(kind),
  channel: name,
});
