import type {
  RosterCountFrame,
  RosterViewRequest,
  RosterWindowChangesFrame,
  RosterWindowFrame,
} from '@housecount/protocol';
import type { Member, OpenChannel } from '../channel/state.ts';
import type { Clock } from '../clock.ts';
import type { Broadcast } from '../edge/socket.ts';
import { limits } from '../limits.ts';
import { toRosterMember } from './roster-member.ts';
import type { RosterStream } from './roster-stream.ts';
import { countsOf, rangeOf, type WindowRange, windowChanges } from './roster-window.ts';
import { viewTopic } from './topics.ts';

/** Who reads a view. */
export interface ViewReader {
  send(text: string): void;
  /** From now on also receives what is published on the view's topic, in order with what is sent. */
  goLive(): void;
  leaveLive(): void;
}

export interface RosterViewsOptions {
  readonly app: string;
  readonly channel: string;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** The durable state of the channel. */
  readonly state: () => OpenChannel | undefined;
  /** The last reader went. */
  readonly onEmpty: () => void;
}

/** One view that somebody reads, shared by all who read the same. */
interface SharedView {
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
 * The views of one channel's roster that are followed: its counts, and windows of it. All of them are told together, of one
 * durable state, as the difference to the state told before; so what they cost is known whatever happens in the channel:
 * once per merge period and different view, at most the members of the window. A new reader begins with the state told
 * last, not the newest, so that what comes next is the same for all.
 */
export class RosterViews {
  readonly #options: RosterViewsOptions;
  readonly #views = new Map<string, SharedView>();
  /** The state that all readers know. */
  #told: OpenChannel | undefined;
  #toldMs = Number.NEGATIVE_INFINITY;
  #cancelTell: (() => void) | undefined;

  constructor(options: RosterViewsOptions) {
    this.#options = options;
    this.#told = options.state();
  }

  /** Different views that are followed. */
  get size(): number {
    return this.#views.size;
  }

  /** Whether there is room for a reader of `view` that gives up `leaving` for it. */
  hasRoom(view: RosterViewRequest, leaving?: RosterStream): boolean {
    const range = rangeOf(view);
    if (!range || this.#views.has(keyOf(range))) return true;
    let windows = 0;
    for (const each of this.#views.values()) {
      const isFreed = leaving instanceof ViewStream && leaving.view === each && each.readers === 1;
      if (each.range && !isFreed) windows++;
    }
    return windows < limits.rosterWindowsMax;
  }

  /** Sends the view as it was told last, then what follows, until stopped. */
  follow(view: RosterViewRequest, reader: ViewReader): RosterStream {
    const shared = this.#shared(rangeOf(view));
    shared.readers++;
    if (this.#told) {
      shared.whole ??= JSON.stringify(wholeFrame(this.#told, shared));
      reader.send(shared.whole);
    }
    reader.goLive();
    return new ViewStream(shared, () => {
      reader.leaveLive();
      this.#left(shared);
    });
  }

  /** Something happened in the channel: readers are told, in this turn or at the end of the merge period. */
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
    const members = this.#options.state()?.roster.size ?? 0;
    const periodMs = members > limits.rosterMergeMembersMin ? limits.rosterViewMs : limits.rosterMergeMs;
    return this.#toldMs + periodMs - this.#options.clock.nowMs();
  }

  #tell(): void {
    this.stop();
    const { broadcast, clock, state } = this.#options;
    const now = state();
    const before = this.#told;
    // Whoever follows a channel that closed has left it, and is about to hear so.
    if (!now || now === before) return;
    this.#told = now;
    this.#toldMs = clock.nowMs();
    for (const view of this.#views.values()) {
      const members = membersOf(now, view.range);
      const frame = before?.sid === now.sid ? nextFrame(before, now, view, members) : undefined;
      view.members = members;
      if (before?.sid === now.sid && !frame) continue;
      delete view.whole;
      broadcast.publish(view.topic, JSON.stringify(frame ?? wholeFrame(now, view)));
    }
  }

  #shared(range: WindowRange | undefined): SharedView {
    const key = keyOf(range);
    const known = this.#views.get(key);
    if (known) return known;
    const { app, channel } = this.#options;
    const shared: SharedView = {
      key,
      topic: viewTopic(app, channel, key),
      ...(range && { range }),
      members: this.#told ? membersOf(this.#told, range) : [],
      readers: 0,
    };
    this.#views.set(key, shared);
    return shared;
  }

  #left(shared: SharedView): void {
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
  readonly view: SharedView;
  #leave: (() => void) | undefined;

  constructor(view: SharedView, leave: () => void) {
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

/** What names a view: equal for equal views, and without a slash. */
export const keyOf = (range: WindowRange | undefined): string =>
  range ? `${range.from}+${range.limit}` : 'count';

const membersOf = ({ roster }: OpenChannel, range: WindowRange | undefined): readonly Member[] =>
  range ? roster.range(range.from, range.limit) : [];

function wholeFrame(
  state: OpenChannel,
  { range, members }: SharedView,
): RosterCountFrame | RosterWindowFrame {
  const { sid, seq } = state;
  if (!range) return { type: 'roster-count', sid, seq, ...countsOf(state) };
  const { from } = range;
  return { type: 'roster-window', sid, seq, ...countsOf(state), from, members: members.map(toRosterMember) };
}

/** What a reader that knows `before` lacks of `now`; undefined if nothing that it sees is different. */
function nextFrame(
  before: OpenChannel,
  now: OpenChannel,
  { range, members: membersBefore }: SharedView,
  members: readonly Member[],
): RosterCountFrame | RosterWindowChangesFrame | undefined {
  const { sid, seq } = now;
  const counts = countsOf(now);
  const changes = range ? windowChanges(membersBefore, members) : {};
  const isSame =
    seq === before.seq &&
    counts.interrupted === before.roster.interrupted &&
    Object.keys(changes).length === 0;
  if (isSame) return undefined;
  if (!range) return { type: 'roster-count', sid, seq, ...counts };
  return { type: 'roster-window-changes', sid, after: before.seq, seq, ...counts, ...changes };
}
