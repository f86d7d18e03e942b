import { decodeRecord } from '../../src/log/record/codec.ts';
import type { LogRecord } from '../../src/log/record/record.ts';
import type { GivenUp } from '../../src/notify/progress/given-up-journal.ts';
import { judgeLog } from './judge-log.ts';
import { judgeNotices } from './judge-notices.ts';
import { judgePeople } from './judge-people.ts';
import { judgePresence } from './judge-presence.ts';
import { judgeStreams } from './judge-streams.ts';
import type { SimClock } from './sim-clock.ts';
import type { Life } from './sim-machine.ts';
import { isSignaling, rosterOf, signalingOf } from './sim-signaling.ts';
import type { SimWorld } from './sim-world.ts';

type Rosters = ReturnType<typeof judgeLog>['rosters'];

export interface Judgement {
  readonly wrong: readonly string[];
  readonly records: readonly LogRecord[];
  readonly givenUp: number;
  /** Times that a receiver was told of a loss. */
  readonly lost: number;
}

/** Compares, once all is calm, what clients did, what the log says, what it serves, and what receivers were told. */
export async function judgeWorld(world: SimWorld, life: Life): Promise<Judgement> {
  const { clock, truth, clients } = world;
  const records = await within(clock, readAll(life)).catch((cause: unknown) => String(cause));
  if (typeof records === 'string')
    return { wrong: [`the log cannot be read in the end: ${records}`], records: [], givenUp: 0, lost: 0 };
  const { wrong, rosters } = judgeLog(records, truth);
  const lobby = ['lobby', signalingOf('lobby')];
  const inLobby = clients.filter(({ isIn, options }) => isIn && lobby.includes(options.channel));
  const people = new Set(inLobby.map(({ linkedTo, options }) => linkedTo ?? String(options.uid)));
  const told = await judgeReceivers(world, life, records, rosters);
  return {
    wrong: [
      ...wrong,
      ...judgeRosters(world, life, rosters),
      ...judgeStreams(records, { log: life.log, truth, clients }),
      ...judgePeople(records, { log: life.log, truth, clients }),
      ...judgePresence(life.log, records, people),
      ...told.wrong,
    ],
    records,
    givenUp: told.givenUp,
    lost: told.lost,
  };
}

const shown = (roster: Iterable<number> | undefined): string => [...(roster ?? [])].sort().join(' ');

function judgeRosters({ channels, clients }: SimWorld, life: Life, rosters: Rosters): string[] {
  const wrong: string[] = [];
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
  return wrong;
}

async function judgeReceivers(
  { channels, clock, receivers, mayLose }: SimWorld,
  life: Life,
  records: readonly LogRecord[],
  rosters: Rosters,
): Promise<Omit<Judgement, 'records'>> {
  const wrong: string[] = [];
  let givenUpCount = 0;
  let lostCount = 0;
  for (const { endpoint, received, lost, misfits } of receivers) {
    const givenUp = await within(clock, allGivenUp(life, endpoint.id));
    givenUpCount += givenUp.length;
    const notices = judgeNotices(endpoint, received, { givenUp, lost }, records);
    lostCount += lost.length;
    if (lost.length > 0 && !mayLose) wrong.push(`${endpoint.id}: told of a loss that cannot be`);
    wrong.push(...notices.wrong, ...misfits.map((misfit) => `${endpoint.id}: not as its shape: ${misfit}`));
    if (!notices.rosters) continue;
    for (const channel of channels) {
      if (isSignaling(channel)) continue;
      const expected = shown(rosters.get(channel)?.keys());
      const folded = shown(notices.rosters.get(channel));
      if (folded !== expected)
        wrong.push(`${endpoint.id}: ${channel} folds to ${folded}, the log to ${expected}`);
    }
  }
  return { wrong, givenUp: givenUpCount, lost: lostCount };
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
export async function within<T>(clock: SimClock, work: Promise<T>): Promise<T> {
  let done = false;
  const watched = work.finally(() => {
    done = true;
  });
  // It is waited for below; a failure in between is no stray one.
  watched.catch(() => undefined);
  for (let waits = 0; waits < 600 && !done; waits += 1) await clock.advance(100);
  if (!done) throw new Error('the disk does not answer');
  return watched;
}
