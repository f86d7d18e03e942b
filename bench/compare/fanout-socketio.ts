import { numbers } from '../arguments.ts';
import { median } from '../fanout/fanout.ts';
import { Fleet } from '../fanout/fleet.ts';
import { type FanoutServer, startHousecount, startSocketIo } from '../fanout/service.ts';
import { type Bench, figure } from '../figure.ts';
import { residentBytes } from '../server-load.ts';

/** The same messages to as many subscribers through socket.io, in turns with Housecount, by the same load: only ratios are given. */
export const fanoutSocketio: Bench = {
  summary: 'fan-out and idle memory against socket.io in one run, as ratios',
  async run(args) {
    const { subscribers, seconds, rounds, window } = numbers(args, {
      subscribers: 10_000,
      seconds: 6,
      rounds: 3,
      window: 30,
    });
    const servers: FanoutServer[] = [];
    const sides: { readonly fleet: Fleet; readonly idleBytes: number }[] = [];
    try {
      for (const start of [startHousecount, startSocketIo]) {
        const server = await start();
        servers.push(server);
        sides.push(await openFleet(server, subscribers));
      }
      const [ours, theirs] = sides;
      if (!ours || !theirs) throw new Error('unreachable');
      const costs = { ours: [] as Cost[], theirs: [] as Cost[] };
      for (const { fleet } of [ours, theirs]) await fleet.flatOut(2, window);
      // Both run at a rate that both can do, so that the delays are of the same work.
      const slowest = Math.min(
        (await ours.fleet.flatOut(seconds, window)).perSecond,
        (await theirs.fleet.flatOut(seconds, window)).perSecond,
      );
      const half = slowest / subscribers / 2;
      const one = async (fleet: Fleet): Promise<Cost> => {
        const most = await fleet.flatOut(seconds, window);
        const calm = await fleet.steady(half, seconds);
        return { ...most, p50Ms: calm.p50Ms, p99Ms: calm.p99Ms };
      };
      for (let round = 0; round < rounds; round++) {
        costs.ours.push(await one(ours.fleet));
        costs.theirs.push(await one(theirs.fleet));
        console.log(`round ${round + 1}: ${line(costs.ours.at(-1))}; socket.io ${line(costs.theirs.at(-1))}`);
      }
      const middle = async (list: readonly Cost[], by: keyof Cost) => {
        let next = 0;
        const taken = await median(list.length, async () => list[next++] as Cost, by);
        return taken[by];
      };
      const ratio = async (by: keyof Cost) =>
        (await middle(costs.ours, by)) / (await middle(costs.theirs, by));
      const params = { subscribers, seconds, rounds, window, halfRate: Number(half.toPrecision(3)) };
      return [
        figure('deliveries-per-cpu-second-to-socket.io', await ratio('perCpuSecond'), 'times', params),
        figure('deliveries-per-second-flat-out-to-socket.io', await ratio('perSecond'), 'times', params),
        figure('delay-p50-to-socket.io', await ratio('p50Ms'), 'times', params),
        figure('delay-p99-to-socket.io', await ratio('p99Ms'), 'times', params),
        figure('idle-memory-to-socket.io', ours.idleBytes / theirs.idleBytes, 'times', params),
        figure('idle-memory-per-subscriber', ours.idleBytes / 1024, 'KiB', params),
        figure('idle-memory-per-subscriber-socket.io', theirs.idleBytes / 1024, 'KiB', params),
      ];
    } finally {
      for (const { fleet } of sides) await fleet.close();
      for (const server of servers) await server.close();
    }
  },
};

interface Cost {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Opens a fleet, and measures what each subscriber adds to the resident memory of a server that is warm. */
async function openFleet(
  server: FanoutServer,
  size: number,
): Promise<{ readonly fleet: Fleet; readonly idleBytes: number }> {
  const warm = await Fleet.open(server, 200);
  await warm.close();
  await Bun.sleep(2_000);
  const before = residentBytes(server.pid);
  const fleet = await Fleet.open(server, size);
  await Bun.sleep(5_000);
  const idleBytes = (residentBytes(server.pid) - before) / size;
  console.log(`${server.service}: ${(idleBytes / 1024).toFixed(1)} KiB for each of ${size} idle subscribers`);
  return { fleet, idleBytes };
}

const line = (cost: Cost | undefined): string =>
  `${cost?.perCpuSecond.toFixed(0)} per CPU second, p99 ${cost?.p99Ms.toFixed(1)} ms`;
