import { expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { quietLogger } from '../../testing/worlds/notify-world.ts';
import { liveKey } from '../channel/channel.ts';
import type { LogStore } from '../engine/contract.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import { decideCommand } from './decide/command.ts';
import { decideJoin } from './decide/join.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { Owner } from './owner.ts';
import type { Committed } from './pending.ts';
import { decodeRecord } from './record/codec.ts';
import type { LogRecord } from './record/record.ts';
import { LogState } from './state/state.ts';
import { WriteGap } from './time/write-gap.ts';

const partition = 'main';
const lobby = liveKey('0123456789abcdef0123456789abcdef', 'lobby');

/** One who may own the log: a state of its own, folded from what everybody recorded. */
class Writer {
  readonly fenced: string[] = [];
  /** Takes itself for the owner; that the other has taken over it learns at its next append. */
  owns = false;
  readonly state = new LogState({ accountKeepMs: 1e9, newAccountKey: () => '0'.repeat(32) });
  readonly owner: Owner;
  /** Who owns next, where that is known. */
  successor: Writer | undefined;
  readonly #store: LogStore;
  readonly #random: SimRandom;
  #position = 0;

  constructor(store: LogStore, random: SimRandom) {
    this.#store = store;
    this.#random = random;
    const clock = new SimClock().process();
    const deciding: Omit<GroupCommitOptions, 'onConflict'> = {
      store,
      partition,
      state: this.state,
      clock,
      gap: new WriteGap(clock, 15_000),
      first: () => [],
      logger: quietLogger(() => undefined),
      batchCommandsMax: 4,
      onDurable: (entries) => {
        this.#position = entries.at(-1)?.position ?? this.#position;
      },
    };
    this.owner = new Owner({
      commitsFrom: (end, onConflict) => new GroupCommit({ ...deciding, onConflict }, end),
      queueMax: 100,
      onFenced: ({ message }) => {
        this.fenced.push(message);
        this.owns = false;
      },
      successor: () => this.successor?.owner,
    });
  }

  /** Folds what the others recorded since, then owns the log. */
  async takeOver(): Promise<void> {
    const end = await this.#store.end(partition);
    const missing = end.position - this.#position;
    for (const { position, payload } of await this.#store.read(partition, this.#position, missing)) {
      this.state.absorb(decodeRecord(payload));
      this.#position = position;
    }
    this.owns = true;
    this.owner.begin(end);
  }

  /** A request: somebody joins. */
  join(uid: number): Promise<Committed> {
    const request = {
      key: lobby,
      identity: { uid },
      connectionId: `c${uid}`,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs: 10_000,
      ip: '',
    } as const;
    return this.owner.submit((draft, nowMs) => decideJoin(draft, request, this.#random, nowMs), {
      fact: false,
    });
  }

  /** A fact: somebody is gone. */
  leave(uid: number): Promise<Committed> {
    const command = { type: 'leave', connectionId: `c${uid}`, evidence: 'bye' } as const;
    return this.owner.submit((draft, nowMs) => decideCommand(draft, lobby, command, nowMs), {
      fact: true,
    });
  }

  get uids(): number[] {
    const channel = this.state.channel(lobby);
    return channel.sid === undefined ? [] : Array.from(channel.roster, ({ uid }) => uid);
  }
}

async function twoWriters(seed = 1) {
  const random = new SimRandom(seed);
  const clock = new SimClock().process();
  const disk = new SimDisk(random).mount();
  const engine = await openEmbeddedLog({ disk, logger: quietLogger(() => undefined), clock });
  // The engine takes one append at a time; those of two writers come one after the other.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn: LogStore['append'] = (...asked) => {
    const outcome = last.then(() => engine.append(...asked));
    last = outcome;
    return outcome;
  };
  const store: LogStore = Object.create(engine, { append: { value: inTurn } });
  const records = async (): Promise<LogRecord[]> =>
    (await store.read(partition, 0, 1e6)).map(({ payload }) => decodeRecord(payload));
  /** Who joined and who left, in order. */
  const told = async () =>
    (await records()).flatMap((record) => {
      if (record.type !== 'channel') return [];
      const { change } = record;
      if (change.type === 'member-joined') return [`${change.connectionId} joined`];
      return change.type === 'member-left' ? [`${change.connectionId} left`] : [];
    });
  return { a: new Writer(store, random), b: new Writer(store, random), random, told };
}

const sent = (outcome: Committed) => (outcome.ok ? 'recorded' : outcome.code);

test('LOG80: another writer takes the log over and gives it back: requests are refused, facts wait, nothing is lost or twice', async () => {
  const { a, b, told } = await twoWriters();
  await a.takeOver();
  await Promise.all([1, 2, 3].map((uid) => a.join(uid)));
  await b.takeOver();
  await b.join(4);
  // Asked of one who does not know yet, within the append that is refused, behind it, and after it.
  const facts = [a.leave(1)];
  const refused = [5, 6, 7, 8, 9].map((uid) => a.join(uid));
  facts.push(a.leave(2));
  expect((await Promise.all(refused)).map(sent)).toEqual(Array(5).fill('log_unavailable'));
  facts.push(a.leave(3));
  expect(sent(await a.join(10))).toBe('log_unavailable');
  expect(a.fenced).toEqual(['the log ends at 5, expected 4: another writer has it']);
  expect(await told()).toEqual(['c1 joined', 'c2 joined', 'c3 joined', 'c4 joined']);
  await a.takeOver();
  expect((await Promise.all(facts)).map(sent)).toEqual(['recorded', 'recorded', 'recorded']);
  expect((await told()).slice(4)).toEqual(['c1 left', 'c2 left', 'c3 left']);
  expect(sent(await b.join(11))).toBe('log_unavailable');
  expect(a.uids).toEqual([4]);
});

test('LOG80: what was asked of one who does not own the log any more is handed on, in order, to whoever does', async () => {
  const { a, b, told } = await twoWriters();
  a.successor = b;
  await a.takeOver();
  await a.join(1);
  await b.takeOver();
  await b.join(2);
  const asked = [a.leave(1), a.join(3), a.leave(3), a.join(4)];
  expect((await Promise.all(asked)).map(sent)).toEqual(Array(4).fill('recorded'));
  expect(sent(await a.join(5))).toBe('recorded');
  expect((await told()).slice(2)).toEqual(['c1 left', 'c3 joined', 'c3 left', 'c4 joined', 'c5 joined']);
  expect(b.uids).toEqual([2, 4, 5]);
});

test('LOG80: over any number of turns, what was acknowledged is in the log once, and what was refused is not', async () => {
  let turns = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const { a, b, random, told } = await twoWriters(seed);
    await a.takeOver();
    const joins = new Map<number, Promise<Committed>>();
    const leaves: Promise<Committed>[] = [];
    const either = () => (random.chance(0.5) ? a : b);
    for (let uid = 1; uid <= 200; uid += 1) {
      joins.set(uid, either().join(uid));
      if (random.chance(0.5)) leaves.push(either().leave(random.between(1, uid)));
      if (random.chance(0.2)) await joins.get(uid);
      const next = either();
      if (!next.owns && random.chance(0.3)) await next.takeOver();
    }
    // Each owns the log once more, so that the facts that wait there are recorded.
    for (const [index, writer] of [a, b, a, b].entries()) {
      if (!writer.owns) await writer.takeOver();
      await writer.join(1_000 + index);
    }
    turns += a.fenced.length + b.fenced.length;
    const all = await told();
    for (const [uid, outcome] of joins)
      expect(all.filter((each) => each === `c${uid} joined`)).toHaveLength((await outcome).ok ? 1 : 0);
    // Of one who is not in there is nothing to record; none is refused for want of the log.
    const outcomes = await Promise.all(leaves);
    const recorded = outcomes.filter((outcome) => outcome.ok && outcome.records.length > 0);
    expect(all.filter((each) => each.endsWith('left'))).toHaveLength(recorded.length);
    expect(outcomes.map(sent)).not.toContain('log_unavailable');
    expect(new Set(all).size).toBe(all.length);
  }
  expect(turns).toBeGreaterThan(200);
});

test('LOG80: a stop tells those who wait for the log that they were not recorded', async () => {
  const { a, b, told } = await twoWriters();
  await a.takeOver();
  await a.join(1);
  await b.takeOver();
  await b.join(2);
  const fact = a.leave(1);
  await a.join(3);
  await a.owner.stop();
  expect(sent(await fact)).toBe('going_away');
  expect(sent(await a.leave(1))).toBe('going_away');
  expect(await told()).toEqual(['c1 joined', 'c2 joined']);
});
