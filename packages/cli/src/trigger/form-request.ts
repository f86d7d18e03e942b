import { randomBytes } from 'node:crypto';
import {
  type ChannelEvent,
  type EventsLost,
  eventsLostType,
  type NoticeType,
  toAgoraEventsLost,
  toAgoraNotice,
  toStandardEventsLost,
  toStandardNotice,
} from '@housecount/protocol';
import { endpointSigner } from '@housecount/server/notify/endpoint-signer';
import type { ShownNotice } from '../listen/notice-line.ts';
import { type TestSubject, testEvent, testEventsLost, testLife } from './test-event.ts';

export type TriggerFormat = 'agora' | 'standard' | 'batch';
export const triggerFormats: readonly TriggerFormat[] = ['agora', 'standard', 'batch'];
export type TriggerType = NoticeType | typeof eventsLostType;

export interface TestRequest {
  /** What is sent: one notice, or the list of a batch. */
  readonly notice: object;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The same for people, one a notice. */
  readonly shown: readonly ShownNotice[];
}

const communicationEvents = '107/108';

/**
 * The request that the server would make of an event of this type, signed. A batch holds the life of the channel up to it, so
 * that a receiver that keeps a roster misses nothing.
 */
export function formRequest(
  eventType: TriggerType,
  {
    format,
    secret,
    subject,
    nowMs,
  }: {
    readonly format: TriggerFormat;
    readonly secret: string;
    readonly subject: TestSubject;
    readonly nowMs: number;
  },
): TestRequest {
  const told = eventsOf(eventType, format, subject, nowMs);
  const agora = told.map((one) =>
    one.type === 'events-lost'
      ? toAgoraEventsLost(one, nowMs)
      : toAgoraNotice(one, { notifyMs: nowMs, communicationEvents }),
  );
  const standard = told.map((one) =>
    one.type === 'events-lost' ? toStandardEventsLost(one) : toStandardNotice(one, communicationEvents),
  );
  const notices = format === 'agora' ? agora : standard;
  const [first] = notices;
  if (first === undefined) throw new Error('there is at least the event itself');
  const notice = format === 'batch' ? notices : first;
  const body = JSON.stringify(notice);
  const id = format === 'batch' || !('id' in first) ? `batch_${randomBytes(12).toString('hex')}` : first.id;
  // A batch is signed as one request of the standard format is.
  const signed = format === 'agora' ? 'agora' : 'standard';
  const headers = endpointSigner({ secrets: [{ secret }], format: signed })({ id, body, atMs: nowMs });
  if (headers === undefined) throw new Error('a secret without an end signs');
  const shown = agora.map((one) => ({ ...one, atMs: nowMs, payload: { ...one.payload } }));
  return { notice, body, headers, shown };
}

function eventsOf(
  eventType: TriggerType,
  format: TriggerFormat,
  subject: TestSubject,
  nowMs: number,
): readonly (ChannelEvent | EventsLost)[] {
  if (eventType === eventsLostType) return [testEventsLost(subject, nowMs)];
  return format === 'batch' ? testLife(eventType, subject, nowMs) : [testEvent(eventType, subject, nowMs)];
}
