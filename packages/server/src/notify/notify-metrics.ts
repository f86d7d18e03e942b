import type { Metrics } from '../observe/contract.ts';
import type { AttemptReport } from './delivery/attempt.ts';

/** One endpoint as the gauges show it. */
export interface EndpointGauges {
  readonly endpointId: string;
  readonly backlog: number;
  readonly inFlight: number;
  readonly givenUp: number;
  readonly lost: number;
}

/** Seconds: from a receiver next door to one that uses up the whole attempt. */
const attemptBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds from the event to its delivery: retries reach past 10 s, an outage far beyond. */
const delayBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 30, 60, 600];

/** Registers what is counted of attempts; the returned function is called with every one. */
export function attemptMetrics(metrics: Metrics): (report: AttemptReport) => void {
  const attempts = metrics.counter(
    'housecount_notify_attempts_total',
    'HTTP requests made to deliver notices, by result: the status, or the stage that failed.',
  );
  const deliveries = metrics.counter(
    'housecount_notify_deliveries_total',
    'Notices finished, by outcome: delivered or given_up.',
  );
  const redelivered = metrics.counter(
    'housecount_notify_redelivered_total',
    'Notices sent once more because somebody asked, by outcome: delivered or failed.',
  );
  const attemptSeconds = metrics.histogram(
    'housecount_notify_attempt_seconds',
    'Duration of one attempt.',
    attemptBuckets,
  );
  const delaySeconds = metrics.histogram(
    'housecount_notify_delay_seconds',
    'From the event to its accepted notice.',
    delayBuckets,
  );
  return ({ endpoint, outcome, next, durationMs, atMs, notices, redelivery }) => {
    const labels = { endpoint: endpoint.id };
    attempts.add(1, { ...labels, result: outcome.answered ? String(outcome.status) : outcome.stage });
    attemptSeconds.observe(durationMs / 1_000, labels);
    if (next === 'retry') return;
    if (redelivery !== undefined) {
      redelivered.add(notices.length, { ...labels, outcome: next === 'delivered' ? 'delivered' : 'failed' });
      return;
    }
    deliveries.add(notices.length, { ...labels, outcome: next === 'delivered' ? 'delivered' : 'given_up' });
    if (next !== 'delivered') return;
    for (const [eventMs, times] of runsOf(notices))
      delaySeconds.observe((atMs + durationMs - eventMs) / 1_000, labels, times);
  };
}

/** Registers what is shown of every endpoint, read when it is asked for. */
export function endpointMetrics(metrics: Metrics, read: () => readonly EndpointGauges[]): void {
  const gauge = (name: string, help: string, value: (gauges: EndpointGauges) => number) =>
    metrics.gauge(name, help, () =>
      read().map((gauges) => ({ value: value(gauges), labels: { endpoint: gauges.endpointId } })),
    );
  gauge(
    'housecount_notify_backlog',
    'Log positions that an endpoint has not finished.',
    (gauges) => gauges.backlog,
  );
  gauge('housecount_notify_in_flight', 'Attempts under way.', (gauges) => gauges.inFlight);
  gauge('housecount_notify_given_up', 'Notices kept as given up.', (gauges) => gauges.givenUp);
  gauge(
    'housecount_notify_events_lost',
    'Events that waited for an endpoint longer than they are kept, and were not sent.',
    (gauges) => gauges.lost,
  );
}

/** Shows what is kept for receivers that are down, beside the log. */
export function setAsideMetrics(
  metrics: Metrics,
  asides: Iterable<readonly [app: string, aside: { readonly bytes: number }]>,
): void {
  metrics.gauge(
    'housecount_notify_set_aside_bytes',
    'Bytes of an app that wait for its receivers and that the log no longer has room for; at most retention.bytesPerApp.',
    () => Array.from(asides, ([app, { bytes }]) => ({ value: bytes, labels: { app } })),
  );
}

/** When the events of a batch were decided, each time with the number of those in a row: they come by the hundred. */
function runsOf(notices: AttemptReport['notices']): (readonly [atMs: number, times: number])[] {
  const runs: [number, number][] = [];
  for (const { event } of notices) {
    if (event.type === 'events-lost') continue;
    const last = runs.at(-1);
    if (last?.[0] === event.atMs) last[1] += 1;
    else runs.push([event.atMs, 1]);
  }
  return runs;
}
