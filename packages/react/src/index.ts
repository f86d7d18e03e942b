export type { ChannelClient, ChannelOptions, ChannelView } from './channel-store.ts';
export { useChannel } from './use-channel.ts';
export { type RosterClient, type RosterView, useRoster } from './use-roster.ts';
export { useViewers, type ViewersClient, type ViewersView } from './use-viewers.ts';
