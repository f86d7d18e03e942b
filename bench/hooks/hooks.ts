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

/** Joins and leaves wait while the receiver is further behind than this: then requests, not joins, are what is measured. */
const backlogMax = 2_000;

/** Signed one-event requests each second, while the joins and leaves that make them happen in the same process. */
export const hooks: Bench = {
  summary: 'signed one-event requests each second to one receiver, joins and leaves included',
  async run(args) {
    const { for: seconds, members, warm } = numbers(args, { for: 60, members: 400, warm: 5 });
    const load = startNoticeLoad();
    const { host, receiver } = load;
    try {
      const port = await receiver.call('open', { secret, hangs: false });
      await host.call('start', { endpoints: [benchEndpoint('receiver', port)] });
      const churn = { channel: 'bench', members, events: Number.MAX_SAFE_INTEGER, backlogMax };
      const warmed = await host.call('churn', { ...churn, channel: 'warm', seconds: warm });
      await host.call('idle', {});
      const before = await sample(load);
      const events = await whilePrinting(load, host.call('churn', { ...churn, seconds }));
      await host.call('idle', {});
      const after = await sample(load);
      checkReceived(after.count, warmed + events);
      const elapsed = (after.atMs - before.atMs) / 1000;
      const cpuSeconds = (after.host.cpuMs - before.host.cpuMs) / 1000;
      const params = { seconds, members, events };
      return [
        figure('requests-per-second', events / elapsed, '1/s', params),
        figure('requests-per-server-cpu-second', events / cpuSeconds, '1/s', params),
        figure('server-cores', cpuSeconds / elapsed, 'cores', params),
        figure('server-waited-for-a-core', waitedShare(before, after), 'share', params),
        figure('memory-at-start', mebibytes(before.host.residentBytes), 'MiB', params),
        figure('memory-at-end', mebibytes(after.host.residentBytes), 'MiB', params),
      ];
    } finally {
      await load.end();
    }
  },
};
