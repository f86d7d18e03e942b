import type { NoticeEvent } from './notice-event.ts';
import type { NoticeText } from './notice-text.ts';

/** One notice on its way to one endpoint. */
export interface Notice {
  /** Of its event in the log; 0 for lost events, which have no place there. */
  readonly position: number;
  readonly event: NoticeEvent;
  readonly text: NoticeText;
}

/** Notices that go in one request: one, or as many as a batch holds. They are delivered, retried and given up together. */
export interface Delivery {
  readonly notices: readonly Notice[];
  /** At most one delivery of a lane is under way. */
  readonly lane: string;
  /** Attempts made. */
  attempts: number;
  /** Those of them that count in the retry plan: all but probes. */
  planned: number;
}

/** Notices of one member are sent in order, and so are those of a channel's own life; different lanes side by side. */
export function laneOf(event: NoticeEvent): string {
  if (event.type === 'events-lost') return `lost ${event.range?.sid ?? ''}`;
  return 'uid' in event ? `${event.uid} ${event.channel}` : event.channel;
}

/** The channel that a notice is about; `''` if it is about several. */
export function channelOf(event: NoticeEvent): string {
  return event.type === 'events-lost' ? (event.range?.channel ?? '') : event.channel;
}
