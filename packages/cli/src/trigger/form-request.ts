import { eventsLostType, type NoticeNumber } from '@housecount/protocol';
import type { NoticeFormat } from '@housecount/server/notify/endpoint';
import { endpointSigner } from '@housecount/server/notify/endpoint-signer';
import type { NoticeEvent } from '@housecount/server/notify/notice';
import { noticeText } from '@housecount/server/notify/notice-text';
import { requestOf } from '@housecount/server/notify/request';
import type { ShownNotice } from '../listen/notice-line.ts';
import { type TestSubject, testEvent, testEventsLost, testLife } from './test-event.ts';

export interface TestRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The notices for people, in the `agora` format. */
  readonly shown: readonly ShownNotice[];
}

const communicationEvents = '107/108';

/**
 * The request that the server makes of an event of this type, signed. A batch holds the life of the channel up to it, so that
 * a receiver that keeps a roster misses nothing.
 */
export function formRequest(
  eventType: NoticeNumber,
  options: {
    readonly format: NoticeFormat;
    readonly secret: string;
    readonly subject: TestSubject;
    readonly nowMs: number;
  },
): TestRequest {
  const { format, secret, subject, nowMs } = options;
  const events = eventsOf(eventType, format, subject, nowMs);
  const textOf = (event: NoticeEvent, as: NoticeFormat) => noticeText(event, communicationEvents, as);
  const { id, body } = requestOf(
    format,
    events.map((event) => ({ text: textOf(event, format) })),
    nowMs,
  );
  const headers = endpointSigner({ secrets: [{ secret }], format })({ id, body, atMs: nowMs });
  if (headers === undefined) throw new Error('a secret without an end signs');
  const shown = events.map((event) => {
    const notice = JSON.parse(textOf(event, 'agora').at(nowMs)) as Omit<ShownNotice, 'atMs'>;
    return { ...notice, atMs: nowMs };
  });
  return { body, headers, shown };
}

function eventsOf(
  eventType: NoticeNumber,
  format: NoticeFormat,
  subject: TestSubject,
  nowMs: number,
): readonly NoticeEvent[] {
  if (eventType === eventsLostType) return [testEventsLost(subject, nowMs)];
  return format === 'batch' ? testLife(eventType, subject, nowMs) : [testEvent(eventType, subject, nowMs)];
}
