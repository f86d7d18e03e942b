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

/** An endpoint is paused while events are made, and comes back: how fast it catches up, and what its backlog costs. */
export const drain: Bench = {
  summary: 'one-event requests each second while an endpoint that was away catches up',
  async run(args) {
    const { events, members } = numbers(args, { events: 100_000, members: 1_000 });
    const load = startNoticeLoad();
    const { host, receiver } = load;
    try {
      const port = await receiver.call('open', { secret, hangs: false });
      await host.call('start', { endpoints: [benchEndpoint('receiver', port)] });
      const churn = { members, seconds: 3_600, backlogMax: Number.MAX_SAFE_INTEGER };
      const warmed = await host.call('churn', { ...churn, channel: 'warm', events: 10_000 });
      await host.call('idle', {});
      await host.call('pause', { endpoint: 'receiver' });
      const empty = await sample(load);
      const made = await host.call('churn', { ...churn, channel: 'bench', events });
      const full = await sample(load);
      const appended = (full.atMs - empty.atMs) / 1000;
      console.log(
        `${made} events made durable in ${appended.toFixed(1)} s; ` +
          `${mebibytes(empty.host.residentBytes)} MiB before, ${mebibytes(full.host.residentBytes)} MiB with the backlog`,
      );
      await host.call('resume', { endpoint: 'receiver' });
      await whilePrinting(load, host.call('idle', {}));
      const after = await sample(load);
      checkReceived(after.count, warmed + made);
      const elapsed = (after.atMs - full.atMs) / 1000;
      const cpuSeconds = (after.host.cpuMs - full.host.cpuMs) / 1000;
      const params = { events: made, members };
      return [
        figure('drained-requests-per-second', made / elapsed, '1/s', params),
        figure('drained-requests-per-server-cpu-second', made / cpuSeconds, '1/s', params),
        figure('events-made-per-second', made / appended, '1/s', params),
        figure('server-waited-for-a-core', waitedShare(full, after), 'share', params),
        figure('memory-with-backlog', mebibytes(full.host.residentBytes), 'MiB', params),
        figure('memory-after-drain', mebibytes(after.host.residentBytes), 'MiB', params),
      ];
    } finally {
      await load.end();
    }
  },
};
