import { startReceiver } from '../packages/server/test/receiver.ts';
import { startServerProcess, testApp } from '../packages/server/test/server-process.ts';
import { numbers } from './arguments.ts';
import { type Bench, figure, percentile } from './figure.ts';
import { joinMany } from './server-load.ts';

const secret = 'a-secret-for-the-bench';

/** From the moment a client sends its hello to the moment a receiver has its signed 105, at a steady rate. */
export const hookLatency: Bench = {
  summary: 'time from a join to its notice at a receiver, at a steady rate',
  async run(args) {
    const { rate, seconds } = numbers(args, { rate: 1_000, seconds: 10 });
    const receiver = await startReceiver({ secret });
    const server = await startServerProcess(
      { endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }] },
      { HOUSECOUNT_LOG_LEVEL: 'error' },
    );
    try {
      const sentMs = new Map<number, number>();
      const { clients, joinMs } = await joinMany({
        base: { url: server.url, channel: 'bench' },
        count: rate * seconds,
        perSecond: rate,
        onJoined: (uid, atMs) => sentMs.set(uid, atMs),
      });
      await receiver.until((notices) => notices.length >= rate * seconds + 1, 60_000);
      for (const client of clients) client.drop();
      const delays = receiver.notices.flatMap(({ notice, atMs }) => {
        const sent = sentMs.get(notice.payload.uid ?? 0);
        return notice.eventType === 105 && sent !== undefined ? [atMs - sent] : [];
      });
      const params = { rate, seconds };
      return [
        figure('hello-to-receiver-p50', percentile(delays, 0.5), 'ms', params),
        figure('hello-to-receiver-p99', percentile(delays, 0.99), 'ms', params),
        figure('hello-to-welcome-p50', percentile(joinMs, 0.5), 'ms', params),
        figure('hello-to-welcome-p99', percentile(joinMs, 0.99), 'ms', params),
      ];
    } finally {
      await server.close();
      await receiver.close();
    }
  },
};
