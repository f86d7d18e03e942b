import { type ChannelKey as AnyChannelKey, idOf } from '../../channel/channel.ts';
import type { ChannelKey } from './channel-key.ts';

/** Topic of a channel's messages. */
export const messagesTopic = (key: ChannelKey): string => `sm/${idOf(key)}`;

/** Topic of what presence tells everybody in a channel alike. */
export const intervalsTopic = (key: ChannelKey): string => `sp/${idOf(key)}`;

/** Topic of the metadata of a channel, or a user. */
export const storageTopic = (key: AnyChannelKey): string => `ss/${idOf(key)}`;

/** Topic of who publishes in the topics of a stream channel. */
export const topicsTopic = (key: ChannelKey): string => `st/${idOf(key)}`;

/** Topic of what one user publishes in one topic of a stream channel. */
export const topicMessagesTopic = (key: ChannelKey, topic: string, userId: string): string =>
  `sx/${idOf(key)}/${topic}/${userId}`;

/** Topic of a channel's roster, all of it. */
export const rosterTopic = (key: ChannelKey): string => `sr/${idOf(key)}`;

/** Topic of one view of a channel's roster; `view` names it and has no slash. */
export const rosterViewTopic = (key: ChannelKey, view: string): string => `sv/${view}/${idOf(key)}`;

/** Topic of a channel's locks. */
export const locksTopic = (key: ChannelKey): string => `sl/${idOf(key)}`;
