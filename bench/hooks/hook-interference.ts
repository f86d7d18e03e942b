import { createServer } from 'node:net';
import { numbers } from '../arguments.ts';
import { type Bench, type Figure, figure, percentile } from '../figure.ts';
import { steadyJoins } from './hook-latency-inside.ts';
import { benchEndpoint, sample, secret, startNoticeLoad, waitedShare } from './notice-load.ts';

/**
 * The effect of an endpoint that takes no notice on its neighbour: the neighbour's delays while the other is paused, hangs
 * or refuses, in turns, so that what else happens on the machine falls on all three alike.
 */
export const hookInterference: Bench = {
  summary: "an endpoint's delays beside one that hangs or refuses, against alone",
  async run(args) {
    const { rate, seconds, rounds } = numbers(args, { rate: 500, seconds: 8, rounds: 5 });
    const load = startNoticeLoad();
    const { host, receiver } = load;
    try {
      const healthy = await receiver.call('open', { secret, hangs: false });
      const neighbours = {
        hanging: await receiver.call('open', { secret, hangs: true }),
        refusing: await closedPort(),
      };
      const names = ['alone', 'hanging', 'refusing'] as const;
      const neighbour = (name: keyof typeof neighbours) => benchEndpoint('neighbour', neighbours[name]);
      await host.call('start', { endpoints: [benchEndpoint('healthy', healthy), neighbour('hanging')] });
      await steadyJoins(load, { rate, seconds: 5, firstUid: 1 });
      const before = await sample(load);
      const measured = { alone: [] as Round[], hanging: [] as Round[], refusing: [] as Round[] };
      let firstUid = 1_000_000;
      for (let round = 0; round < rounds; round++) {
        for (const name of names) {
          await host.call('pause', { endpoint: 'neighbour' });
          if (name !== 'alone') {
            await host.call('change', { endpoint: neighbour(name) });
            await host.call('resume', { endpoint: 'neighbour' });
          }
          await steadyJoins(load, { rate, seconds: 1, firstUid });
          firstUid += rate;
          const { delaysMs } = await steadyJoins(load, { rate, seconds, firstUid });
          firstUid += rate * seconds;
          const round = { p50: percentile(delaysMs, 0.5), p99: percentile(delaysMs, 0.99) };
          measured[name].push(round);
          console.log(`${name.padEnd(8)}  p50 ${round.p50.toFixed(1)} ms  p99 ${round.p99.toFixed(1)} ms`);
        }
      }
      const params = { rate, seconds, rounds };
      const waited = waitedShare(before, await sample(load));
      // The median of the rounds: one round that met a hiccup of the machine does not decide.
      const of = (name: (typeof names)[number], which: keyof Round) =>
        percentile(
          measured[name].map((round) => round[which]),
          0.5,
        );
      const ratios = names.flatMap((name): Figure[] => [
        figure(name === 'alone' ? 'p50-alone' : `p50-beside-${name}`, of(name, 'p50'), 'ms', params),
        figure(name === 'alone' ? 'p99-alone' : `p99-beside-${name}`, of(name, 'p99'), 'ms', params),
        ...(name === 'alone'
          ? []
          : [
              figure(`p50-ratio-${name}`, of(name, 'p50') / of('alone', 'p50'), '×', params),
              figure(`p99-ratio-${name}`, of(name, 'p99') / of('alone', 'p99'), '×', params),
            ]),
      ]);
      return [...ratios, figure('server-waited-for-a-core', waited, 'share', params)];
    } finally {
      await load.end();
    }
  },
};

/** Delays of one round, milliseconds. */
interface Round {
  readonly p50: number;
  readonly p99: number;
}

/** A port of this machine where nobody listens: connections are refused. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 1));
    });
  });
}
