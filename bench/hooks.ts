import { startReceiver } from '../packages/server/test/receiver.ts';
import { startServerProcess, testApp } from '../packages/server/test/server-process.ts';
import { numbers } from './arguments.ts';
import { type Bench, figure } from './figure.ts';
import { cpuMs, joinMany } from './server-load.ts';

const secret = 'a-secret-for-the-bench';

/** Signed one-event requests each second, from a log that is ahead of the receiver: role changes make the events. */
export const hooks: Bench = {
  summary: 'signed one-event notices each second to one receiver',
  async run(args) {
    const { members, changes } = numbers(args, { members: 500, changes: 40 });
    const receiver = await startReceiver({ secret });
    const server = await startServerProcess(
      { endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }] },
      { HOUSECOUNT_LOG_LEVEL: 'error' },
    );
    try {
      const base = { url: server.url, channel: 'bench' };
      const { clients } = await joinMany({ base, count: members, perSecond: 0 });
      await receiver.until((notices) => notices.length >= members + 1, 60_000);
      const startedMs = performance.now();
      const beforeMs = cpuMs(server.pid);
      // Each leaves and another takes its place: two events a turn.
      let events = 0;
      await Promise.all(
        clients.map(async (first, index) => {
          let client = first;
          for (let turn = 0; turn < changes / 2; turn++) {
            await client.leave();
            client =
              (await joinMany({ base, count: 1, perSecond: 0, together: 1, firstUid: index + 1 }))
                .clients[0] ?? client;
            events += 2;
          }
          client.drop();
        }),
      );
      await receiver.until((notices) => notices.length >= members + 1 + events, 120_000);
      const seconds = (performance.now() - startedMs) / 1000;
      const usedMs = cpuMs(server.pid) - beforeMs;
      const params = { members, events };
      return [
        figure('notices-per-second', events / seconds, '1/s', params),
        figure('notices-per-server-cpu-second', (events / usedMs) * 1000, '1/s', {
          ...params,
          note: 'joins and leaves included',
        }),
      ];
    } finally {
      await server.close();
      await receiver.close();
    }
  },
};
