import type { EventNotice, EventsLostNotice, Notice } from '../notice.ts';
import {
  type ChannelFolded,
  foldChannel,
  type NumberedChannel,
  needOf,
  noLives,
  presentLife,
} from './channel-lives.ts';
import type { RosterState } from './channel-state.ts';
import { Channels, ListenerFailure, type RosterChange, tellLater } from './channels.ts';
import { type Entry, entryOf, type RosterMember } from './entry.ts';
import type { Healer } from './healing/healer.ts';
import { Healing } from './healing/healing.ts';
import { type EventsLostChange, isPast, lostChangeOf, rangeOf } from './healing/lost-events.ts';
import { type Hole, holeOf, type LifeChange } from './life.ts';
import { emptyPlain, foldPlain, type MemberNotice, type PlainChange, plainMembers } from './plain-channel.ts';
import { RosterError } from './roster-error.ts';
import { batchMax, type RosterLimits, rosterLimits } from './roster-limits.ts';
import { memoryStore, type RosterStore } from './stores/store.ts';

export interface RosterOptions {
  /** Default: memory of this process. */
  readonly store?: RosterStore;
  /** Without one, a hole stays until the missing notice comes. */
  readonly heal?: Healer;
  /**
   * The event types that the endpoint subscribes; default: all. With all of 101 to 112 the roster is exact. With fewer, sid and seq
   * have holes by nature, and the roster goes by clientSeq as one of plain Agora notices does.
   */
  readonly types?: readonly number[];
  /** Put before channel names in the store, so that several apps can share it. Default: none. */
  readonly prefix?: string;
  readonly limits?: Partial<RosterLimits>;
  /** Called with the rejections of asynchronous listeners. Default: console.error. */
  readonly onError?: (error: unknown) => void;
  /** Epoch milliseconds; only plain records are forgotten by it. Default: Date.now. */
  readonly now?: () => number;
}

/** The result of a notice. */
export interface Taken {
  /** The roster now contains it. */
  readonly applied: boolean;
  /** The notice had been taken before. */
  readonly duplicate: boolean;
  /** The notice is of a life of the channel that is over: another has begun. */
  readonly late?: true;
  /** The notice came before others of its life: these were missing, first and last seq. */
  readonly waitingFor?: Hole;
  /** The server was asked, and the roster is whole: nothing waits any more. */
  readonly healed?: true;
  /** The server was asked in vain. What waits goes on waiting; the next notice or `refresh` asks again. */
  readonly healFailed?: unknown;
}

/** A channel at one moment. */
export interface RosterView {
  /** The id of the channel's life; absent if nobody is there, and for plain channels. */
  readonly sid?: string;
  readonly seq?: number;
  readonly count: number;
  /** The members, in no particular order. */
  readonly members: readonly RosterMember[];
  /** Seqs that are missing: the roster is true at `seq`, and more has happened. */
  readonly waitingFor?: Hole;
}

type Work =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'plain'; readonly notice: MemberNotice };
interface Pending {
  readonly work: Work;
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}
type Result = Taken & { readonly needs?: 'healing' | 'room' | 'judging' };

const all: readonly number[] = [101, 102, 103, 104, 105, 106, 107, 108, 111, 112];
const ignored: Taken = { applied: false, duplicate: false };
/**
 * The members of the channels of one app, from its notices in any order, with copies and holes. When `take` has resolved with `applied`,
 * the roster contains the notice and all that came before it: nothing is waited for by the clock.
 */
export class Roster {
  readonly #channels: Channels;
  readonly #healing: Healing | undefined;
  readonly #types: readonly number[] | undefined;
  readonly #limits: RosterLimits;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #lostListeners = new Set<(lost: EventsLostChange) => unknown>();
  /** Notices that wait for the store, by channel; a channel that is here has one worker. */
  readonly #pending = new Map<string, Pending[]>();
  #pendingCount = 0;

  /** Throws TypeError for `types` that name no join or no leave. */
  constructor(options: RosterOptions = {}) {
    const { types } = options;
    if (
      types &&
      !([103, 105, 107].some((t) => types.includes(t)) && [104, 106, 108].some((t) => types.includes(t)))
    )
      throw new TypeError(
        'A roster needs joins (103, 105 or 107) and leaves (104, 106 or 108) among `types`.',
      );
    this.#onError = options.onError ?? console.error;
    this.#channels = new Channels(options.store ?? memoryStore(), options.prefix ?? '', this.#onError);
    const fold = (channel: string, entries: readonly Entry[]) =>
      this.#fold(
        channel,
        entries.map((entry) => ({ kind: 'entry', entry })),
      );
    this.#healing = options.heal && new Healing(options.heal, this.#channels, fold);
    this.#types = types && !all.every((type) => types.includes(type)) ? types : undefined;
    this.#limits = { ...rosterLimits, ...options.limits };
    this.#now = options.now ?? Date.now;
  }

  /**
   * Takes a notice. Resolves once it is in the store, and once what it lacked was asked for. Rejects with RosterError (answer 500
   * then: the notice comes again) or with what the store or a listener threw. A notice of lost events has the channel healed, and
   * rejects if that fails, so that it comes again too.
   */
  take(notice: Notice): Promise<Taken> {
    if (notice.kind === 'unknown' || notice.healthTest) return Promise.resolve(ignored);
    if (notice.kind === 'events-lost') return this.#takeLost(notice);
    let work: Work | undefined;
    try {
      work = this.#workOf(notice);
    } catch (error) {
      return Promise.reject(error);
    }
    if (!work) return Promise.resolve(ignored);
    if (this.#pendingCount >= this.#limits.pendingMax)
      return Promise.reject(new RosterError('overloaded', 'Too many notices wait for the store.'));
    return this.#queue(notice.channelName, work);
  }

  /** The members in the channel now. */
  async members(channel: string): Promise<readonly RosterMember[]> {
    return (await this.view(channel)).members;
  }

  /** The number of members in the channel now. */
  async count(channel: string): Promise<number> {
    const { state } = await this.#channels.load(channel);
    if (!state) return 0;
    return state.mode === 'plain' ? state.online : (presentLife(state)?.members.size ?? 0);
  }

  /** The channel with the sid and seq at which it is true, and what is missing. */
  async view(channel: string): Promise<RosterView> {
    const { state } = await this.#channels.load(channel);
    if (!state) return { count: 0, members: [] };
    if (state.mode === 'plain') return { count: state.online, members: [...plainMembers(state)] };
    const life = presentLife(state);
    if (!life) return { count: 0, members: [] };
    const { sid, seq, members } = life;
    const hole = holeOf(life);
    return {
      sid,
      seq,
      count: members.size,
      members: [...members.values()],
      ...(hole && { waitingFor: hole }),
    };
  }

  /** Calls back for each change that this process makes, in order per channel. Returns what ends it. */
  onChange(listener: (change: RosterChange) => unknown): () => void {
    return this.#channels.onChange(listener);
  }

  /** Calls back for each notice of lost events that this process takes, once it was tried to heal what it tells. Returns what ends it. */
  onLost(listener: (lost: EventsLostChange) => unknown): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /**
   * Asks the server for what happened since, for the one loss that no hole shows: the last notice of all. Worth doing at the start
   * and now and then for channels that are open. Throws RosterError `heal_failed`, or TypeError without `heal`.
   */
  async refresh(channel: string): Promise<void> {
    if (!this.#healing) throw new TypeError('refresh needs the option `heal`.');
    if (this.#types) return;
    try {
      await this.#healing.refresh(channel);
    } catch (error) {
      throw error instanceof ListenerFailure ? error.cause : error;
    }
  }

  #workOf(notice: EventNotice): Work | undefined {
    if (this.#types && !this.#types.includes(notice.eventType))
      throw new RosterError('type_not_named', `Type ${notice.eventType} came and is not among \`types\`.`);
    const entry = this.#types ? undefined : entryOf(notice);
    if (entry) return { kind: 'entry', entry };
    // The opening and closing of a plain channel change nothing: they have no order.
    if (notice.kind === 'channel-created' || notice.kind === 'channel-destroyed') return undefined;
    return { kind: 'plain', notice };
  }

  #queue(channel: string, work: Work): Promise<Taken> {
    return new Promise((resolve, reject) => {
      const pending = { work, resolve, reject };
      this.#pendingCount += 1;
      const queue = this.#pending.get(channel);
      if (queue) {
        queue.push(pending);
        return;
      }
      const own = [pending];
      this.#pending.set(channel, own);
      void this.#drain(channel, own);
    });
  }

  /** Never rejects: every notice is told its own end. */
  async #drain(channel: string, queue: Pending[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      try {
        const results = await this.#takeAll(
          channel,
          batch.map(({ work }) => work),
        );
        batch.forEach(({ resolve, reject }, index) => {
          const result = results[index];
          if (result instanceof RosterError) reject(result);
          else if (result) resolve(result);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error instanceof ListenerFailure ? error.cause : error);
      }
      this.#pendingCount -= batch.length;
    }
    this.#pending.delete(channel);
  }

  async #takeAll(channel: string, works: readonly Work[]): Promise<(Taken | RosterError)[]> {
    const results = await this.#fold(channel, works);
    if (results.every(({ needs }) => needs === undefined)) return results;
    const healFailed = await this.#healAfter(channel, works, results);
    const answers: (Taken | RosterError)[] = [];
    for (const [index, { needs, ...taken }] of results.entries()) {
      const work = works[index];
      answers.push(needs && work ? await this.#afterHealing(channel, work, needs, taken, healFailed) : taken);
    }
    return answers;
  }

  /** Heals the channel; returns the error that the healer threw, if it did. */
  async #healAfter(channel: string, works: readonly Work[], results: readonly Result[]): Promise<unknown> {
    if (!this.#healing) return undefined;
    const suspects = works.flatMap((work, index) =>
      work.kind === 'entry' && results[index]?.needs === 'judging' ? [work.entry.sid] : [],
    );
    try {
      if (suspects.length > 0) await this.#healing.askRoster(channel, suspects);
      await this.#healing.mend(channel);
      return undefined;
    } catch (error) {
      if (error instanceof ListenerFailure) throw error;
      return error;
    }
  }

  /** The result of a notice that lacked something, once the server was asked. */
  async #afterHealing(
    channel: string,
    work: Work,
    needs: NonNullable<Result['needs']>,
    before: Taken,
    healFailed: unknown,
  ): Promise<Taken | RosterError> {
    if (!this.#healing && needs !== 'room') return before;
    if (needs === 'room') {
      const [again] = await this.#fold(channel, [work]);
      if (again?.needs === 'room')
        return new RosterError(
          'waiting_full',
          'Too many notices wait for a hole. If the endpoint subscribes only some event types, name them in `types`; else give `heal`.',
          { cause: healFailed },
        );
      // There was room after all: missing events are now requested like any others.
      if (again?.needs === 'healing') healFailed = (await this.#healAfter(channel, [], [])) ?? healFailed;
    }
    const { state } = await this.#channels.load(channel);
    const { late: _late, ...taken } = before;
    const standing =
      work.kind === 'entry' && state?.mode === 'numbered' ? standingOf(state, work.entry) : 'late';
    const isWhole = state?.mode === 'numbered' && needOf(state) === undefined;
    return {
      ...taken,
      applied: !taken.duplicate && standing === 'applied',
      ...(standing === 'late' && { late: true }),
      ...(isWhole && { healed: true }),
      ...(!isWhole && healFailed !== undefined && { healFailed }),
    };
  }

  /** Folds notices in order and saves the outcome at once, or again over what another process saved meanwhile. */
  async #fold(channel: string, works: readonly Work[]): Promise<Result[]> {
    return this.#channels.update(channel, (before) => {
      let state = before;
      const results: Result[] = [];
      const changes: (LifeChange | PlainChange)[] = [];
      for (const work of works) {
        const folded = this.#foldOne(state, work);
        state = folded.state;
        results.push(folded.result);
        changes.push(...folded.changes);
      }
      return { state, changes, answer: results };
    });
  }

  #foldOne(
    before: RosterState | undefined,
    work: Work,
  ): {
    readonly state: RosterState | undefined;
    readonly result: Result;
    readonly changes: readonly (LifeChange | PlainChange)[];
  } {
    if (work.kind === 'plain') {
      // Numbered and plain notices of one channel: the numbered ones know better.
      if (before?.mode === 'numbered') return { state: before, result: ignored, changes: [] };
      const folded = foldPlain(before ?? emptyPlain, work.notice, this.#now(), this.#limits);
      const applied = folded.verdict === 'applied';
      return { state: folded.channel, result: { applied, duplicate: !applied }, changes: folded.changes };
    }
    const start = before?.mode === 'numbered' ? before : noLives;
    const { channel, verdict, hole, changes } = foldChannel(start, work.entry, this.#limits);
    const needs = needsAfter(verdict, channel, work.entry);
    return {
      state: channel,
      result: {
        applied: verdict === 'applied',
        duplicate: verdict === 'duplicate',
        ...(verdict === 'late' && { late: true }),
        ...(hole && { waitingFor: hole }),
        ...(needs && { needs }),
      },
      changes,
    };
  }

  async #takeLost(notice: EventsLostNotice): Promise<Taken> {
    const range = rangeOf(notice);
    // Channels that go by clientSeq have no order in which something could be missing.
    const state = range && !this.#types ? (await this.#channels.load(range.channel)).state : undefined;
    const isKnown = range !== undefined && state?.mode === 'numbered' && isPast(state, range);
    let healed = isKnown;
    let failed: { readonly error: unknown } | undefined;
    if (!isKnown && range && this.#healing && !this.#types && state?.mode !== 'plain')
      try {
        await this.#healing.healLost(range);
        healed = true;
      } catch (error) {
        failed = { error: error instanceof ListenerFailure ? error.cause : error };
      }
    for (const listener of this.#lostListeners)
      try {
        tellLater(listener(lostChangeOf(notice, healed)), this.#onError);
      } catch (error) {
        failed ??= { error };
      }
    if (failed) throw failed.error;
    return { applied: false, duplicate: isKnown, ...(healed && !isKnown && { healed: true }) };
  }
}

function needsAfter(
  verdict: ChannelFolded['verdict'],
  channel: NumberedChannel,
  entry: Entry,
): Result['needs'] | undefined {
  if (verdict === 'full') return 'room';
  // Judged by its time alone, and clocks have been set back before: the server knows.
  if (verdict === 'late' && !channel.ended.includes(entry.sid)) return 'judging';
  return needOf(channel) === undefined ? undefined : 'healing';
}

function standingOf({ lives }: NumberedChannel, entry: Entry): 'applied' | 'waiting' | 'late' {
  const life = lives.find(({ sid }) => sid === entry.sid);
  if (!life) return 'late';
  return life.closed || life.seq >= entry.seq ? 'applied' : 'waiting';
}
