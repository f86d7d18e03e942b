import { crc32 } from 'node:zlib';
import { liveChangeOf } from '../../src/log/record/record.ts';
import { LostEvents } from '../../src/notify/progress/lost-events.ts';
import { type Judgement, judgeWorld, within } from './judge-world.ts';
import type { SimDisk } from './sim-disk.ts';
import { type Life, logger, type Sabotage } from './sim-machine.ts';
import { type SimWorld, simWorld } from './sim-world.ts';
import type { Truth } from './truth.ts';

const hourMs = 3_660_000;

export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly events: number;
  readonly crashes: number;
  readonly resumes: number;
  /** Words of an attachment, or of a try to resume, that came after a later one. */
  readonly crossings: number;
  readonly givenUp: number;
  /** Changes of what hosts send, as they are recorded. */
  readonly streams: number;
  /** Times of more than 2 s in which nothing could be recorded. */
  readonly gaps: number;
  /** Links to users that came late. */
  readonly links: number;
  /** Changes of metadata that were acknowledged, and times that the lock was had. */
  readonly changes: number;
  readonly holds: number;
  /** Times that a receiver was told of a loss. */
  readonly lost: number;
  /** The digest of every record: equal for equal seeds. */
  readonly digest: number;
}

/**
 * One life of a simulated world, wholly decided by `seed`: clients, disk, network, receivers, crashes. Then calm, and
 * the judges compare what clients did, what the log says, and what receivers were told.
 */
export async function runSchedule(seed: number, sabotage: Sabotage = {}): Promise<ScheduleResult> {
  const world = simWorld(seed, sabotage);
  const { clock, machine, truth, keepers } = world;
  await liveThrough(world);
  await calmDown(world);
  const { life } = machine;
  const nothing = { records: [], givenUp: 0, lost: 0 };
  if (!life)
    return resultOf(seed, world, {
      ...nothing,
      wrong: [...truth.failures, 'the server does not run in the end'],
    });
  let isIdle = false;
  void life.notify.waitIdle().then(() => {
    isIdle = true;
  });
  for (let waits = 0; waits < 10 && !isIdle; waits += 1) await clock.advance(10_000);
  // A loss of which the receiver took no report is told it again, an hour later.
  for (let waits = 0; waits < 3 && (await hasUntold(world, life)); waits += 1) await clock.advance(hourMs);
  for (const keeper of keepers) keeper.look(life);
  const before = [...truth.failures, ...(isIdle ? [] : ['delivery does not come to an end'])];
  const judged = await judgeWorld(world, life);
  void machine.stop();
  await clock.advance(5_000);
  world.time.kill();
  return resultOf(seed, world, { ...judged, wrong: [...before, ...judged.wrong] });
}

/** Everybody comes, and trouble with them. */
async function liveThrough(world: SimWorld): Promise<void> {
  const { clock, machine, clients, keepers, random } = world;
  void machine.start();
  await clock.advance(200);
  for (const keeper of keepers) void keeper.run();
  for (const client of clients) void client.run();
  const durationMs = random.between(20_000, 100_000);
  planTrouble(world, durationMs);
  await clock.advance(durationMs);
}

/** Everything works again, nobody begins anything; longer than every lease. */
async function calmDown({
  clock,
  machine,
  disk,
  truth,
  clients,
  keepers,
  receivers,
}: SimWorld): Promise<void> {
  disk.onOperation = () => undefined;
  heal(disk, truth, clock.nowMs());
  for (const each of [...clients, ...keepers]) each.calm = true;
  for (const receiver of receivers) receiver.trouble = 0;
  await clock.advance(15_000);
  if (!machine.life) void machine.start();
  await clock.advance(45_000);
}

/** True if a receiver has not taken what it is told it lost. */
async function hasUntold({ clock, receivers }: SimWorld, life: Life): Promise<boolean> {
  const parts = { kept: life.kept, clock: life.process, logger };
  for (const { endpoint } of receivers) {
    const { pending } = await within(clock, LostEvents.open(parts, endpoint.id));
    if (pending.length > 0) return true;
  }
  return false;
}

function resultOf(
  seed: number,
  { truth, keepers }: SimWorld,
  { wrong, records, givenUp, lost }: Judgement,
): ScheduleResult {
  return {
    seed,
    violations: wrong,
    events: records.length,
    crashes: truth.crashes.length,
    resumes: truth.resumed.length,
    crossings: truth.crossings,
    givenUp,
    streams: records.filter((record) => liveChangeOf(record)?.type === 'streams-set').length,
    gaps: truth.gaps.filter(({ fromMs, untilMs }) => untilMs - fromMs > 2_000).length,
    links: records.filter((record) => isLink(liveChangeOf(record))).length,
    changes: keepers.reduce((sum, { changes }) => sum + changes, 0),
    holds: keepers.reduce((sum, { holds }) => sum + holds, 0),
    lost,
    digest: crc32(JSON.stringify(records)),
  };
}

const isLink = (change: ReturnType<typeof liveChangeOf>): boolean =>
  change?.type === 'person-known' && change.userId !== undefined;

/** Sets timers for crashes, stops, disk faults and receivers' outages. */
function planTrouble({ random, time, machine, disk, receivers, truth }: SimWorld, durationMs: number): void {
  for (let crashes = random.between(0, 4); crashes > 0; crashes -= 1) {
    const kind = random.pick(['process', 'power'] as const);
    const downMs = random.chance(0.8) ? random.between(50, 3_000) : random.between(3_000, 20_000);
    const how = random.fraction();
    const again = (): void => {
      time.after(downMs, () => void machine.start());
    };
    let operations = random.between(1, 25);
    time.after(random.between(0, durationMs), () => {
      if (how < 0.2) return void machine.stop().then(again);
      if (how < 0.4) {
        machine.crash(kind);
        return again();
      }
      // The crash comes in the middle of whatever the disk is doing then.
      disk.onOperation = () => {
        operations -= 1;
        if (operations > 0) return;
        disk.onOperation = () => undefined;
        machine.crash(kind);
        again();
      };
    });
  }
  for (let faults = random.chance(0.35) ? random.between(1, 2) : 0; faults > 0; faults -= 1) {
    const forMs = random.between(200, 6_000);
    const isFull = random.chance(0.5);
    const room = random.between(0, 1_500);
    time.after(random.between(0, durationMs - forMs), () => {
      truth.faults.push({ fromMs: time.nowMs(), untilMs: time.nowMs() + forMs });
      if (isFull) disk.faults.spaceBytesLeft = room;
      else disk.faults.syncFailures = random.between(1, 4);
      time.after(forMs, () => heal(disk, truth, time.nowMs()));
    });
  }
  for (const receiver of receivers) {
    receiver.trouble = random.chance(0.5) ? 0.05 : 0.4;
    if (!random.chance(0.4)) continue;
    const usual = receiver.trouble;
    time.after(random.between(0, durationMs), () => {
      receiver.trouble = 1;
      time.after(random.between(1_000, 25_000), () => {
        receiver.trouble = usual;
      });
    });
  }
}

function heal(disk: SimDisk, truth: Truth, nowMs: number): void {
  disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  disk.faults.syncFailures = 0;
  for (const fault of truth.faults) fault.untilMs = Math.min(fault.untilMs, nowMs);
}
