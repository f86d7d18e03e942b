import type { ChannelEvent } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Endpoint } from './endpoint.ts';
import type { AttemptReport } from './endpoint-runner.ts';
import { endpointSigner } from './endpoint-signer.ts';
import type { NoticeText } from './notice-text.ts';
import { withAdded } from './reserved-headers.ts';
import { attemptMs, describeOutcome, isAccepted } from './retry-plan.ts';
import type { Send, SendOutcome } from './transport.ts';

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
  readonly textOf: (event: ChannelEvent, format: Endpoint['format']) => NoticeText;
  readonly onAttempt: (report: AttemptReport) => void;
}

/**
 * Sends notices to an endpoint once more, one attempt each, beside its own deliveries and without its cursor. One
 * member's notices go one after the other, those of different members up to limits.redeliveryInFlightMax at once.
 * Ends when all were tried, the signal aborts, or limits.redeliveryFailuresMax attempts in a row failed. Fails with what
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
    for await (const notice of notices) {
      while (underWay.size >= limits.redeliveryInFlightMax && !signal.aborted) await Promise.race(underWay);
      if (signal.aborted) break;
      const lane = laneOf(notice.event);
      const before = lanes.get(lane) ?? Promise.resolve();
      const task = before
        .then(() => (signal.aborted ? undefined : attempt(notice)))
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

  async function attempt({ position, event }: Redelivered): Promise<void> {
    const { clock, send, textOf, onAttempt } = parts;
    const endpoint = request.endpointOf();
    const text = textOf(event, endpoint.format);
    const atMs = clock.nowMs();
    const body = text.at(atMs);
    const sign = signers.get(endpoint) ?? endpointSigner(endpoint);
    signers.set(endpoint, sign);
    const signatures = sign({ id: text.noticeId, body, atMs });
    const headers = withAdded(endpoint.headers, signatures ?? {});
    const { url, allowPrivateNetwork } = endpoint;
    // Nothing goes out unsigned.
    const outcome: SendOutcome = !signatures
      ? { answered: false, stage: 'send', detail: 'every secret has ended' }
      : await send({ url, allowPrivateNetwork, headers, body, timeoutMs: attemptMs, signal }).catch(() => ({
          answered: false,
          stage: 'send',
          detail: 'internal error',
        }));
    const delivered = isAccepted(outcome, endpoint.format);
    // An attempt that was broken off proves nothing.
    if (signal.aborted && !delivered) return;
    onAttempt({
      endpoint,
      position,
      event,
      noticeId: text.noticeId,
      eventType: text.eventType,
      attempt: 1,
      atMs,
      durationMs: clock.nowMs() - atMs,
      outcome,
      next: delivered ? 'delivered' : 'give-up',
      body,
      headers,
      redelivery: request.id,
    });
    request.onOutcome(delivered, text.noticeId, describeOutcome(outcome));
    failures = delivered ? 0 : failures + 1;
    if (failures >= limits.redeliveryFailuresMax) ending.abort();
  }
}

/** As in delivery: a member's notices in order. */
function laneOf(event: ChannelEvent): string {
  return 'uid' in event ? `${event.uid} ${event.channel}` : event.channel;
}
