import type { NoticeEvent } from './notice-event.ts';
import type { NoticeText } from './notice-text.ts';

/** One notice on its way to one endpoint. */
export interface Notice {
  /** Position of its event in the log; 0 for lost events, which have no place there. */
  readonly position: number;
  readonly event: NoticeEvent;
  readonly text: NoticeText;
}
