import type { Channels } from '../log/contract/channels.ts';
import type { Metrics } from '../observe/contract.ts';

interface Census {
  readonly channels: number;
  readonly members: number;
  readonly hosts: number;
}

/** Shows, by app, how many are in live channels. `apps`: those of now; one where nobody is shows zeros. */
export function audienceMetrics(
  metrics: Metrics,
  log: Pick<Channels, 'channels'>,
  apps: () => Iterable<string>,
): void {
  /** The census for the metrics page that is being made: it is counted once, so that all its figures are of one moment. */
  let counted: ReadonlyMap<string, Census> | undefined;
  const count = () => {
    if (counted === undefined) {
      counted = new Map(Array.from(apps(), (app) => [app, censusOf(log, app)]));
      queueMicrotask(() => {
        counted = undefined;
      });
    }
    return counted;
  };
  const gauge = (name: string, help: string, value: (census: Census) => number) =>
    metrics.gauge(name, help, () =>
      Array.from(count(), ([app, census]) => ({ value: value(census), labels: { app } })),
    );
  gauge('housecount_channels', 'Open live channels.', ({ channels }) => channels);
  gauge('housecount_members', 'Members of live channels.', ({ members }) => members);
  gauge('housecount_audience', 'Members who watch.', ({ members, hosts }) => members - hosts);
  gauge('housecount_hosts', 'Members who are broadcasters.', ({ hosts }) => hosts);
}

function censusOf(log: Pick<Channels, 'channels'>, app: string): Census {
  const open = log.channels(app);
  let members = 0;
  let hosts = 0;
  for (const { roster } of open) {
    members += roster.size;
    hosts += roster.hosts;
  }
  return { channels: open.length, members, hosts };
}
