import type { RosterViewRequest } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { Broadcast } from '../net/socket/socket.ts';
import { mergeMs } from './merge.ts';
import { defaultRosterLimits, type RosterLimits } from './roster-limits.ts';
import type { RosterStream } from './roster-stream.ts';
import { isRound, keyOf, rangeOf, type WindowRange } from './window.ts';

/** The reader of a view. */
export interface ViewReader {
  send(text: string): void;
  /** From now on also receives what is published on the view's topic, in order with what is sent. */
  goLive(): void;
  leaveLive(): void;
}

/** A kind of roster, of which views are told. Its states are immutable: what is another is another object. */
export interface ViewedRoster<State, Member> {
  sizeOf(state: State): number;
  /** Costs as much as they are. */
  membersOf(state: State, range: WindowRange): readonly Member[];
  /** Tells whether deltas lead from the one to the other; if not, a view begins anew with a snapshot. */
  isOneLife(before: State, now: State): boolean;
  /** The frame of a view as it is; without a range that of the counts. */
  whole(state: State, range: WindowRange | undefined, members: readonly Member[]): string;
  /** The frame of what a reader that knows `before` lacks of `now`; undefined if nothing that it sees is different. */
  next(
    before: State,
    now: State,
    range: WindowRange | undefined,
    membersBefore: readonly Member[],
    members: readonly Member[],
  ): string | undefined;
}

export interface RosterViewsOptions<State, Member> {
  readonly roster: ViewedRoster<State, Member>;
  readonly topicOf: (key: string) => string;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** The durable state of the roster. */
  readonly state: () => State | undefined;
  /** The last reader went. */
  readonly onEmpty: () => void;
  /** Default: those of limits.ts. */
  readonly limits?: Pick<RosterLimits, 'rosterWindowsMax' | 'rosterWindowsReserved'>;
}

/** One view that somebody reads, shared by all who read the same. */
interface SharedView<Member> {
  readonly key: string;
  readonly topic: string;
  /** Absent: the counts alone. */
  readonly range?: WindowRange;
  /** The window as it was told last. */
  members: readonly Member[];
  readers: number;
  /** The frame that a new reader begins with, once somebody needed it; good until something is told. */
  whole?: string;
}

/**
 * The views of one roster that are followed: its counts, and windows of it. All of them are told together, of one durable
 * state, as the difference to the state told before; so what they cost is known whatever happens in the channel: once per
 * merge period and different view, at most the members of the window. A new reader begins with the state told last, not
 * the newest, so that what comes next is the same for all.
 */
export class RosterViews<State extends object, Member> {
  readonly #options: RosterViewsOptions<State, Member>;
  readonly #views = new Map<string, SharedView<Member>>();
  /** The state that all readers know. */
  #told: State | undefined;
  #toldMs = Number.NEGATIVE_INFINITY;
  #cancelTell: (() => void) | undefined;

  constructor(options: RosterViewsOptions<State, Member>) {
    this.#options = options;
    this.#told = options.state();
  }

  /** Different views that are followed. */
  get size(): number {
    return this.#views.size;
  }

  /** The number of readers that follow a view. */
  get readers(): number {
    return this.#load.readers;
  }

  /**
   * True if there is room for a reader of `view` that gives up `leaving` for it. Round windows always have room; some is kept for
   * readers that `mayPublish`.
   */
  hasRoom(
    view: RosterViewRequest,
    { leaving, mayPublish = false }: { readonly leaving?: RosterStream; readonly mayPublish?: boolean } = {},
  ): boolean {
    const range = rangeOf(view);
    if (!range || isRound(range) || this.#views.has(keyOf(range))) return true;
    let windows = 0;
    for (const each of this.#views.values()) {
      const isFreed = leaving instanceof ViewStream && leaving.view === each && each.readers === 1;
      if (each.range && !isRound(each.range) && !isFreed) windows++;
    }
    const { rosterWindowsMax, rosterWindowsReserved } = this.#options.limits ?? defaultRosterLimits;
    return windows < rosterWindowsMax + (mayPublish ? rosterWindowsReserved : 0);
  }

  /** Sends the view as it was told last, then what follows, until stopped. */
  follow(view: RosterViewRequest, reader: ViewReader): RosterStream {
    const shared = this.#shared(rangeOf(view));
    shared.readers++;
    if (this.#told) {
      shared.whole ??= this.#options.roster.whole(this.#told, shared.range, shared.members);
      reader.send(shared.whole);
    }
    reader.goLive();
    return new ViewStream(shared, () => {
      reader.leaveLive();
      this.#left(shared);
    });
  }

  /** Something happened in the channel: readers are told, in this turn or as soon as the load of the last time allows (merge.ts). */
  settle(): void {
    if (this.#views.size === 0 || this.#cancelTell || this.#options.state() === this.#told) return;
    const waitMs = this.#waitMs();
    if (waitMs <= 0) this.#tell();
    else
      this.#cancelTell = this.#options.clock.after(waitMs, () => {
        this.#cancelTell = undefined;
        this.#tell();
      });
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#cancelTell?.();
    this.#cancelTell = undefined;
  }

  /** Milliseconds until readers may be told again. */
  #waitMs(): number {
    const { roster, state, clock } = this.#options;
    const now = state();
    const members = now ? roster.sizeOf(now) : 0;
    const mostMs = members > fixed.rosterMergeMembersMin ? fixed.rosterViewMs : fixed.rosterMergeMs;
    const periodMs = Math.max(fixed.rosterViewLeastMs, mergeMs(this.#load, mostMs));
    return this.#toldMs + periodMs - clock.steadyMs();
  }

  get #load(): { readers: number; windows: number } {
    let readers = 0;
    let windows = 0;
    for (const view of this.#views.values()) {
      readers += view.readers;
      if (view.range) windows++;
    }
    return { readers, windows };
  }

  #tell(): void {
    this.stop();
    const { roster, broadcast, clock, state } = this.#options;
    const now = state();
    const before = this.#told;
    // Whoever follows a channel that closed has left it, and is about to hear so.
    if (!now || now === before) return;
    this.#told = now;
    this.#toldMs = clock.steadyMs();
    const known = before && roster.isOneLife(before, now) ? before : undefined;
    for (const view of this.#views.values()) {
      const members = this.#membersOf(now, view.range);
      const next = known && roster.next(known, now, view.range, view.members, members);
      view.members = members;
      if (known && next === undefined) continue;
      delete view.whole;
      broadcast.publish(view.topic, next ?? roster.whole(now, view.range, members));
    }
  }

  #shared(range: WindowRange | undefined): SharedView<Member> {
    const key = keyOf(range);
    const known = this.#views.get(key);
    if (known) return known;
    const shared: SharedView<Member> = {
      key,
      topic: this.#options.topicOf(key),
      ...(range && { range }),
      members: this.#told ? this.#membersOf(this.#told, range) : [],
      readers: 0,
    };
    this.#views.set(key, shared);
    return shared;
  }

  #membersOf(state: State, range: WindowRange | undefined): readonly Member[] {
    return range ? this.#options.roster.membersOf(state, range) : [];
  }

  #left(shared: SharedView<Member>): void {
    shared.readers--;
    if (shared.readers > 0) return;
    this.#views.delete(shared.key);
    if (this.#views.size > 0) return;
    this.stop();
    this.#options.onEmpty();
  }
}

/** One reader's hold on a view. */
class ViewStream implements RosterStream {
  readonly namesMembers: boolean;
  readonly view: SharedView<unknown>;
  #leave: (() => void) | undefined;

  constructor(view: SharedView<unknown>, leave: () => void) {
    this.view = view;
    this.namesMembers = view.range !== undefined;
    this.#leave = leave;
  }

  drained(): void {}

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}
