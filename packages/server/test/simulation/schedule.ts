import { crc32 } from 'node:zlib';
import { decodeRecord } from '../../src/log/record/codec.ts';
import type { LogRecord } from '../../src/log/record/record.ts';
import type { GivenUp } from '../../src/notify/progress/given-up-journal.ts';
import type { Retention } from '../../src/notify/retention/retention.ts';
import { judgeLog } from './judge-log.ts';
import { judgeNotices } from './judge-notices.ts';
import { judgePresence } from './judge-presence.ts';
import { SimClient } from './sim-client.ts';
import { SimClock } from './sim-clock.ts';
import { SimDisk } from './sim-disk.ts';
import { SimKeeper } from './sim-keeper.ts';
import { type Life, type Sabotage, SimMachine } from './sim-machine.ts';
import { SimRandom } from './sim-random.ts';
import { SimReceiver } from './sim-receiver.ts';
import { isSignaling, rosterOf, signalingOf } from './sim-signaling.ts';
import { Truth } from './truth.ts';

export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly events: number;
  readonly crashes: number;
  readonly resumes: number;
  readonly givenUp: number;
  /** Changes of metadata that were acknowledged, and times that the lock was had. */
  readonly changes: number;
  readonly holds: number;
  /** Times that a receiver was told of a loss. */
  readonly lost: number;
  /** Of every record: equal for equal seeds. */
  readonly digest: number;
}

const noEnd = Number.MAX_SAFE_INTEGER;
/** By seed: in some worlds what waits for an outage to end is given away before it does, in some it is set aside. */
const retentions: Record<number, Retention> = {
  0: { ms: 6_000, bytes: noEnd, bytesPerApp: 0, checkMs: 1_000 },
  1: { ms: noEnd, bytes: 8_192, bytesPerApp: noEnd, checkMs: 500 },
  2: { ms: noEnd, bytes: 8_192, bytesPerApp: 8_192, checkMs: 500 },
};

const mayLose = (retention: Retention | undefined) =>
  retention !== undefined && retention.bytesPerApp !== noEnd;

/**
 * One life of a simulated world, wholly decided by `seed`: clients, disk, network, receivers, crashes. Then calm, and
 * the judges compare what clients did, what the log says, and what receivers were told.
 */
export async function runSchedule(seed: number, sabotage: Sabotage = {}): Promise<ScheduleResult> {
  const random = new SimRandom(seed);
  const clock = new SimClock();
  const time = clock.process();
  const truth = new Truth();
  const disk = new SimDisk(random.fork());
  const latency = random.fork();
  disk.faults.latencyMs = () => latency.between(0, 4);
  const receivers = Array.from(
    { length: random.between(1, 2) },
    (_, at) => new SimReceiver(`receiver${at}`, time, random.fork(), (seed + at) % 6),
  );
  const machine = new SimMachine({
    clock,
    disk,
    random: random.fork(),
    truth,
    sabotage,
    endpoints: receivers.map(({ endpoint }) => endpoint),
    ...(retentions[seed % 5] && { retention: retentions[seed % 5] }),
    sendOf: (process) => (request) => {
      const receiver = receivers.find(({ endpoint }) => endpoint.url === request.url);
      return receiver ? receiver.sendOf(process)(request) : Promise.reject(new Error(request.url));
    },
  });
  const channels = ['lobby', 'stage'].slice(0, random.between(1, 2));
  const clients = Array.from({ length: random.between(2, 10) }, (_, at) => {
    const channel = random.pick(channels);
    return new SimClient({ machine, time, random: random.fork(), truth, channel, uid: at + 1 });
  });
  // Somebody has a second device, and the two push each other out.
  const [first] = clients;
  if (first && random.chance(0.25)) clients.push(new SimClient({ ...first.options, random: random.fork() }));

  // Not in every world: where something is written all the time, the log's last record says when the server lived.
  const hasSignaling = random.chance(0.5);
  // Some of the same uids subscribe to the signaling channel of the first's name: for the log these are two channels.
  const signaling = signalingOf('lobby');
  const subscribers = Array.from({ length: hasSignaling ? random.between(1, 6) : 0 }, (_, at) => {
    return new SimClient({
      machine,
      time,
      random: random.fork(),
      truth,
      channel: signaling,
      uid: 2 * at + 1,
    });
  });
  const [firstOf] = subscribers;
  if (firstOf && random.chance(0.25))
    subscribers.push(new SimClient({ ...firstOf.options, random: random.fork() }));
  channels.push(signaling);
  clients.push(...subscribers);
  const keepers = (hasSignaling ? ['kay', 'kim'] : []).map((userId) => {
    return new SimKeeper({ machine, time, random: random.fork(), truth, channel: signaling, userId });
  });

  void machine.start();
  await clock.advance(200);
  for (const keeper of keepers) void keeper.run();
  for (const client of clients) void client.run();
  const durationMs = random.between(20_000, 100_000);
  planTrouble({ durationMs, random, time, machine, disk, receivers, truth });
  await clock.advance(durationMs);

  // Calm: everything works again, nobody begins anything; longer than every lease.
  disk.onOperation = () => undefined;
  heal(disk, truth, clock.nowMs());
  for (const each of [...clients, ...keepers]) each.calm = true;
  for (const receiver of receivers) receiver.trouble = 0;
  await clock.advance(15_000);
  if (!machine.life) void machine.start();
  await clock.advance(45_000);

  const { life } = machine;
  if (!life) return result([...truth.failures, 'the server does not run in the end'], [], 0);
  let isIdle = false;
  void life.notify.waitIdle().then(() => {
    isIdle = true;
  });
  for (let waits = 0; waits < 10 && !isIdle; waits += 1) await clock.advance(10_000);
  for (const keeper of keepers) keeper.look(life);
  const wrong = [...truth.failures];
  if (!isIdle) wrong.push('delivery does not come to an end');
  const records = await within(clock, readAll(life));
  const judged = judgeLog(records, truth);
  wrong.push(...judged.wrong);
  const { rosters } = judged;
  const shown = (roster: Iterable<number> | undefined): string => [...(roster ?? [])].sort().join(' ');
  for (const channel of channels) {
    const present = clients.filter((client) => client.isIn && client.options.channel === channel);
    const expected = shown(present.map(({ options }) => options.uid));
    const inLog = shown(rosters.get(channel)?.keys());
    if (inLog !== expected) wrong.push(`${channel}: in the log ${inLog}; in truth ${expected}`);
    const served = shown(rosterOf(life.log, channel).map(({ uid }) => uid));
    if (served !== expected) wrong.push(`${channel}: served ${served}; in truth ${expected}`);
    for (const { role, options } of present) {
      const known = rosters.get(channel)?.get(options.uid)?.role;
      if (known !== role) wrong.push(`${channel}: uid ${options.uid} is ${role}, and ${known} in the log`);
    }
  }
  const inLobby = clients.filter(
    ({ isIn, options }) => isIn && ['lobby', signaling].includes(options.channel),
  );
  wrong.push(...judgePresence(life.log, records, new Set(inLobby.map(({ options }) => String(options.uid)))));
  let givenUpCount = 0;
  let lostCount = 0;
  for (const { endpoint, received, lost } of receivers) {
    const givenUp = await within(clock, allGivenUp(life, endpoint.id));
    givenUpCount += givenUp.length;
    const notices = judgeNotices(endpoint, received, { givenUp, lost }, records);
    lostCount += lost.length;
    if (lost.length > 0 && !mayLose(retentions[seed % 5]))
      wrong.push(`${endpoint.id}: told of a loss that cannot be`);
    wrong.push(...notices.wrong);
    if (!notices.rosters) continue;
    for (const channel of channels) {
      if (isSignaling(channel)) continue;
      const expected = shown(rosters.get(channel)?.keys());
      const folded = shown(notices.rosters.get(channel));
      if (folded !== expected)
        wrong.push(`${endpoint.id}: ${channel} folds to ${folded}, the log to ${expected}`);
    }
  }
  void machine.stop();
  await clock.advance(5_000);
  time.kill();
  return result(wrong, records, givenUpCount, lostCount);

  function result(
    violations: readonly string[],
    records: readonly LogRecord[],
    givenUp: number,
    lost = 0,
  ): ScheduleResult {
    return {
      seed,
      violations,
      events: records.length,
      crashes: truth.crashes.length,
      resumes: truth.resumed.length,
      givenUp,
      changes: keepers.reduce((sum, { changes }) => sum + changes, 0),
      holds: keepers.reduce((sum, { holds }) => sum + holds, 0),
      lost,
      digest: crc32(JSON.stringify(records)),
    };
  }
}

interface Plan {
  readonly durationMs: number;
  readonly random: SimRandom;
  readonly time: ReturnType<SimClock['process']>;
  readonly machine: SimMachine;
  readonly disk: SimDisk;
  readonly receivers: readonly SimReceiver[];
  readonly truth: Truth;
}

/** Sets timers for crashes, stops, disk faults and receivers' outages. */
function planTrouble({ durationMs, random, time, machine, disk, receivers, truth }: Plan): void {
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
      // In the middle of whatever the disk is doing then.
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

async function readAll(life: Life): Promise<LogRecord[]> {
  if (life.log.lastPosition === 0) return [];
  const stored = await life.store.read('main', 0, Number.MAX_SAFE_INTEGER);
  return stored.map(({ payload }) => decodeRecord(payload));
}

async function allGivenUp(life: Life, endpointId: string): Promise<GivenUp[]> {
  const all: GivenUp[] = [];
  for (let after = 0; ; ) {
    const page = await life.notify.givenUp(endpointId, after, 1_000);
    if (page.entries.length === 0) return all;
    all.push(...page.entries);
    after = page.next;
  }
}

/** Lets time pass until the work is done; its disk needs it. Throws after a minute of it. */
async function within<T>(clock: SimClock, work: Promise<T>): Promise<T> {
  let done = false;
  const watched = work.finally(() => {
    done = true;
  });
  for (let waits = 0; waits < 600 && !done; waits += 1) await clock.advance(100);
  if (!done) throw new Error('the disk does not answer');
  return watched;
}
