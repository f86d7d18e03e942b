import type { ChannelEvent, EventsLost } from '@housecount/protocol';

/** The events that a notice can be about. */
export type NoticeEvent = ChannelEvent | EventsLost;

/** Notices of one member are sent in order, and so are those of a channel's own life; different lanes side by side. */
export function laneOf(event: NoticeEvent): string {
  if (event.type === 'events-lost') return `lost ${event.range?.sid ?? ''}`;
  return 'uid' in event ? `${event.uid} ${event.channel}` : event.channel;
}

/** The channel that a notice is about; `''` if it is about several. */
export function channelOf(event: NoticeEvent): string {
  return event.type === 'events-lost' ? (event.range?.channel ?? '') : event.channel;
}
