import { numbers } from '../arguments.ts';
import { type Bench, figure } from '../figure.ts';
import {
  benchEndpoint,
  checkReceived,
  mebibytes,
  sample,
  secret,
  startNoticeLoad,
  waitedShare,
  whilePrinting,
} from './notice-load.ts';

/** Joins and leaves wait while the receiver is further behind than this. */
const backlogMax = 20_000;

/** Events through the format `batch`: a backlog that drains, then joins and leaves as fast as they are delivered. */
export const hooksBatch: Bench = {
  summary: 'events each second through batch requests: a backlog, then with the joins that make them',
  async run(args) {
    const { events, members, for: seconds } = numbers(args, { events: 300_000, members: 2_000, for: 15 });
    const load = startNoticeLoad();
    const { host, receiver } = load;
    try {
      const port = await receiver.call('open', { secret, hangs: false });
      const endpoint = benchEndpoint('receiver', port, { format: 'batch' });
      await host.call('start', { endpoints: [endpoint] });
      const churn = { members, backlogMax: Number.MAX_SAFE_INTEGER, seconds: 3_600 };
      const warmed = await host.call('churn', { ...churn, channel: 'warm', events: 30_000 });
      await host.call('idle', {});
      await host.call('pause', { endpoint: endpoint.id });
      const made = await host.call('churn', { ...churn, channel: 'backlog', events });
      const full = await sample(load);
      await host.call('resume', { endpoint: endpoint.id });
      await whilePrinting(load, host.call('idle', {}), 1_000);
      const drained = await sample(load);
      checkReceived(drained.count, warmed + made);
      const { details, outcomes } = await host.call('dropped', {});
      console.log('drained; now with joins and leaves');
      const steady = await whilePrinting(
        load,
        host.call('churn', {
          ...churn,
          channel: 'steady',
          events: Number.MAX_SAFE_INTEGER,
          seconds,
          backlogMax,
        }),
      );
      await host.call('idle', {});
      const after = await sample(load);
      checkReceived(after.count, warmed + made + steady);
      const params = { events: made, members, seconds };
      const requests = drained.count.requests - full.count.requests;
      const perCpuSecond = (from: typeof full, to: typeof full, count: number) =>
        (count / (to.host.cpuMs - from.host.cpuMs)) * 1000;
      const perSecond = (from: typeof full, to: typeof full, count: number) =>
        (count / (to.atMs - from.atMs)) * 1000;
      return [
        figure('drained-events-per-second', perSecond(full, drained, made), '1/s', params),
        figure('drained-events-per-server-cpu-second', perCpuSecond(full, drained, made), '1/s', params),
        figure('drained-events-per-request', made / requests, 'events', params),
        figure('drained-without-detail', details / made, 'share', params),
        figure('drained-not-searchable', outcomes / made, 'share', params),
        figure('events-per-second-with-joins', perSecond(drained, after, steady), '1/s', params),
        figure(
          'events-per-server-cpu-second-with-joins',
          perCpuSecond(drained, after, steady),
          '1/s',
          params,
        ),
        figure('server-waited-for-a-core', waitedShare(full, after), 'share', params),
        figure('memory-with-backlog', mebibytes(full.host.residentBytes), 'MiB', params),
        figure('memory-at-end', mebibytes(after.host.residentBytes), 'MiB', params),
      ];
    } finally {
      await load.end();
    }
  },
};
