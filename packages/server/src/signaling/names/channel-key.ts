import type { SignalingChannelType } from '@housecount/protocol';
import type { ChannelKey as AnyChannelKey, SubscribedKind } from '../../channel/channel.ts';

/** Names a channel that can be subscribed to. */
export type ChannelKey = AnyChannelKey<SubscribedKind>;

/** How clients name one: by its type and its name; the app is that of their session. */
export interface ChannelPlace {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
}

export const keyOf = (app: string, { channelType, channel }: ChannelPlace): ChannelKey => ({
  app,
  kind: kindOf(channelType),
  name: channel,
});

export const kindOf = (channelType: SignalingChannelType): ChannelKey['kind'] =>
  channelType === 'STREAM' ? 'stream' : 'message';

export const channelTypeOf = (kind: ChannelKey['kind']): SignalingChannelType =>
  kind === 'stream' ? 'STREAM' : 'MESSAGE';

export const placeOf = ({ kind, name }: ChannelKey): ChannelPlace => ({
  channelType: channelTypeOf(kind),
  channel: name,
});
