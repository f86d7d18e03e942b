import type { SignalingPresenceEvent, SignalingStates } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import type { Broadcast, Socket } from '../../net/socket/socket.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { intervalsTopic } from '../names/topics.ts';
import { same } from './person.ts';
import type { PersonChange, PresenceChange, PresenceFold } from './presence-fold.ts';
import { lengthOf, presenceText, snapshotBounds, taken } from './presence-frames.ts';
import type { PresenceSettings } from './presence-settings.ts';
import { netEffect } from './window.ts';

/** Who is told. */
export interface Watcher {
  readonly userId: string;
  /** Where that goes. */
  readonly socket: Socket;
  send(text: string): void;
  /** From now on also receives what is published on the channel's topic. */
  goLive(): void;
  leaveLive(): void;
}

/** What a watcher knows: all that happened before it was given a snapshot. */
interface Watching {
  readonly watcher: Watcher;
  /** Grows with each snapshot and each leave that is held back, so that the two are in order. */
  since: number;
  /** Length of the window when it was given a snapshot in it; undefined once it is told with all others. */
  windowFrom?: number;
}

interface HeldLeave {
  readonly type: 'leave' | 'timeout';
  readonly states: SignalingStates;
  readonly dueMs: number;
  readonly since: number;
}

export interface PresenceChannelOptions {
  readonly key: ChannelKey;
  readonly fold: PresenceFold;
  readonly settings: PresenceSettings;
  readonly clock: Clock;
  readonly broadcast: Broadcast;
}

/**
 * Tells a channel's watchers who comes, goes and changes state: in small channels at once, each about the others; in large
 * ones together, as net effect. What a watcher is told always adds up to who is there, from its snapshot on.
 */
export class PresenceChannel {
  readonly fold: PresenceFold;
  readonly #options: PresenceChannelOptions;
  readonly #watching = new Map<Watcher, Watching>();
  /** Newcomers whose snapshot is on its way: in large channels many share one. */
  readonly #arriving = new Set<Watcher>();
  #cancelArrivals: (() => void) | undefined;
  /** Announce mode: leaves that may yet be taken back, oldest first. */
  readonly #held = new Map<string, HeldLeave>();
  #cancelHeld: (() => void) | undefined;
  #since = 0;
  /** Interval mode: what happened since everybody was last told; undefined in announce mode. */
  #window: PresenceChange[] | undefined;
  #windowLength = 0;
  #newcomers = 0;
  /** Ends interval mode, if the channel is still small then. */
  #cancelSmall: (() => void) | undefined;
  #cancelWindow: (() => void) | undefined;
  /** When interval mode began, epoch milliseconds: its ticks count from there. */
  #windowsFromMs = 0;

  constructor(options: PresenceChannelOptions) {
    this.#options = options;
    this.fold = options.fold;
    if (this.fold.occupancy >= options.settings.announceMax) this.#beginWindows();
  }

  get watchers(): number {
    return this.#watching.size + this.#arriving.size;
  }

  get mode(): 'announce' | 'interval' {
    return this.#window ? 'interval' : 'announce';
  }

  /** Gives the watcher a snapshot, now or within `signalingSnapshotMergeMs`, and tells it what follows. */
  attach(watcher: Watcher): void {
    if (this.fold.occupancy <= limits.signalingSnapshotMergeUsersMin) {
      this.#give([watcher]);
      return;
    }
    this.#arriving.add(watcher);
    this.#cancelArrivals ??= this.#options.clock.after(limits.signalingSnapshotMergeMs, () => {
      this.#cancelArrivals = undefined;
      const arrived = [...this.#arriving];
      this.#arriving.clear();
      this.#give(arrived);
    });
  }

  /** Nothing is told to the watcher any more. */
  detach(watcher: Watcher): void {
    this.#arriving.delete(watcher);
    const watching = this.#watching.get(watcher);
    if (!watching) return;
    this.#watching.delete(watcher);
    if (watching.windowFrom === undefined) watcher.leaveLive();
    else this.#newcomers -= 1;
  }

  /** What a record changed; the fold has it already. */
  tell(all: readonly PersonChange[]): void {
    const changes = all.filter(isOfPresence);
    if (changes.length === 0) return;
    const { announceMax } = this.#options.settings;
    if (this.#watching.size === 0) {
      this.#forget();
      if (this.fold.occupancy >= announceMax) this.#beginWindows();
      return;
    }
    if (!this.#window && this.fold.occupancy >= announceMax) this.#beginWindows();
    if (!this.#window) {
      this.#announceAll(changes);
      return;
    }
    this.#collect(changes);
    if (this.#isSmall()) this.#endWindowsLater();
  }

  /** Ends all timers; nothing is told any more. */
  stop(): void {
    this.#cancelArrivals?.();
    this.#forget();
    for (const { watcher, windowFrom } of this.#watching.values())
      if (windowFrom === undefined) watcher.leaveLive();
    this.#watching.clear();
    this.#arriving.clear();
  }

  #give(watchers: readonly Watcher[]): void {
    if (watchers.length === 0) return;
    const { occupants } = taken(this.fold.occupants(), snapshotBounds);
    const text = this.#text({ type: 'SNAPSHOT', occupants });
    for (const watcher of watchers) {
      this.detach(watcher);
      this.#since += 1;
      const windowFrom = this.#window?.length || undefined;
      this.#watching.set(watcher, { watcher, since: this.#since, ...(windowFrom && { windowFrom }) });
      if (windowFrom === undefined) watcher.goLive();
      else this.#newcomers += 1;
      watcher.send(text);
    }
    if (this.#newcomers > limits.signalingWindowNewcomersMax) this.#flush();
  }

  /** Drops what was still to be told. */
  #forget(): void {
    this.#dropHeld();
    this.#endWindows();
  }

  #dropHeld(): void {
    this.#cancelHeld?.();
    this.#cancelHeld = undefined;
    this.#held.clear();
  }

  // ---- announce mode ----

  #announceAll(changes: readonly PresenceChange[]): void {
    let isToldOfStates = false;
    for (const change of changes) {
      if (change.type === 'join') isToldOfStates = this.#joined(change.userId);
      else if (change.type === 'states') {
        if (!isToldOfStates) this.#announceStates(change.userId);
      } else this.#gone(change);
    }
  }

  /** True if who needs to know has been told of the states too. */
  #joined(userId: string): boolean {
    const held = this.#held.get(userId);
    if (!held) {
      this.#announce({ type: 'REMOTE_JOIN', userId });
      return false;
    }
    this.#held.delete(userId);
    // Those whose snapshot was without them never saw them leave.
    const isNew = ({ since }: Watching) => since > held.since;
    this.#announce({ type: 'REMOTE_JOIN', userId }, isNew);
    const states = this.fold.statesOf(userId);
    if (!same(states, {})) this.#announceStates(userId, isNew);
    if (!same(states, held.states)) this.#announceStates(userId, (watching) => !isNew(watching));
    return true;
  }

  #gone({ type, userId, states }: Extract<PresenceChange, { type: 'leave' | 'timeout' }>): void {
    const { clock, settings } = this.#options;
    this.#since += 1;
    const held = { type, states, dueMs: clock.steadyMs() + settings.debounceMs, since: this.#since };
    if (settings.debounceMs === 0) {
      this.#announceGone(userId, held);
      return;
    }
    this.#held.set(userId, held);
    this.#releaseLater();
  }

  #releaseLater(): void {
    const [oldest] = this.#held.values();
    if (!oldest || this.#cancelHeld) return;
    const { clock } = this.#options;
    this.#cancelHeld = clock.after(oldest.dueMs - clock.steadyMs(), () => {
      this.#cancelHeld = undefined;
      this.#releaseHeld(clock.steadyMs());
      this.#releaseLater();
    });
  }

  #releaseHeld(byMs: number): void {
    for (const [userId, held] of this.#held) {
      if (held.dueMs > byMs) return;
      this.#held.delete(userId);
      this.#announceGone(userId, held);
    }
  }

  #announceGone(userId: string, { type, since }: HeldLeave): void {
    this.#announce(
      { type: type === 'leave' ? 'REMOTE_LEAVE' : 'REMOTE_TIMEOUT', userId },
      (watching) => watching.since < since,
    );
  }

  #announceStates(userId: string, whom?: (watching: Watching) => boolean): void {
    this.#announce({ type: 'REMOTE_STATE_CHANGED', userId, states: this.fold.statesOf(userId) }, whom);
  }

  /** Tells the others, nobody of themselves: with one publication where all of them are to know, so that frames are merged. */
  #announce(
    event: Extract<SignalingPresenceEvent, { userId: string }>,
    whom: (watching: Watching) => boolean = () => true,
  ): void {
    let self: Watcher | undefined;
    let others = 0;
    let told = 0;
    for (const watching of this.#watching.values()) {
      if (watching.watcher.userId === event.userId) self = watching.watcher;
      else {
        others += 1;
        if (whom(watching)) told += 1;
      }
    }
    if (told === 0) return;
    const text = this.#text(event);
    const { key, broadcast } = this.#options;
    if (told === others) broadcast.publish(intervalsTopic(key), text, self?.socket);
    else
      for (const watching of this.#watching.values())
        if (watching.watcher !== self && whom(watching)) watching.watcher.send(text);
  }

  // ---- interval mode ----

  /** Leaves that are held back go into the first window: who is back by its end was never away. */
  #beginWindows(): void {
    const held = [...this.#held];
    this.#dropHeld();
    this.#window = held.map(([userId, { type, states }]) => ({ type, userId, states }));
    this.#windowsFromMs = this.#options.clock.steadyMs();
    if (held.length === 0) return;
    for (const watching of this.#watching.values()) {
      // Of those it never saw, with the first snapshots after them, it is not told.
      const unseen = held.filter(([, { since }]) => since < watching.since).length;
      if (unseen === 0) continue;
      watching.windowFrom = unseen;
      watching.watcher.leaveLive();
      this.#newcomers += 1;
    }
  }

  #endWindows(): void {
    this.#cancelSmall?.();
    this.#cancelSmall = undefined;
    this.#cancelWindow?.();
    this.#cancelWindow = undefined;
    this.#window = undefined;
    this.#windowLength = 0;
  }

  /** A little below where it began, so that one who comes and goes does not make the mode do so. */
  #isSmall(): boolean {
    return this.fold.occupancy < Math.floor(this.#options.settings.announceMax * 0.9);
  }

  /** Once it has been small for the debounce: who left last may be back by then. */
  #endWindowsLater(): void {
    const { clock, settings } = this.#options;
    this.#cancelSmall ??= clock.after(settings.debounceMs, () => {
      this.#cancelSmall = undefined;
      if (!this.#isSmall()) return;
      this.#flush();
      this.#endWindows();
    });
  }

  #collect(changes: readonly PresenceChange[]): void {
    // Who comes and goes first: one record may change the states of everybody there, and be told in more than one part.
    const inOrder = changes.toSorted(
      (one, other) => Number(one.type === 'states') - Number(other.type === 'states'),
    );
    for (const change of inOrder) {
      if (!this.#window) return;
      this.#window.push(change);
      this.#windowLength += lengthOf(
        change.userId,
        change.type === 'states' ? this.fold.statesOf(change.userId) : {},
      );
      if (
        this.#window.length >= limits.signalingWindowChangesMax ||
        this.#windowLength >= limits.signalingFrameLengthMax
      )
        this.#flush();
    }
    if (this.#window && this.#window.length > 0) this.#flushLater();
  }

  #flushLater(): void {
    if (this.#cancelWindow) return;
    const { clock, settings } = this.#options;
    const sinceMs = clock.steadyMs() - this.#windowsFromMs;
    const dueMs = (Math.floor(sinceMs / settings.intervalMs) + 1) * settings.intervalMs;
    this.#cancelWindow = clock.after(dueMs - sinceMs, () => this.#flush());
  }

  /** Tells everybody the window's net effect, newcomers that of the part after their snapshot. */
  #flush(): void {
    this.#cancelWindow?.();
    this.#cancelWindow = undefined;
    const window = this.#window ?? [];
    const texts = new Map<number, string | undefined>();
    const textFrom = (from: number): string | undefined => {
      if (texts.has(from)) return texts.get(from);
      const event = netEffect(window, from, this.fold);
      const text = event && this.#text(event);
      texts.set(from, text);
      return text;
    };
    const { key, broadcast } = this.#options;
    const all = textFrom(0);
    if (all !== undefined && this.#watching.size > this.#newcomers)
      broadcast.publish(intervalsTopic(key), all);
    for (const watching of this.#watching.values()) {
      if (watching.windowFrom === undefined) continue;
      const text = textFrom(watching.windowFrom);
      if (text !== undefined) watching.watcher.send(text);
      delete watching.windowFrom;
      watching.watcher.goLive();
    }
    this.#newcomers = 0;
    this.#windowLength = 0;
    if (this.#window) this.#window = [];
  }

  #text(event: SignalingPresenceEvent): string {
    return presenceText(this.#options.key, event, this.#options.clock.nowMs());
  }
}

const isOfPresence = (change: PersonChange): change is Exclude<PersonChange, { type: 'links' }> =>
  change.type !== 'links';
