import { batchNoticesMax, type ChannelEvent } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { type AttemptReport, attempt } from '../delivery/attempt.ts';
import { describeOutcome, isAccepted, isTooLarge } from '../delivery/retry-plan.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { endpointSigner } from '../endpoint/endpoint-signer.ts';
import type { Notice } from '../notice/notice.ts';
import { laneOf, type NoticeEvent } from '../notice/notice-event.ts';
import type { NoticeText } from '../notice/notice-text.ts';
import { batchLength } from '../queue/batch-queue.ts';
import type { Send } from '../send/transport.ts';

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
  /** The notices, in the order of the log. */
  readonly notices: AsyncIterable<Redelivered>;
  readonly signal: AbortSignal;
  /** Lanes of members in which a notice was refused: nothing more is sent in them. Without it, all goes on. */
  readonly blocked?: Set<string>;
  /** Called after every attempt. */
  readonly onOutcome: (delivered: boolean, noticeId: string, result: string) => void;
}

/** The limits of one redelivery. */
export interface ResendLimits {
  /** Attempts under way at once. */
  readonly redeliveryInFlightMax: number;
  /** Attempts in a row that fail; then it ends. */
  readonly redeliveryFailuresMax: number;
}

export interface RedeliveryParts {
  readonly limits: ResendLimits;
  readonly clock: Clock;
  readonly send: Send;
  /** In the endpoint's format. */
  readonly textOf: (event: NoticeEvent, format: Endpoint['format']) => NoticeText;
  readonly onAttempt: (report: AttemptReport) => void;
  /** The transport rejected, which it must not. */
  readonly onBug: (cause: unknown) => void;
}

/** All were tried, the signal aborted, or the receiver failed too often in a row. */
export type RedeliveryEnd = 'done' | 'cancelled' | 'receiver-failed';

/**
 * Sends notices to an endpoint once more, one attempt each, beside its own deliveries and without its cursor. One
 * member's notices go one after the other, those of different members up to `redeliveryInFlightMax` at once; in
 * `batch` one request after the other, with as many as it holds, and in halves where the receiver finds it too large. Ends
 * when all were tried, the signal aborts, or `redeliveryFailuresMax` attempts in a row failed. Fails with what reading
 * the notices fails with.
 */
export async function redeliver(request: RedeliveryRequest, parts: RedeliveryParts): Promise<RedeliveryEnd> {
  const { notices } = request;
  const signers = new WeakMap<Endpoint, ReturnType<typeof endpointSigner>>();
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, ending.signal]);
  const underWay = new Set<Promise<void>>();
  const lanes = new Map<string, Promise<void>>();
  let failures = 0;
  /** Notices in one request, as far as the receiver takes them. */
  let most = batchNoticesMax;
  let fault: { readonly cause: unknown } | undefined;
  try {
    for await (const { lane, group } of requestsOf(notices, formOf)) {
      while (underWay.size >= parts.limits.redeliveryInFlightMax && !signal.aborted)
        await Promise.race(underWay);
      if (signal.aborted) break;
      const before = lanes.get(lane) ?? Promise.resolve();
      const task = before
        .then(() => (signal.aborted || request.blocked?.has(lane) ? undefined : sendOnce(lane, group)))
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

  async function sendOnce(lane: string, group: readonly Notice[]): Promise<void> {
    const waiting = [...group];
    while (waiting.length > 0 && !signal.aborted) {
      const endpoint = request.endpointOf();
      // The endpoint may have been changed to another format since the notices were put together.
      const formed = waiting.map((notice) => ({
        ...notice,
        text: parts.textOf(notice.event, endpoint.format),
      }));
      const length = endpoint.format === 'batch' ? batchLength(formed, most) : 1;
      if (await isDone(endpoint, lane, formed.slice(0, length))) waiting.splice(0, length);
      else most = Math.ceil(length / 2);
    }
  }

  /** Makes one attempt; false if its notices are to go in halves. */
  async function isDone(endpoint: Endpoint, lane: string, notices: readonly Notice[]): Promise<boolean> {
    const { onBug } = parts;
    const sign = signers.get(endpoint) ?? endpointSigner(endpoint);
    signers.set(endpoint, sign);
    const attempted = await attempt(endpoint, notices, { ...parts, sign, signal, onBug });
    const { outcome } = attempted;
    const delivered = isAccepted(outcome, endpoint.format);
    // An attempt that was broken off proves nothing.
    if (signal.aborted && !delivered) return true;
    const isSplit = isTooLarge(outcome) && notices.length > 1;
    const next = delivered ? 'delivered' : isSplit ? 'retry' : 'give-up';
    parts.onAttempt({ endpoint, notices, attempt: 1, next, ...attempted, redelivery: request.id });
    if (isSplit) return false;
    const result = describeOutcome(outcome);
    for (const { text } of notices) request.onOutcome(delivered, text.noticeId, result);
    if (!delivered && endpoint.format !== 'batch') request.blocked?.add(lane);
    failures = delivered ? 0 : failures + 1;
    if (failures >= parts.limits.redeliveryFailuresMax) ending.abort();
    return true;
  }
}

/** Notices that go together: in `batch` as many as a request holds, in one lane; else one by one, in the lane of its member. */
interface Group {
  readonly lane: string;
  readonly group: readonly Notice[];
}

async function* requestsOf(
  notices: AsyncIterable<Redelivered>,
  formOf: (notice: Redelivered) => { readonly format: Endpoint['format']; readonly notice: Notice },
): AsyncIterable<Group> {
  const waiting: Notice[] = [];
  for await (const one of notices) {
    const { format, notice } = formOf(one);
    if (format === 'batch') {
      waiting.push(notice);
      if (waiting.length >= batchNoticesMax) yield batchOf(waiting);
      continue;
    }
    // It was a batch endpoint until now.
    if (waiting.length > 0) yield { lane: 'batch', group: waiting.splice(0) };
    yield { lane: laneOf(notice.event), group: [notice] };
  }
  while (waiting.length > 0) yield batchOf(waiting);
}

function batchOf(waiting: Notice[]): Group {
  return { lane: 'batch', group: waiting.splice(0, batchLength(waiting)) };
}
