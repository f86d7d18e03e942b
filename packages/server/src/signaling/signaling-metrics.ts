import type { Counter, Metrics } from '../observe/contract.ts';
import type { Counted } from './messages/publish.ts';

/** The counters of frames and messages. */
export function signalingCounters(
  metrics: Metrics,
): Readonly<Record<'frames' | 'refusals', Counter>> & { readonly counted: Counted } {
  const frames = metrics.counter('housecount_signaling_frames_total', 'Signaling frames received.');
  const messages = metrics.counter(
    'housecount_signaling_messages_total',
    'Messages taken, to channels and users.',
  );
  const deliveries = metrics.counter(
    'housecount_signaling_deliveries_total',
    'Messages on their way to connections: one that a hundred get counts for a hundred.',
  );
  const refusals = metrics.counter(
    'housecount_signaling_refusals_total',
    'Refusals and endings told to signaling clients, by code.',
  );
  const counted = {
    add(receivers: number) {
      messages.add();
      deliveries.add(receivers);
    },
  };
  return { frames, refusals, counted };
}

/** Registers gauges, which are read at the moment when the metrics are. */
export function registerGauges(
  metrics: Metrics,
  {
    sessions,
    waiters,
    presences,
  }: {
    readonly sessions: { readonly size: number; readonly subscriptions: number };
    readonly waiters: { readonly size: number };
    readonly presences: { readonly size: number; readonly rosters: number };
  },
  { sockets, backlogBytes }: { readonly sockets: () => number; readonly backlogBytes: () => number },
): void {
  metrics.gauge('housecount_signaling_sockets', 'Open signaling WebSockets.', sockets);
  metrics.gauge('housecount_signaling_sessions', 'Users logged in to signaling.', () => sessions.size);
  metrics.gauge(
    'housecount_signaling_subscriptions',
    'Channels that sessions subscribe to, each counted for each session.',
    () => sessions.subscriptions,
  );
  metrics.gauge(
    'housecount_signaling_backlog_bytes',
    'Bytes that readers have not taken yet, of all of them together; beyond signalingBacklogBytesMax the slowest are cut.',
    backlogBytes,
  );
  metrics.gauge('housecount_signaling_lock_waits', 'Requests that wait for a lock.', () => waiters.size);
  metrics.gauge(
    'housecount_signaling_presences',
    'Channels whose presence is kept in memory.',
    () => presences.size,
  );
  metrics.gauge(
    'housecount_signaling_rosters',
    'Signaling channels whose roster is followed, or was a moment ago.',
    () => presences.rosters,
  );
}
