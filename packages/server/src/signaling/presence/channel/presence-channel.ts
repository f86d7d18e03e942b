import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Broadcast } from '../../../net/socket/socket.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { defaultSignalingLimits, type PresenceLimits } from '../../signaling-limits.ts';
import type { PersonChange, PresenceFold } from '../presence-fold.ts';
import { taken } from '../presence-frames.ts';
import type { PresenceSettings } from '../presence-settings.ts';
import { Announcing } from './announcing.ts';
import { Arrivals } from './arrivals.ts';
import { Intervals } from './intervals.ts';
import { PresenceFrames, type WayNeeds } from './presence-way.ts';
import { type Watcher, Watchers } from './watchers.ts';

type PresenceChannelLimits = Pick<
  PresenceLimits,
  | 'signalingSnapshotMergeMs'
  | 'signalingSnapshotMergeUsersMin'
  | 'signalingSnapshotUsersMax'
  | 'signalingWindowChangesMax'
  | 'signalingWindowNewcomersMax'
>;

export interface PresenceChannelOptions {
  readonly key: ChannelKey;
  readonly fold: PresenceFold;
  readonly settings: PresenceSettings;
  readonly clock: Clock;
  readonly broadcast: Broadcast;
  /** Default: those of limits.ts. */
  readonly limits?: PresenceChannelLimits;
}

/**
 * Tells a channel's watchers who comes, goes and changes state: in small channels at once, each about the others; in large
 * ones together, as net effect. What a watcher is told always adds up to who is there, from its snapshot on.
 */
export class PresenceChannel {
  readonly fold: PresenceFold;
  readonly #needs: WayNeeds;
  readonly #limits: PresenceChannelLimits;
  readonly #watchers = new Watchers();
  readonly #arrivals: Arrivals;
  #way: Announcing | Intervals;
  /** Ends interval mode, if the channel is still small then. */
  #cancelSmall: (() => void) | undefined;

  constructor(options: PresenceChannelOptions) {
    const { fold, settings, clock, limits = defaultSignalingLimits } = options;
    this.fold = fold;
    this.#limits = limits;
    const frames = new PresenceFrames(options);
    this.#needs = { fold, settings, clock, limits, frames, watchers: this.#watchers };
    this.#arrivals = new Arrivals(clock, limits.signalingSnapshotMergeMs, (watchers) => this.#give(watchers));
    this.#way = new Announcing(this.#needs);
    this.#growIfLarge();
  }

  get watchers(): number {
    return this.#watchers.size + this.#arrivals.size;
  }

  get mode(): 'announce' | 'interval' {
    return this.#way.mode;
  }

  /** Gives the watcher a snapshot, now or within `signalingSnapshotMergeMs`, and tells it what follows. */
  attach(watcher: Watcher): void {
    if (this.fold.occupancy <= this.#limits.signalingSnapshotMergeUsersMin) this.#give([watcher]);
    else this.#arrivals.add(watcher);
  }

  /** Nothing is told to the watcher any more. */
  detach(watcher: Watcher): void {
    this.#arrivals.delete(watcher);
    this.#watchers.delete(watcher);
  }

  /** Tells the watchers the changes that a record made; the fold has them already. */
  tell(all: readonly PersonChange[]): void {
    const changes = all.filter(isOfPresence);
    if (changes.length === 0) return;
    if (this.#watchers.size === 0) {
      this.#forget();
      return;
    }
    this.#growIfLarge();
    this.#way.tell(changes);
    if (this.mode === 'interval' && this.#isSmall()) this.#shrinkLater();
  }

  /** Ends all timers; nothing is told any more. */
  stop(): void {
    this.#arrivals.stop();
    this.#forget();
    this.#watchers.clear();
  }

  #give(watchers: readonly Watcher[]): void {
    if (watchers.length === 0) return;
    const { occupants } = taken(this.fold.occupants(), {
      usersMax: this.#limits.signalingSnapshotUsersMax,
      lengthMax: fixed.signalingFrameLengthMax,
    });
    const text = this.#needs.frames.text({ type: 'SNAPSHOT', occupants });
    for (const watcher of watchers) {
      this.detach(watcher);
      this.#watchers.add(watcher, this.#way.untold);
      watcher.send(text);
    }
    if (this.#watchers.apart > this.#limits.signalingWindowNewcomersMax) this.#way.flush();
  }

  /** Interval mode begins with the size. */
  #growIfLarge(): void {
    if (this.#way instanceof Announcing && this.#isLarge())
      this.#way = new Intervals(this.#needs, this.#way.takeHeld());
  }

  /** Nobody is to be told what waits: the way is that of the size, and begins anew. */
  #forget(): void {
    this.#cancelSmall?.();
    this.#cancelSmall = undefined;
    this.#way.end();
    if (this.#isLarge()) this.#way = new Intervals(this.#needs, []);
    else if (this.mode === 'interval') this.#way = new Announcing(this.#needs);
  }

  #isLarge(): boolean {
    return this.fold.occupancy >= this.#needs.settings.announceMax;
  }

  /** A little below where it began, so that one who comes and goes does not make the mode do so. */
  #isSmall(): boolean {
    return this.fold.occupancy < Math.floor(this.#needs.settings.announceMax * 0.9);
  }

  /** Once it has been small for the debounce: who left last may be back by then. */
  #shrinkLater(): void {
    const { clock, settings } = this.#needs;
    this.#cancelSmall ??= clock.after(settings.debounceMs, () => {
      this.#cancelSmall = undefined;
      if (!this.#isSmall()) return;
      this.#way.flush();
      this.#way.end();
      this.#way = new Announcing(this.#needs);
    });
  }
}

const isOfPresence = (change: PersonChange): change is Exclude<PersonChange, { type: 'links' }> =>
  change.type !== 'links';
