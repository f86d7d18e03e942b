import type { ChannelEvent, CommunicationEvents, NoticeType } from '@housecount/protocol';
import { noticeTypeOf, toAgoraNotice, toStandardNotice } from '@housecount/protocol';

/** The bytes of an event's notice, ready but for the time of sending: made once, used by every endpoint and attempt. */
export interface NoticeText {
  readonly noticeId: string;
  readonly eventType: NoticeType;
  /** The body of an attempt made at `notifyMs`, epoch milliseconds. */
  at(notifyMs: number): string;
}

/** Serialises the notice of `event` once; only `notifyMs` differs between attempts (spec: notifications section 1). */
export function noticeText(event: ChannelEvent, communicationEvents: CommunicationEvents): NoticeText {
  const notice = toAgoraNotice(event, { notifyMs: 0, communicationEvents });
  const text = JSON.stringify(notice);
  // A quote inside a JSON string is escaped, so the first match is the envelope's own field.
  const field = '"notifyMs":';
  const split = text.indexOf(`${field}0`) + field.length;
  const before = text.slice(0, split);
  const after = text.slice(split + 1);
  return {
    noticeId: notice.noticeId,
    eventType: notice.eventType,
    at: (notifyMs) => before + notifyMs + after,
  };
}

/** Serialises the notice of `event` in the `standard` format: the same bytes at every attempt. */
export function standardText(event: ChannelEvent, communicationEvents: CommunicationEvents): NoticeText {
  const notice = toStandardNotice(event, communicationEvents);
  const text = JSON.stringify(notice);
  return { noticeId: notice.id, eventType: noticeTypeOf(event, communicationEvents), at: () => text };
}

/** Shares one text per event between readers that see the same event object; it goes when the event does. */
export function noticeTexts(
  communicationEventsOf: (app: string) => CommunicationEvents,
  make: typeof noticeText = noticeText,
): (event: ChannelEvent) => NoticeText {
  const texts = new WeakMap<ChannelEvent, NoticeText>();
  return (event) => {
    let text = texts.get(event);
    if (!text) {
      text = make(event, communicationEventsOf(event.app));
      texts.set(event, text);
    }
    return text;
  };
}
