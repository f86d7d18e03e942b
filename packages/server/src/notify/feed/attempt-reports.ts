import type { Logger } from '../../observe/contract.ts';
import type { AttemptReport } from '../delivery/attempt.ts';
import { describeOutcome } from '../delivery/retry-plan.ts';
import type { Notice } from '../notice/notice.ts';
import { channelOf } from '../notice/notice-event.ts';
import type { Attempt, AttemptFeed } from './attempt-feed.ts';

/** Hears of every attempt at an endpoint; must neither throw nor wait. */
export type ReportListener = (report: AttemptReport) => void;

/** Tells of every attempt, in this order: the operator's log, the listeners, and those who look on, notice by notice. */
export function attemptReports(options: {
  readonly logger: Logger;
  readonly feed: Pick<AttemptFeed, 'record' | 'nextId'>;
  readonly listeners: readonly ReportListener[];
}): ReportListener {
  const { logger, feed, listeners } = options;
  return (report) => {
    logger.debug('attempt', lineOf(report));
    for (const listener of listeners) listener(report);
    for (const notice of report.notices) feed.record(attemptOf(report, notice, feed.nextId()));
  };
}

/** One line per attempt; a batch goes by its first notice. */
function lineOf(report: AttemptReport): Readonly<Record<string, unknown>> {
  const { endpoint, notices, attempt, durationMs, outcome, next, redelivery } = report;
  return {
    endpoint: endpoint.id,
    noticeId: notices[0]?.text.noticeId,
    notices: notices.length,
    attempt,
    durationMs,
    outcome: describeOutcome(outcome),
    next,
    redelivery,
  };
}

/** The attempt of one notice. In a batch each notice is shown with its own part of the body. Each field by name: spread, they were 7 % of a batch's CPU. */
function attemptOf(report: AttemptReport, notice: Notice, id: number): Attempt {
  const { endpoint, notices, redelivery } = report;
  const { position, event, text } = notice;
  const attempt: Attempt = {
    id,
    app: endpoint.app,
    endpointId: endpoint.id,
    url: endpoint.url,
    virtual: false,
    position,
    noticeId: text.noticeId,
    eventType: text.eventType,
    channel: channelOf(event),
    attempt: report.attempt,
    atMs: report.atMs,
    durationMs: report.durationMs,
    outcome: report.outcome,
    next: report.next,
    body: notices.length > 1 ? text.at(report.atMs) : report.body,
    headers: report.headers,
  };
  return redelivery === undefined ? attempt : { ...attempt, redelivery };
}
