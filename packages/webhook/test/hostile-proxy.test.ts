import { describe, expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import type { Notice } from '../src/notice.ts';
import type { Healer } from '../src/roster/healing/healer.ts';
import { Roster } from '../src/roster/roster.ts';
import { type Dice, diceOf, entryOfEvent, namesOf, noticeOf, Truth } from './truth.ts';

const events = Number(process.env.EVENTS ?? 1_000_000);
const channels = 20;
/** Events between two points at which everything under way arrives. */
const calm = 10_000;
const seed = Number(process.env.SEED ?? 4711);

/**
 * The state that a Roster must report for each notice that it takes, by what it was given and what the server answered. One that heals at once
 * has everything up to `whole`, whatever came.
 */
interface Known {
  whole: number;
  readonly order: number;
}

interface Sent {
  readonly event: ChannelEvent;
  readonly notice: Notice;
}

interface Tally {
  taken: number;
  copies: number;
  dropped: number;
  holes: number;
  late: number;
  snapshots: number;
  calms: number;
  lives: number;
}

/** Takes notices as a receiver does, and judges each answer of its Roster by all that happened. */
class Witness {
  readonly tally: Tally = {
    taken: 0,
    copies: 0,
    dropped: 0,
    holes: 0,
    late: 0,
    snapshots: 0,
    calms: 0,
    lives: 0,
  };
  readonly #byName: ReadonlyMap<string, Truth>;
  readonly #known = new Map<string, Known>();
  /** The newest life of each channel that the roster has been told of. */
  readonly #newest = new Map<string, number>();
  readonly #roster: Roster;

  constructor(truths: readonly Truth[]) {
    this.#byName = new Map(truths.map((truth) => [truth.channel, truth]));
    const heal: Healer = {
      events: async ({ channel, sid, after, to }) => {
        const life = this.#byName.get(channel)?.lives.get(sid);
        // The events that were asked for and none after them, so that every later hole is still there to be found.
        return life?.slice(after, Math.min(to, life.length)).map(entryOfEvent);
      },
      roster: async (channel) => {
        this.tally.snapshots += 1;
        const snapshot = this.#byName.get(channel)?.snapshot();
        if (snapshot) {
          const own = this.#knownOf(snapshot.sid);
          own.whole = Math.max(own.whole, snapshot.seq);
          this.#isKnown(channel, own);
        }
        return snapshot;
      },
    };
    this.#roster = new Roster({ heal });
  }

  /** Gives it a notice. Throws if it says anything but what is so. */
  async deliver({ event, notice }: Sent): Promise<void> {
    const { tally } = this;
    const { sid, seq, channel } = event;
    const own = this.#knownOf(sid);
    const { whole, order } = own;
    const wasNewest = order >= (this.#newest.get(channel) ?? 0);
    this.#isKnown(channel, own);
    const taken = await this.#roster.take(notice);
    tally.taken += 1;
    const says = () => `seed ${seed}, ${sid} ${seq}, whole ${whole}: ${JSON.stringify(taken)}`;
    if (taken.healFailed !== undefined) throw new Error(`nothing may fail to heal: ${says()}`);
    if (taken.late) {
      tally.late += 1;
      // The server may have said that the newest that we know of is over as well; never of one that goes on.
      if (wasNewest && this.#byName.get(channel)?.sid === sid)
        throw new Error(`this life goes on: ${says()}`);
      return;
    }
    const expected = seq <= whole ? 'copy' : seq === whole + 1 ? 'next' : 'hole';
    const hole = taken.waitingFor;
    if (expected === 'hole') {
      if (hole?.[0] !== whole + 1 || hole[1] !== seq - 1) throw new Error(`a hole unseen: ${says()}`);
      tally.holes += 1;
    } else if (hole) throw new Error(`a hole that is none: ${says()}`);
    if (taken.duplicate !== (expected === 'copy') || taken.applied !== (expected !== 'copy'))
      throw new Error(`copy or not: ${says()}`);
    own.whole = Math.max(own.whole, seq);
    tally.copies += Number(expected === 'copy');
  }

  /** Nothing is under way: its roster is right, and lives that are over are forgotten. */
  async expectTrue(one: Truth): Promise<void> {
    // The last notices may have been dropped, and nothing came after them that shows it.
    await this.#roster.refresh(one.channel);
    const view = await this.#roster.view(one.channel);
    expect(namesOf(view.members)).toEqual(one.people());
    expect([view.sid, view.count, view.waitingFor]).toEqual([one.sid, one.size, undefined]);
    for (const sid of [...one.lives.keys()]) {
      const own = this.#knownOf(sid);
      own.whole = one.lives.get(sid)?.length ?? 0;
      if (sid === one.sid) continue;
      one.lives.delete(sid);
    }
  }

  #knownOf(sid: string): Known {
    const found = this.#known.get(sid) ?? { whole: 0, order: Number(sid.split('-')[1]) };
    this.#known.set(sid, found);
    return found;
  }

  #isKnown(channel: string, { order }: Known): void {
    this.#newest.set(channel, Math.max(this.#newest.get(channel) ?? 0, order));
  }
}

async function run(dice: Dice, total: number): Promise<Tally> {
  const truths = Array.from({ length: channels }, (_, index) => new Truth(`c${index}`));
  const witness = new Witness(truths);
  const { tally } = witness;
  /** The proxy: what it holds back, by the number of the event after which it lets it go. */
  const held = new Map<number, Sent[]>();
  const growing = truths.map(() => true);
  for (let made = 0, nextCalm = calm; made < total; ) {
    const index = dice(channels);
    const truth = truths[index];
    if (!truth) throw new Error('there is a truth for each');
    if (truth.size === 0) growing[index] = true;
    else if (truth.size > 10 + dice(60)) growing[index] = false;
    truth.pass(dice(40));
    const kind = dice(10);
    const grows = growing[index] ? kind < 7 : kind < 2;
    for (const event of truth.step({
      does: grows ? 'join' : kind === 9 ? 'role' : 'leave',
      pick: dice(5_000),
    })) {
      made += 1;
      const sent = { event, notice: noticeOf(event) };
      if (event.type === 'channel-opened') tally.lives += 1;
      if (dice(10) === 0) {
        tally.dropped += 1;
      } else {
        const copies = dice(5) === 0 ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          if (dice(5) === 0) {
            const until = made + 1 + dice(400);
            held.set(until, [...(held.get(until) ?? []), sent]);
          } else await witness.deliver(sent);
        }
      }
      for (const late of held.get(made) ?? []) await witness.deliver(late);
      held.delete(made);
    }
    if (made < nextCalm && made < total) continue;
    nextCalm += calm;
    for (const waiting of held.values()) for (const late of waiting) await witness.deliver(late);
    held.clear();
    for (const one of truths) await witness.expectTrue(one);
    tally.calms += 1;
  }
  return tally;
}

describe('a hostile proxy', () => {
  test(
    'HOOK41: a million events, a fifth twice, a fifth out of order, a tenth never: every hole is seen, none is imagined, the roster is right',
    async () => {
      const tally = await run(diceOf(seed), events);
      expect(tally.calms).toBeGreaterThanOrEqual(events / calm);
      // The proxy really did these things to the notices.
      expect(tally.dropped).toBeGreaterThan(events * 0.09);
      expect(tally.copies).toBeGreaterThan(events * 0.1);
      expect(tally.holes).toBeGreaterThan(events * 0.1);
      expect(tally.lives).toBeGreaterThan(channels * 10);
      expect(tally.late).toBeGreaterThan(0);
    },
    10 * 60_000,
  );
});
