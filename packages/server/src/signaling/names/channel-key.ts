import type { SignalingChannelType } from '@housecount/protocol';
import type { SignalingKey } from '../../log/contract.ts';

/** Names a channel that can be subscribed to. */
export type ChannelKey = SignalingKey & { readonly channelType: SignalingChannelType };
