import { numbers } from '../arguments.ts';
import { type Bench, type Figure, figure } from '../figure.ts';
import { Fleet } from './fleet.ts';
import { startHousecount } from './service.ts';

/** The numbers of subscribers, messages per second and publishers, so that the server has something to do and not too much. */
const sizes = [
  { subscribers: 10, rate: 3_000, publishers: 60 },
  { subscribers: 100, rate: 1_000, publishers: 20 },
  { subscribers: 1_000, rate: 150, publishers: 3 },
] as const;

/** Messages of signaling to everybody in a channel: what a delivery costs the server, and how long it takes. */
export const fanout: Bench = {
  summary:
    'messages delivered per second and core, 1 publisher to 10,000; delays at half of that; slow readers',
  async run(args) {
    const { subscribers, seconds, rounds, slow, window } = numbers(args, {
      subscribers: 10_000,
      seconds: 8,
      rounds: 3,
      slow: 100,
      // Messages on their way at once.
      window: 30,
    });
    const figures: Figure[] = [];
    const server = await startHousecount();
    try {
      for (const size of sizes.filter((each) => each.subscribers < subscribers)) {
        const fleet = await Fleet.open(server, size.subscribers);
        const cost = await fleet.steady(size.rate, seconds, size.publishers);
        await fleet.close();
        console.log(
          `${size.subscribers} subscribers: ${cost.perCpuSecond.toFixed(0)} deliveries per CPU second, p99 ${cost.p99Ms.toFixed(1)} ms at ${size.rate}/s`,
        );
        figures.push(
          figure(`deliveries-per-cpu-second-to-${size.subscribers}`, cost.perCpuSecond, '1/s', {
            ...size,
            seconds,
          }),
        );
      }
      const fleet = await Fleet.open(server, subscribers);
      console.log(`${subscribers} subscribers are in`);
      await fleet.flatOut(2, window);
      const most = await median(rounds, () => fleet.flatOut(seconds, window), 'perCpuSecond');
      const params = { subscribers, seconds, rounds, window };
      const half = most.perSecond / subscribers / 2;
      const calm = await median(rounds, () => fleet.steady(half, seconds), 'p99Ms');
      figures.push(
        figure(`deliveries-per-cpu-second-to-${subscribers}`, most.perCpuSecond, '1/s', params),
        figure('deliveries-per-second-flat-out', most.perSecond, '1/s', params),
        figure('half-rate', half, 'messages/s', params),
        figure('delay-at-half-p50', calm.p50Ms, 'ms', params),
        figure('delay-at-half-p99', calm.p99Ms, 'ms', params),
      );
      await fleet.silence(slow);
      const beside = await median(rounds, () => fleet.steady(half, seconds), 'p99Ms');
      figures.push(
        figure('delay-beside-slow-readers-p50', beside.p50Ms, 'ms', { ...params, slow }),
        figure('delay-beside-slow-readers-p99', beside.p99Ms, 'ms', { ...params, slow }),
        figure('p99-beside-slow-readers', beside.p99Ms / calm.p99Ms, 'times', { ...params, slow }),
      );
      await fleet.close();
      return figures;
    } finally {
      await server.close();
    }
  },
};

/** The run whose `by` is in the middle. */
export async function median<T extends Record<By, number>, By extends string>(
  rounds: number,
  run: () => Promise<T>,
  by: By,
): Promise<T> {
  const all: T[] = [];
  for (let round = 0; round < rounds; round++) all.push(await run());
  all.sort((a, b) => a[by] - b[by]);
  const middle = all[Math.floor(all.length / 2)];
  if (!middle) throw new RangeError('at least one round');
  return middle;
}
