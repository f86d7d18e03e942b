import type { SignalingKey } from '../log/contract.ts';
import { signalingKey } from '../log/world.ts';

/** Topic of a channel's messages. */
export const messagesTopic = (key: SignalingKey): string => `sm/${signalingKey(key)}`;

/** Topic of what presence tells everybody in a channel alike. */
export const intervalsTopic = (key: SignalingKey): string => `sp/${signalingKey(key)}`;
