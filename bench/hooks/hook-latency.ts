import { startServerProcess, testApp } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { startChild } from '../child.ts';
import { type Bench, figure, percentile } from '../figure.ts';
import { cpuMs, joinMany, waitedMs } from '../server-load.ts';
import { delaysOf } from './hook-latency-inside.ts';
import { secret } from './notice-load.ts';
import type { ReceiverCalls } from './receiver-process.ts';

/** The time from a client's hello until a receiver has its signed 105, at a steady rate. */
export const hookLatency: Bench = {
  summary: 'time from a join to its notice at a receiver, at a steady rate',
  async run(args) {
    const { rate, seconds, warm } = numbers(args, { rate: 1_000, seconds: 10, warm: 3 });
    const receiver = startChild<ReceiverCalls>(new URL('./receiver-process.ts', import.meta.url));
    const port = await receiver.call('open', { secret, hangs: false });
    const url = `http://127.0.0.1:${port}/notices`;
    const server = await startServerProcess(
      { endpoints: [{ app: testApp.id, url, secret, allowPrivateNetwork: true, skipHealthTest: true }] },
      { HOUSECOUNT_LOG_LEVEL: 'error' },
    );
    try {
      const base = { url: server.url, channel: 'bench' };
      const warmed = await joinMany({ base, count: rate * warm, perSecond: rate, firstUid: 1 });
      await receiver.call('arrivals', { receiver: 0 });
      const sent: number[] = [];
      const [beforeMs, ownBeforeMs, waitedBeforeMs] = [
        cpuMs(server.pid),
        cpuMs(process.pid),
        waitedMs(server.pid),
      ];
      const { clients, joinMs } = await joinMany({
        base,
        count: rate * seconds,
        perSecond: rate,
        firstUid: 1_000_000,
        onJoined: (uid, sentMs) => sent.push(uid, sentMs),
      });
      const [usedMs, ownMs] = [cpuMs(server.pid) - beforeMs, cpuMs(process.pid) - ownBeforeMs];
      const waited = (waitedMs(server.pid) - waitedBeforeMs) / seconds / 1000;
      const delays = await delaysOf(receiver, sent);
      for (const client of [...warmed.clients, ...clients]) client.drop();
      const params = { rate, seconds };
      return [
        figure('hello-to-receiver-p50', percentile(delays, 0.5), 'ms', params),
        figure('hello-to-receiver-p99', percentile(delays, 0.99), 'ms', params),
        figure('hello-to-welcome-p50', percentile(joinMs, 0.5), 'ms', params),
        figure('hello-to-welcome-p99', percentile(joinMs, 0.99), 'ms', params),
        figure('server-cores', usedMs / seconds / 1000, 'cores', params),
        figure('clients-cores', ownMs / seconds / 1000, 'cores', params),
        figure('server-waited-for-a-core', waited, 'share', params),
      ];
    } finally {
      await server.close();
      await receiver.end();
    }
  },
};
