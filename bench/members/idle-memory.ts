import { startServerProcess } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { type Bench, figure } from '../figure.ts';
import { joinMany, residentBytes } from '../server-load.ts';

/** The server's cost of one idle member, sockets, roster and log included. */
export const idleMemory: Bench = {
  summary: 'resident memory of the server per idle member',
  async run(args) {
    const { members } = numbers(args, { members: 10_000 });
    const server = await startServerProcess({}, { HOUSECOUNT_LOG_LEVEL: 'error' });
    try {
      const base = { url: server.url, channel: 'bench' };
      // Warm: code compiled, buffers there.
      const warm = await joinMany({ base, count: 200, perSecond: 0 });
      const before = residentBytes(server.pid);
      const { clients } = await joinMany({ base, count: members, perSecond: 0, firstUid: 1_000 });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const after = residentBytes(server.pid);
      for (const client of [...warm.clients, ...clients]) client.drop();
      console.log(
        `${(before / 2 ** 20).toFixed(0)} MiB before, ${(after / 2 ** 20).toFixed(0)} MiB with ${members} more`,
      );
      return [
        figure('memory-per-idle-member', (after - before) / members / 1024, 'KiB', { members }),
        figure('memory-of-server', after / 2 ** 20, 'MiB', { members: members + 200 }),
      ];
    } finally {
      await server.close();
    }
  },
};
