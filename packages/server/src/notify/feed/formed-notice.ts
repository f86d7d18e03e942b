import type { NoticeNumber } from '@housecount/protocol';
import type { NoticeHeaders } from '../endpoint/signed-headers.ts';

/** A notice formed for a listener: post `body` as it is, with `headers`, and any receiver can verify it. */
export interface FormedNotice {
  /** The listener's cursor: ask for what comes after it. */
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeNumber;
  readonly channel: string;
  readonly body: string;
  readonly headers: NoticeHeaders;
}
