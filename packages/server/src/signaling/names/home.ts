import type { ChannelKey } from '../../channel/channel.ts';

/** The channel of a user's own: with their metadata, and with their session as its one member while they are logged in. */
export type Home = ChannelKey<'user'>;

export const homeOf = (app: string, userId: string): Home => ({ app, kind: 'user', name: userId });
