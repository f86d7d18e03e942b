import type { SignalingKey } from '../log/contract.ts';
import { signalingKey } from '../log/world.ts';
import type { ChannelKey } from './channel-key.ts';

/** Topic of a channel's messages. */
export const messagesTopic = (key: ChannelKey): string => `sm/${signalingKey(key)}`;

/** Topic of what presence tells everybody in a channel alike. */
export const intervalsTopic = (key: ChannelKey): string => `sp/${signalingKey(key)}`;

/** Topic of the metadata of a channel, or a user. */
export const storageTopic = (key: SignalingKey): string => `ss/${signalingKey(key)}`;

/** Topic of a channel's locks. */
export const locksTopic = (key: ChannelKey): string => `sl/${signalingKey(key)}`;
