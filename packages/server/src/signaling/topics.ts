import { signalingKey } from '../log/world.ts';
import type { ChannelKey } from './channel-key.ts';

/** Topic of a channel's messages. */
export const messagesTopic = (key: ChannelKey): string => `sm/${signalingKey(key)}`;

/** Topic of what presence tells everybody in a channel alike. */
export const intervalsTopic = (key: ChannelKey): string => `sp/${signalingKey(key)}`;
