import { type ChannelKey as AnyChannelKey, idOf } from '../../channel/channel.ts';
import type { ChannelKey } from './channel-key.ts';

/** Bus topic of a channel's messages. */
export const messagesBusTopic = (key: ChannelKey): string => `sm/${idOf(key)}`;

/** Bus topic of what presence tells everybody in a channel alike. */
export const presenceBusTopic = (key: ChannelKey): string => `sp/${idOf(key)}`;

/** Bus topic of the metadata of a channel, or a user. */
export const storageBusTopic = (key: AnyChannelKey): string => `ss/${idOf(key)}`;

/** Bus topic of who publishes in the topics of a stream channel. */
export const publishersBusTopic = (key: ChannelKey): string => `st/${idOf(key)}`;

/** Bus topic of what one user publishes in one topic of a stream channel. */
export const topicMessagesBusTopic = (key: ChannelKey, topic: string, userId: string): string =>
  `sx/${idOf(key)}/${topic}/${userId}`;

/** Bus topic of a channel's roster, all of it. */
export const rosterBusTopic = (key: ChannelKey): string => `sr/${idOf(key)}`;

/** Bus topic of one view of a channel's roster; `view` names it and has no slash. */
export const rosterViewBusTopic = (key: ChannelKey, view: string): string => `sv/${view}/${idOf(key)}`;

/** Bus topic of a channel's locks. */
export const locksBusTopic = (key: ChannelKey): string => `sl/${idOf(key)}`;
