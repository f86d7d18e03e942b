import { numbers } from '../arguments.ts';
import { startChild } from '../child.ts';
import type { SubscribersCalls } from '../fanout/subscribers-process.ts';
import { type Bench, type Figure, figure, percentile } from '../figure.ts';
import { cpuPerSecond } from '../server-load.ts';
import type { PresenceCalls } from './presence-process.ts';

interface Round {
  /** CPU of the server with one watcher, milliseconds per second: what happens is logged and folded. */
  readonly aloneMs: number;
  /** Bytes of the snapshot alone, for each watcher. */
  readonly startBytes: number;
  readonly bytesPerSecond: number;
  /** The CPU time that each other watcher adds, per second. */
  readonly cpuMicroseconds: number;
}

/** Time until the snapshots have arrived, milliseconds: 100 of a whole roster of 50,000 are 700 MB. */
const settleMs = 5_000;
const settleRosterMs = 20_000;

const subscribersFile = new URL('../fanout/subscribers-process.ts', import.meta.url);

/**
 * The cost of watching the members of a large channel: told together in intervals, and one by one for comparison; and the
 * roster, which tells everybody at once, or what a page shows.
 */
export const presence: Bench = {
  summary:
    'bytes and server CPU per watcher of a channel of 50,000: presence, and the roster whole and in part',
  async run(args) {
    const { members, churn, interval, watchers, few, seconds, rounds } = numbers(args, {
      members: 50_000,
      churn: 50,
      interval: 10,
      watchers: 2_000,
      few: 100,
      seconds: 20,
      rounds: 3,
    });
    const modes = [
      { name: 'interval', follows: 'presence', announceMax: 50, watchers },
      // No setting allows this: it shows what the intervals are for.
      { name: 'one-by-one', follows: 'presence', announceMax: Number.MAX_SAFE_INTEGER, watchers: few },
      { name: 'roster', follows: 'roster', announceMax: 50, watchers: few },
      { name: 'first-50', follows: 'first-50', announceMax: 50, watchers },
      { name: 'count', follows: 'count', announceMax: 50, watchers },
    ] as const;
    const figures: Figure[] = [];
    for (const mode of modes) {
      const server = startChild<PresenceCalls>(new URL('./presence-process.ts', import.meta.url));
      const load = startChild<SubscribersCalls>(subscribersFile);
      try {
        const port = await server.call('start', {
          announceMax: mode.announceMax,
          intervalMs: interval * 1000,
        });
        await server.call('fill', { members });
        await server.call('churn', { perSecond: churn });
        console.log(`${mode.name}: ${members} members, ${churn} leaves and ${churn} joins a second`);
        // A single watcher makes the server fold the events; the others add what each of them costs.
        const watcher = { service: 'housecount', port } as const;
        await load.call('open', { ...watcher, follows: 'presence', count: 1, first: 0 });
        await Bun.sleep(3_000);
        const measured: Round[] = [];
        for (let round = 1; round <= rounds; round++) {
          const aloneMs = await cpuPerSecond(server.pid, seconds);
          const others = startChild<SubscribersCalls>(subscribersFile);
          const { follows } = mode;
          await others.call('open', {
            ...watcher,
            follows,
            count: mode.watchers,
            first: round * 1_000_000,
          });
          // The snapshots are there.
          const settledMs = follows === 'roster' ? settleRosterMs : settleMs;
          await Bun.sleep(settledMs);
          const { bytes: startBytes } = await others.call('counts', {});
          const withAllMs = await cpuPerSecond(server.pid, seconds);
          const { bytes, closed } = await others.call('counts', {});
          if (closed > 0) throw new Error(`${closed} watchers were cut`);
          await others.end();
          await Bun.sleep(1_000);
          const bytesPerSecond = (bytes - startBytes) / mode.watchers / seconds;
          measured.push({
            aloneMs,
            startBytes: startBytes / mode.watchers - (bytesPerSecond * settledMs) / 1000,
            bytesPerSecond,
            cpuMicroseconds: ((withAllMs - aloneMs) * 1000) / mode.watchers,
          });
          console.log(`round ${round}: ${JSON.stringify(measured.at(-1))}`);
        }
        await server.call('stop', {});
        const middle = (field: keyof Round) =>
          percentile(
            measured.map((each) => each[field]),
            0.5,
          );
        const params = { members, churnPerSecond: churn, interval, watchers: mode.watchers, seconds, rounds };
        figures.push(
          figure(`${mode.name}-bytes-at-start`, middle('startBytes'), 'B', params),
          figure(`${mode.name}-bytes-per-watcher`, middle('bytesPerSecond'), 'B/s', params),
          figure(`${mode.name}-server-cpu-per-watcher`, middle('cpuMicroseconds'), 'µs/s', params),
          figure(`${mode.name}-server-cpu-with-one-watcher`, middle('aloneMs'), 'ms/s', params),
        );
      } finally {
        await load.end();
        await server.end();
      }
    }
    return figures;
  },
};
