import type { ChannelEvent, EventsLost } from '@housecount/protocol';

/** What a notice can be about. */
export type NoticeEvent = ChannelEvent | EventsLost;
