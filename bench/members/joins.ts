import { startServerProcess } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { type Bench, figure, percentile } from '../figure.ts';
import { cpuMs, joinMany } from '../server-load.ts';

/** Joins over WebSocket against a real server with a durable log: how many each second, and what one costs. */
export const joins: Bench = {
  summary: 'joins each second with a durable log, and server CPU per join',
  async run(args) {
    const { members, together } = numbers(args, { members: 5_000, together: 128 });
    const server = await startServerProcess({}, { HOUSECOUNT_LOG_LEVEL: 'error' });
    try {
      const beforeMs = cpuMs(server.pid);
      const { clients, joinMs, seconds } = await joinMany({
        base: { url: server.url, channel: 'bench' },
        count: members,
        perSecond: 0,
        together,
      });
      const usedMs = cpuMs(server.pid) - beforeMs;
      for (const client of clients) client.drop();
      const params = { members, together };
      console.log(`${members} joins in ${seconds.toFixed(1)} s, ${together} at a time`);
      return [
        figure('joins-per-second', members / seconds, '1/s', params),
        figure('joins-per-server-cpu-second', (members / usedMs) * 1000, '1/s', params),
        figure('join-p50', percentile(joinMs, 0.5), 'ms', params),
        figure('join-p99', percentile(joinMs, 0.99), 'ms', params),
      ];
    } finally {
      await server.close();
    }
  },
};
