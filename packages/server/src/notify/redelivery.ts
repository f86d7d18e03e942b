import { batchNoticesMax, type ChannelEvent } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { type AttemptReport, attempt } from './attempt.ts';
import { batchLength } from './batch-queue.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointSigner } from './endpoint-signer.ts';
import { laneOf, type Notice, type NoticeEvent } from './notice.ts';
import type { NoticeText } from './notice-text.ts';
import { describeOutcome, isAccepted } from './retry-plan.ts';
import type { Send } from './transport.ts';

/** An event whose notice is to be sent again, and its position in the log. */
export interface Redelivered {
  readonly position: number;
  readonly event: ChannelEvent;
}

export interface RedeliveryRequest {
  /** The endpoint as it is now, asked before every attempt; fails if it is gone, and then the redelivery fails with that. */
  readonly endpointOf: () => Endpoint;
  /** Stands in every attempt's report. */
  readonly id: string;
  /** In the order of the log. */
  readonly notices: AsyncIterable<Redelivered>;
  readonly signal: AbortSignal;
  /** After every attempt. */
  readonly onOutcome: (delivered: boolean, noticeId: string, result: string) => void;
}

export interface RedeliveryParts {
  readonly clock: Clock;
  readonly send: Send;
  /** In the endpoint's format. */
  readonly textOf: (event: NoticeEvent, format: Endpoint['format']) => NoticeText;
  readonly onAttempt: (report: AttemptReport) => void;
  /** The transport rejected, which it must not. */
  readonly onBug: (cause: unknown) => void;
}

/**
 * Sends notices to an endpoint once more, one attempt each, beside its own deliveries and without its cursor. One
 * member's notices go one after the other, those of different members up to limits.redeliveryInFlightMax at once; in
 * `batch` all in order, as many in a request as it holds. Ends when all were tried, the signal aborts, or limits.redeliveryFailuresMax attempts in a row failed. Fails with what
 * reading the notices fails with.
 */
export async function redeliver(
  request: RedeliveryRequest,
  parts: RedeliveryParts,
): Promise<'done' | 'cancelled' | 'receiver-failed'> {
  const { notices } = request;
  const signers = new WeakMap<Endpoint, ReturnType<typeof endpointSigner>>();
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, ending.signal]);
  const underWay = new Set<Promise<void>>();
  const lanes = new Map<string, Promise<void>>();
  let failures = 0;
  let fault: { readonly cause: unknown } | undefined;
  try {
    for await (const group of requestsOf(notices, formOf)) {
      while (underWay.size >= limits.redeliveryInFlightMax && !signal.aborted) await Promise.race(underWay);
      if (signal.aborted) break;
      const [first] = group;
      const lane = first && group.length === 1 ? laneOf(first.event) : 'batch';
      const before = lanes.get(lane) ?? Promise.resolve();
      const task = before
        .then(() => (signal.aborted ? undefined : sendOnce(group)))
        .catch((cause: unknown) => {
          fault ??= { cause };
          ending.abort();
        })
        .finally(() => {
          underWay.delete(task);
          if (lanes.get(lane) === task) lanes.delete(lane);
        });
      underWay.add(task);
      lanes.set(lane, task);
    }
  } finally {
    // A reader that failed does not leave attempts behind that nobody waits for.
    await Promise.all(underWay);
  }
  if (fault) throw fault.cause;
  if (ending.signal.aborted) return 'receiver-failed';
  return request.signal.aborted ? 'cancelled' : 'done';

  function formOf({ position, event }: Redelivered) {
    const { format } = request.endpointOf();
    return { format, notice: { position, event, text: parts.textOf(event, format) } };
  }

  async function sendOnce(group: readonly Notice[]): Promise<void> {
    const endpoint = request.endpointOf();
    const sign = signers.get(endpoint) ?? endpointSigner(endpoint);
    signers.set(endpoint, sign);
    // The endpoint may have been changed to another format since the notice was formed.
    const notices = group.map((notice) => ({
      ...notice,
      text: parts.textOf(notice.event, endpoint.format),
    }));
    const requests = endpoint.format === 'batch' ? [notices] : notices.map((notice) => [notice]);
    for (const together of requests) if (!signal.aborted) await report(endpoint, together, sign);
  }

  async function report(
    endpoint: Endpoint,
    notices: readonly Notice[],
    sign: ReturnType<typeof endpointSigner>,
  ): Promise<void> {
    const { onBug } = parts;
    const attempted = await attempt(endpoint, notices, { ...parts, sign, signal, onBug });
    const delivered = isAccepted(attempted.outcome, endpoint.format);
    // An attempt that was broken off proves nothing.
    if (signal.aborted && !delivered) return;
    const next = delivered ? 'delivered' : 'give-up';
    parts.onAttempt({ endpoint, notices, attempt: 1, next, ...attempted, redelivery: request.id });
    const result = describeOutcome(attempted.outcome);
    for (const { text } of notices) request.onOutcome(delivered, text.noticeId, result);
    failures = delivered ? 0 : failures + 1;
    if (failures >= limits.redeliveryFailuresMax) ending.abort();
  }
}

/** Notices as they go together: in `batch` as many as a request holds, else one by one. */
async function* requestsOf(
  notices: AsyncIterable<Redelivered>,
  formOf: (notice: Redelivered) => { readonly format: Endpoint['format']; readonly notice: Notice },
): AsyncIterable<readonly Notice[]> {
  const waiting: Notice[] = [];
  for await (const one of notices) {
    const { format, notice } = formOf(one);
    waiting.push(notice);
    while (waiting.length >= (format === 'batch' ? batchNoticesMax : 1)) yield take(waiting, format);
  }
  while (waiting.length > 0) yield waiting.splice(0, batchLength(waiting));
}

function take(waiting: Notice[], format: Endpoint['format']): readonly Notice[] {
  return waiting.splice(0, format === 'batch' ? batchLength(waiting) : 1);
}
