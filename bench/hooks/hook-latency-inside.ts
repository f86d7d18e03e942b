import { numbers } from '../arguments.ts';
import { type Bench, figure, percentile } from '../figure.ts';
import {
  benchEndpoint,
  checkReceived,
  type NoticeLoad,
  sample,
  secret,
  startNoticeLoad,
  waitedShare,
} from './notice-load.ts';

/** The time from a join's request to the log until a receiver has its 105: what hook-latency measures, without sockets and clients. */
export const hookLatencyInside: Bench = {
  summary: 'the same without clients: from the asking of the log to the receiver',
  async run(args) {
    const { rate, seconds } = numbers(args, { rate: 1_000, seconds: 20 });
    const load = startNoticeLoad();
    const { host, receiver } = load;
    try {
      const port = await receiver.call('open', { secret, hangs: false });
      await host.call('start', { endpoints: [benchEndpoint('receiver', port)] });
      await steadyJoins(load, { rate, seconds: 5, firstUid: 1 });
      const before = await sample(load);
      const { delaysMs, durableMs } = await steadyJoins(load, { rate, seconds, firstUid: 1_000_000 });
      const after = await sample(load);
      checkReceived(after.count, after.host.lastPosition);
      const params = { rate, seconds };
      return [
        figure('join-to-receiver-p50', percentile(delaysMs, 0.5), 'ms', params),
        figure('join-to-receiver-p99', percentile(delaysMs, 0.99), 'ms', params),
        figure('join-to-durable-p50', percentile(durableMs, 0.5), 'ms', params),
        figure('join-to-durable-p99', percentile(durableMs, 0.99), 'ms', params),
        figure(
          'server-cores',
          (after.host.cpuMs - before.host.cpuMs) / (after.atMs - before.atMs),
          'cores',
          params,
        ),
        figure('server-waited-for-a-core', waitedShare(before, after), 'share', params),
      ];
    } finally {
      await load.end();
    }
  },
};

/** Joins at a steady rate; resolves, once all came, with the time each took to come, and to be durable, milliseconds. */
export async function steadyJoins(
  { host, receiver }: NoticeLoad,
  joins: { readonly rate: number; readonly seconds: number; readonly firstUid: number },
  index = 0,
): Promise<{ readonly delaysMs: readonly number[]; readonly durableMs: readonly number[] }> {
  await receiver.call('arrivals', { receiver: index });
  const { sent, durableMs } = await host.call('joins', { channel: 'bench', ...joins });
  return { delaysMs: await delaysOf(receiver, sent, index), durableMs };
}

/** Resolves, once all that were sent (uid, then time) came, with how long each took; milliseconds. Gives up after 30 s. */
export async function delaysOf(
  receiver: NoticeLoad['receiver'],
  sent: readonly number[],
  index = 0,
): Promise<readonly number[]> {
  const sentMs = new Map<number, number>();
  for (let at = 0; at < sent.length; at += 2) sentMs.set(sent[at] ?? 0, sent[at + 1] ?? 0);
  const deadlineMs = performance.now() + 30_000;
  const delaysMs: number[] = [];
  while (sentMs.size > 0) {
    if (performance.now() > deadlineMs) throw new Error(`${sentMs.size} notices did not come`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const arrived = await receiver.call('arrivals', { receiver: index });
    for (let at = 0; at < arrived.length; at += 2) {
      const uid = arrived[at] ?? 0;
      const beganMs = sentMs.get(uid);
      if (beganMs === undefined) continue;
      delaysMs.push((arrived[at + 1] ?? 0) - beganMs);
      sentMs.delete(uid);
    }
  }
  return delaysMs;
}
