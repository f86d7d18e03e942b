import type { Metrics } from '../observe/contract.ts';
import type { LogState } from './state/state.ts';

/** Shows how the log is doing, and how near each app is to its limits. */
export function showLog(
  metrics: Metrics,
  state: Pick<LogState, 'usage' | 'accounts'>,
  log: { readonly queued: () => number; readonly lastPosition: () => number },
): void {
  const { channels, keptBytes, textBytes } = state.usage.all;
  const byApp = (values: ReadonlyMap<string, number>) => () =>
    Array.from(values, ([app, value]) => ({ value, labels: { app } }));
  metrics.gauge('housecount_command_queue', 'Commands waiting to be decided.', log.queued);
  metrics.gauge('housecount_log_position', 'Last durable position of the log.', log.lastPosition);
  metrics.gauge(
    'housecount_signaling_channels',
    'Signaling channels with subscribers, metadata or locks, and users with metadata; at most appSignalingChannelsMax.',
    byApp(channels),
  );
  metrics.gauge(
    'housecount_signaling_kept_bytes',
    'Bytes of metadata and locks; at most appKeptBytesMax.',
    byApp(keptBytes),
  );
  metrics.gauge(
    'housecount_signaling_state_bytes',
    'Bytes of temporary states and topics; at most appTextBytesMax.',
    byApp(textBytes),
  );
  metrics.gauge(
    'housecount_kept_accounts',
    'String accounts with another uid than that of their name; at most appAccountsMax.',
    () => Array.from(state.accounts.counts(), ([app, value]) => ({ value, labels: { app } })),
  );
}
