import type { Clock } from '../../clock.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { endpointSigner } from '../endpoint/endpoint-signer.ts';
import { withAdded } from '../endpoint/reserved-headers.ts';
import type { NoticeHeaders } from '../endpoint/signed-headers.ts';
import type { Notice } from '../notice/notice.ts';
import { requestOf } from '../notice/request.ts';
import { privateReachOf } from '../send/private-reach.ts';
import type { Send, SendOutcome } from '../send/transport.ts';
import { attemptMs } from './retry-plan.ts';

/** One request to an endpoint, and what it came to. */
export interface AttemptReport {
  readonly endpoint: Endpoint;
  /** In the order of the body; more than one only in a batch. */
  readonly notices: readonly Notice[];
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: SendOutcome;
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: NoticeHeaders;
  /** Id of the redelivery that it is part of; absent for the delivery's own attempts. */
  readonly redelivery?: string;
}

/** The facts of an attempt that has ended, before it is judged. */
export type Attempted = Pick<AttemptReport, 'atMs' | 'durationMs' | 'outcome' | 'body' | 'headers'>;

/** Forms, signs and sends one request. Never rejects: a transport that does is a bug, told to `onBug`, and costs no notice. */
export async function attempt(
  endpoint: Endpoint,
  notices: readonly Notice[],
  tools: {
    readonly clock: Clock;
    readonly send: Send;
    readonly sign: ReturnType<typeof endpointSigner>;
    readonly signal: AbortSignal;
    readonly onBug: (cause: unknown) => void;
  },
): Promise<Attempted> {
  const { clock, send, sign, signal, onBug } = tools;
  const { url, format } = endpoint;
  // The receiver compares the time that is signed with its own clock.
  const atMs = clock.wallMs();
  const startedMs = clock.steadyMs();
  const { id, body } = requestOf(format, notices, atMs);
  const signatures = sign({ id, body, atMs });
  const headers = withAdded(endpoint.headers, signatures ?? {});
  // Nothing goes out unsigned.
  const outcome: SendOutcome = !signatures
    ? { answered: false, stage: 'send', detail: 'every secret has ended' }
    : await send({
        url,
        allowPrivateNetwork: privateReachOf(endpoint),
        headers,
        body,
        timeoutMs: attemptMs,
        signal,
      }).catch((cause: unknown): SendOutcome => {
        onBug(cause);
        return { answered: false, stage: 'send', detail: 'internal error' };
      });
  return { atMs, durationMs: clock.steadyMs() - startedMs, outcome, body, headers };
}
