import type { CommunicationEvents, NoticeNumber } from '@housecount/protocol';
import {
  eventsLostIdOf,
  eventsLostType,
  noticeIdOf,
  noticeTypeOf,
  toAgoraEventsLost,
  toAgoraNotice,
  toStandardEventsLost,
  toStandardNotice,
} from '@housecount/protocol';
import type { NoticeFormat } from '../endpoint/endpoint.ts';
import type { NoticeEvent } from './notice-event.ts';

/** The bytes of an event's notice, ready but for the time of sending: made once, used by every endpoint and attempt. */
export interface NoticeText {
  readonly noticeId: string;
  readonly eventType: NoticeNumber;
  /** The body of an attempt made at `notifyMs`, epoch milliseconds; in a batch, this notice's part of it. */
  at(notifyMs: number): string;
}

/** Serialises the notice of `event` once; in `agora`, `notifyMs` alone differs between attempts (spec: notifications section 1). */
export function noticeText(
  event: NoticeEvent,
  communicationEvents: CommunicationEvents,
  format: NoticeFormat,
): NoticeText {
  const named = nameOf(event, communicationEvents);
  if (format === 'agora') return { ...named, at: agoraText(event, communicationEvents) };
  const notice =
    event.type === 'events-lost' ? toStandardEventsLost(event) : toStandardNotice(event, communicationEvents);
  const text = JSON.stringify(notice);
  return { ...named, at: () => text };
}

function nameOf(
  event: NoticeEvent,
  communicationEvents: CommunicationEvents,
): Pick<NoticeText, 'noticeId' | 'eventType'> {
  if (event.type === 'events-lost') return { noticeId: eventsLostIdOf(event), eventType: eventsLostType };
  const eventType = noticeTypeOf(event, communicationEvents);
  return { noticeId: noticeIdOf(event, eventType), eventType };
}

function agoraText(event: NoticeEvent, communicationEvents: CommunicationEvents): NoticeText['at'] {
  const notice =
    event.type === 'events-lost'
      ? toAgoraEventsLost(event, 0)
      : toAgoraNotice(event, { notifyMs: 0, communicationEvents });
  const text = JSON.stringify(notice);
  // A quote inside a JSON string is escaped, so the first match is the envelope's own field.
  const field = '"notifyMs":';
  const split = text.indexOf(`${field}0`) + field.length;
  const before = text.slice(0, split);
  const after = text.slice(split + 1);
  return (notifyMs) => before + notifyMs + after;
}

/** Shares one text per event and wording between readers that see the same event object; it goes when the event does. */
export function noticeTexts(
  communicationEventsOf: (app: string) => CommunicationEvents,
): (event: NoticeEvent, format: NoticeFormat) => NoticeText {
  const agora = new WeakMap<NoticeEvent, NoticeText>();
  const standard = new WeakMap<NoticeEvent, NoticeText>();
  return (event, format) => {
    const texts = format === 'agora' ? agora : standard;
    let text = texts.get(event);
    if (!text) {
      text = noticeText(event, communicationEventsOf(event.app), format);
      texts.set(event, text);
    }
    return text;
  };
}
