import { Client } from '../../packages/server/testing/clients/client.ts';
import { startServerProcess } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { type Bench, figure, percentile } from '../figure.ts';
import { cpuMs, joinMany } from '../server-load.ts';

/** The delays of a follower of a big channel's roster: of its snapshot, and then of each change. */
export const roster: Bench = {
  summary: 'snapshot of a big roster, and the time from a join to whoever follows it',
  async run(args) {
    const { members, rate, seconds, watchers } = numbers(args, {
      members: 10_000,
      rate: 200,
      seconds: 10,
      watchers: 1,
    });
    const server = await startServerProcess({}, { HOUSECOUNT_LOG_LEVEL: 'error' });
    try {
      const base = { url: server.url, channel: 'bench' };
      const audience = await joinMany({ base, count: members, perSecond: 0 });
      console.log(`${members} members are in`);
      const host = await Client.join({ ...base, uid: 1_000_000, role: 'broadcaster' });
      const beforeMs = cpuMs(server.pid);
      const askedMs = performance.now();
      host.send({ type: 'subscribe-roster', id: 1 });
      await host.until('the snapshot', () => host.all('roster-snapshot').at(-1)?.last);
      const snapshotMs = performance.now() - askedMs;
      const snapshotCpuMs = cpuMs(server.pid) - beforeMs;
      const pages = host.all('roster-snapshot');
      const held = pages.reduce((sum, page) => sum + page.members.length, 0);
      if (held !== members + 1) throw new Error(`the snapshot has ${held} members`);
      const bytes = pages.reduce((sum, page) => sum + JSON.stringify(page).length, 0);

      // The first is the one that measures; the others make the load, and are among the members.
      let frames = 0;
      for (const other of audience.clients.slice(0, watchers - 1)) {
        other.send({ type: 'subscribe-roster', id: 1 });
        await other.until('its snapshot', () => other.all('roster-snapshot').at(-1)?.last);
      }
      host.frames.length = 0;
      const sentMs = new Map<number, number>();
      const delays: number[] = [];
      // Looked at after each frame: the arrival of a change is that of its frame.
      const arrived = host.until(
        'every change',
        () => {
          const nowMs = performance.now();
          for (const frame of host.frames.splice(0)) {
            if (frame.type !== 'roster-changes') continue;
            frames += 1;
            for (const change of frame.changes) {
              const began = change.type === 'joined' ? sentMs.get(change.member.uid) : undefined;
              if (began !== undefined) delays.push(nowMs - began);
            }
          }
          return delays.length >= rate * seconds;
        },
        120_000,
      );
      const joinedFromMs = cpuMs(server.pid);
      const more = await joinMany({
        base,
        count: rate * seconds,
        perSecond: rate,
        firstUid: 2_000_000,
        onJoined: (uid) => sentMs.set(uid, performance.now()),
      });
      await arrived;
      const cpuPerJoinMs = (cpuMs(server.pid) - joinedFromMs) / (rate * seconds);
      for (const client of [...audience.clients, ...more.clients, host]) client.drop();
      const params = { members, rate, seconds, watchers };
      return [
        figure('snapshot-to-follower', snapshotMs, 'ms', params),
        figure('snapshot-server-cpu', snapshotCpuMs, 'ms', params),
        figure('snapshot-size', bytes / 2 ** 20, 'MiB', params),
        figure('frames-per-second-to-follower', frames / seconds, '/s', params),
        figure('server-cpu-per-join', cpuPerJoinMs * 1000, 'µs', params),
        figure('hello-to-follower-p50', percentile(delays, 0.5), 'ms', params),
        figure('hello-to-follower-p99', percentile(delays, 0.99), 'ms', params),
      ];
    } finally {
      await server.close();
    }
  },
};
