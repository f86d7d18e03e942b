import { eventsLostType, type NoticeNumber } from '@housecount/protocol';
import type { NoticeFormat } from '@housecount/server/notify/endpoint/endpoint';
import { endpointSigner } from '@housecount/server/notify/endpoint/endpoint-signer';
import type { NoticeEvent } from '@housecount/server/notify/notice/notice-event';
import { noticeText } from '@housecount/server/notify/notice/notice-text';
import { requestOf } from '@housecount/server/notify/notice/request';
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
 * The requests that the server makes of an event of this type and of those before it in the life of its channel, signed: one
 * after the other, or one in the `batch` format. A receiver that keeps a roster misses nothing, and so tells of it. `alone`:
 * of this event only.
 */
export function formRequests(
  eventType: NoticeNumber,
  options: {
    readonly format: NoticeFormat;
    readonly secret: string;
    readonly subject: TestSubject;
    readonly nowMs: number;
    readonly alone?: boolean;
  },
): readonly TestRequest[] {
  const { format, secret, subject, nowMs, alone = false } = options;
  const sign = endpointSigner({ secrets: [{ secret }], format });
  const events = eventsOf(eventType, alone, subject, nowMs);
  return (format === 'batch' ? [events] : events.map((event) => [event])).map((together) => {
    const { id, body } = requestOf(
      format,
      together.map((event) => ({ text: textOf(event, format) })),
      nowMs,
    );
    const headers = sign({ id, body, atMs: nowMs });
    if (headers === undefined) throw new Error('a secret without an end signs');
    return { body, headers, shown: together.map((event) => shownOf(event, nowMs)) };
  });
}

const textOf = (event: NoticeEvent, format: NoticeFormat) => noticeText(event, communicationEvents, format);

function shownOf(event: NoticeEvent, nowMs: number): ShownNotice {
  const notice = JSON.parse(textOf(event, 'agora').at(nowMs)) as Omit<ShownNotice, 'atMs'>;
  return { ...notice, atMs: nowMs };
}

function eventsOf(
  eventType: NoticeNumber,
  alone: boolean,
  subject: TestSubject,
  nowMs: number,
): readonly NoticeEvent[] {
  if (eventType === eventsLostType) return [testEventsLost(subject, nowMs)];
  return alone ? [testEvent(eventType, subject, nowMs)] : testLife(eventType, subject, nowMs);
}
