import type { Clock, Random } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { endpointSigner } from '../endpoint/endpoint-signer.ts';
import type { Delivery } from '../queue/delivery.ts';
import type { Send, SendOutcome } from '../send/transport.ts';
import { type Attempted, type AttemptReport, attempt } from './attempt.ts';
import { judge } from './judgement.ts';
import { describeOutcome, isGone, type Plan, planOf, type Verdict } from './retry-plan.ts';

export interface AttemptsParts {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly logger: Logger;
  readonly send: Send;
  readonly onAttempt: (report: AttemptReport) => void;
}

/** The attempts at one endpoint: makes each, says what follows from it, and reports it. */
export class Attempts {
  readonly #endpoint: Endpoint;
  readonly #parts: AttemptsParts;
  readonly #sign: ReturnType<typeof endpointSigner>;
  readonly plan: Plan;
  /** The one that was reported last. */
  last: { readonly atMs: number; readonly result: string } | undefined;

  constructor(endpoint: Endpoint, parts: AttemptsParts) {
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#sign = endpointSigner(endpoint);
    this.plan = planOf(endpoint.retry);
  }

  make({ notices }: Delivery, signal: AbortSignal): Promise<Attempted> {
    const { clock, send, logger } = this.#parts;
    return attempt(this.#endpoint, notices, {
      clock,
      send,
      sign: this.#sign,
      signal,
      onBug: (cause) =>
        logger.error('The transport failed in a way it should not.', { cause: String(cause) }),
    });
  }

  /** `probeOfMs`: see EndpointRunner. */
  verdictOf(outcome: SendOutcome, delivery: Delivery, probeOfMs: number | undefined): Verdict {
    const { clock, random } = this.#parts;
    const { format } = this.#endpoint;
    // It was not tried, so to speak; a probe was not counted.
    if (isGone(outcome, format) && probeOfMs === undefined) delivery.planned -= 1;
    return judge(outcome, delivery, {
      format,
      plan: this.plan,
      fraction: random.fraction(),
      probeLeftMs: probeOfMs === undefined ? undefined : probeOfMs - clock.steadyMs(),
    });
  }

  report({ notices, attempts }: Delivery, attempted: Attempted, { next }: Verdict): void {
    const { atMs, outcome } = attempted;
    this.last = { atMs, result: describeOutcome(outcome) };
    this.#parts.onAttempt({ endpoint: this.#endpoint, notices, attempt: attempts, next, ...attempted });
  }
}
