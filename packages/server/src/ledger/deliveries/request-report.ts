import type { ChannelEvent, EventsLost, NoticeNumber } from '@housecount/protocol';
import type { DeliverySubject, KeptRequest } from './delivery.ts';
import { keptHeaders } from './kept-headers.ts';

/** A report of one request to an endpoint, by its sender. */
export interface RequestReport {
  readonly endpoint: { readonly id: string; readonly app: string };
  /** The notices of the request: one, or a batch. */
  readonly notices: readonly ReportedNotice[];
  /** 1 is the first. */
  readonly attempt: number;
  /** When it was sent, epoch milliseconds, and how long it took. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome:
    | { readonly answered: true; readonly status: number; readonly excerpt: string }
    | { readonly answered: false; readonly stage: string; readonly detail: string };
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Id of the redelivery that it is part of. */
  readonly redelivery?: string;
}

export interface ReportedNotice {
  /** Position of its event in the log. */
  readonly position: number;
  readonly event: ChannelEvent | EventsLost;
  readonly text: { readonly noticeId: string; readonly eventType: NoticeNumber };
}

/** The part of a report that is kept. */
export function keptRequest(report: RequestReport): KeptRequest {
  const { endpoint, outcome } = report;
  return {
    app: endpoint.app,
    endpoint: endpoint.id,
    made: {
      attempt: report.attempt,
      atMs: report.atMs,
      durationMs: report.durationMs,
      ...(outcome.answered ? { answered: outcome.status } : { stage: outcome.stage, detail: outcome.detail }),
      next: report.next,
      ...(report.redelivery !== undefined && { redelivery: report.redelivery }),
      exchange: {
        headers: keptHeaders(report.headers),
        body: report.body,
        answer: outcome.answered ? outcome.excerpt : '',
      },
    },
    subjects: report.notices.map(subjectOf),
  };
}

function subjectOf({ position, event, text }: ReportedNotice): DeliverySubject {
  return {
    noticeId: text.noticeId,
    position,
    type: text.eventType,
    ...placeOf(event),
    ...('uid' in event && { uid: event.uid }),
    ...('uid' in event && event.account !== undefined && { account: event.account }),
    eventMs: event.atMs,
  };
}

/** Lost events may be of several channels, and then have no place. */
function placeOf(event: ReportedNotice['event']): Pick<DeliverySubject, 'channel' | 'sid' | 'seq'> {
  if (event.type !== 'events-lost') return { channel: event.channel, sid: event.sid, seq: event.seq };
  const { channel = '', sid = '', toSeq: seq = 0 } = event.range ?? {};
  return { channel, sid, seq };
}
