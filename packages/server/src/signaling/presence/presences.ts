import type { RosterViewRequest } from '@housecount/protocol';
import { idOf, liveKey } from '../../channel/channel.ts';
import type { AbsentShown } from '../../channel/shared-change.ts';
import type { Clock, Random } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { ChannelRecord, LogEntry } from '../../log/record/record.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import type { RosterHold } from '../../rosters/roster-stream.ts';
import type { RosterCursor, RosterReader } from '../../rosters/roster-subscription.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { type ChangeSource, ChannelRoster } from '../roster/channel-roster.ts';
import { defaultSignalingLimits, type PresenceLimits } from '../signaling-limits.ts';
import { PresenceChannel } from './channel/presence-channel.ts';
import type { Watcher } from './channel/watchers.ts';
import { type PersonChange, PresenceFold } from './presence-fold.ts';
import type { PresenceSettings } from './presence-settings.ts';

export interface PresencesOptions {
  readonly log: Pick<Channels, 'channel'> & Pick<Feed, 'lastPosition'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly broadcast: Broadcast;
  readonly settingsOf: (app: string) => PresenceSettings;
  /** Returns true when the MESSAGE channel of a name is bound to the live channel of that name. */
  readonly isBound: (app: string) => boolean;
  /** Default: those of limits.ts. */
  readonly limits?: PresenceLimits;
}

interface Kept {
  readonly channel: PresenceChannel;
  /** While somebody follows it, and a while longer so that they can come back. */
  roster?: ChannelRoster;
  rosterUsedMs: number;
  /** Records up to here are in the fold already. */
  readonly position: number;
  usedMs: number;
  /** Ends the telling of those who are not back after a start. */
  cancelShow?: () => void;
}

/**
 * The people in each signaling channel that somebody watches or asks about: made of the log's state when first needed, from
 * then on the fold of its records.
 */
export class Presences {
  readonly #options: PresencesOptions;
  readonly #limits: PresenceLimits;
  readonly #kept = new Map<string, Kept>();
  /** Last position that was absorbed. */
  #position: number;
  /** Callbacks that wait for a position, in order of position. At most one for each request and subscription under way. */
  #waiting: { readonly position: number; readonly run: () => void }[] = [];
  /** Rosters that the batch of the log has something for. */
  readonly #touched = new Set<ChannelRoster>();
  /** Channels whose roster is followed, or was a moment ago. */
  #rosters = 0;
  #ringChars = 0;

  constructor(options: PresencesOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultSignalingLimits;
    this.#position = options.log.lastPosition;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Channels whose roster is followed, or was a moment ago. */
  get rosters(): number {
    return this.#rosters;
  }

  /** Tells the watcher who is there and what changes; it sees what is durable by now. Returns the end of it. */
  watch(key: ChannelKey, watcher: Watcher): () => void {
    let attached: PresenceChannel | undefined;
    let isOver = false;
    this.#whenCaughtUp(() => {
      if (isOver) return;
      attached = this.#of(key).channel;
      attached.attach(watcher);
    });
    return () => {
      isOver = true;
      attached?.detach(watcher);
    };
  }

  /** Says why there is no room for one more reader of this much of the channel's roster; undefined: there is. */
  noRosterRoom(key: ChannelKey, view: RosterViewRequest | undefined): string | undefined {
    const roster = this.#kept.get(idOf(key))?.roster;
    const { signalingRosterChannelsMax } = this.#limits;
    if (!roster && this.#rosters >= signalingRosterChannelsMax)
      return `The rosters of as many channels are followed as the server may have (${signalingRosterChannelsMax}); try again later.`;
    if (roster && view && !roster.hasRoom(view))
      return 'Too many different windows of this roster are followed; ask for round ones (from 0, 50, 100 …), which are shared.';
    return undefined;
  }

  /** Tells the reader who is there, all of it or a view, and what changes; from its cursor on if that can be. */
  followRoster(
    key: ChannelKey,
    view: RosterViewRequest | undefined,
    reader: RosterReader,
    cursor?: RosterCursor,
  ): RosterHold {
    let stream: RosterHold | undefined;
    let isOver = false;
    this.#whenCaughtUp(() => {
      if (!isOver) stream = this.#rosterOf(key).follow(view, reader, cursor);
    });
    return {
      drained: () => stream?.drained(),
      stop: () => {
        isOver = true;
        stream?.stop();
      },
    };
  }

  /** The number of readers that are told of each single change in the channel. */
  announcedTo(key: ChannelKey): number {
    const kept = this.#kept.get(idOf(key));
    if (!kept) return 0;
    const { channel, roster } = kept;
    return (channel.mode === 'announce' ? channel.watchers : 0) + (roster?.readersOfAll ?? 0);
  }

  /** The people in the channel, with everything that is durable by now. Not to be kept over a turn. */
  async fold(key: ChannelKey): Promise<PresenceFold> {
    const { log } = this.#options;
    // Nobody can fill memory with channels that are not there.
    if (!log.channel(liveKey(key.app, key.name)) && !log.channel(key)) return new PresenceFold({});
    await this.caughtUp();
    return this.#of(key).channel.fold;
  }

  /** Resolves when all that is durable by now has been absorbed. */
  caughtUp(): Promise<void> {
    return new Promise((resolve) => this.#whenCaughtUp(resolve));
  }

  absorb({ position, record }: LogEntry): void {
    this.#position = position;
    if (record.type === 'channel') this.#fold(record, position);
    if (record.type === 'absent-shown') this.#showAbsent(record, position);
    while (this.#waiting[0] && this.#waiting[0].position <= position) this.#waiting.shift()?.run();
  }

  /** The end of a batch of the log. */
  settle(): void {
    for (const roster of this.#touched) roster.settle();
    this.#touched.clear();
  }

  /** Forgets channels that nobody has watched or asked about for `signalingFoldIdleMs`. */
  tidy(): void {
    const steadyMs = this.#options.clock.steadyMs();
    for (const [name, kept] of this.#kept) {
      if (kept.roster && kept.roster.readers > 0) kept.rosterUsedMs = steadyMs;
      if (kept.channel.watchers > 0 || kept.rosterUsedMs === steadyMs) kept.usedMs = steadyMs;
      if (kept.roster && steadyMs - kept.rosterUsedMs >= this.#limits.signalingFoldIdleMs) {
        kept.roster.stop();
        delete kept.roster;
        this.#rosters -= 1;
      }
      if (kept.roster || steadyMs - kept.usedMs < this.#limits.signalingFoldIdleMs) continue;
      kept.cancelShow?.();
      kept.channel.stop();
      this.#kept.delete(name);
    }
  }

  /** Nothing is told any more; who waits is let go. */
  stop(): void {
    for (const { channel, roster, cancelShow } of this.#kept.values()) {
      cancelShow?.();
      channel.stop();
      roster?.stop();
    }
    this.#kept.clear();
    for (const { run } of this.#waiting.splice(0)) run();
  }

  #fold({ key, change }: ChannelRecord, position: number): void {
    const { app, kind, name } = key;
    if (kind === 'live') {
      const kept = this.#options.isBound(app) && this.#kept.get(idOf({ app, kind: 'message', name }));
      if (kept && position > kept.position)
        this.#tell(kept, kept.channel.fold.absorbLive(change), { roster: 'live', record: change });
      return;
    }
    const kept = this.#kept.get(idOf(key));
    if (kept && position > kept.position)
      this.#tell(kept, kept.channel.fold.absorbSignaling(change), { roster: 'signaling', record: change });
  }

  /** Those who are not back after a start are interrupted in every roster that was made before that was recorded. */
  #showAbsent(record: AbsentShown, position: number): void {
    for (const kept of this.#kept.values()) if (position > kept.position) this.#absentSlice(kept, record);
  }

  /** One slice of them, and the next one in a moment. */
  #absentSlice(kept: Kept, record: AbsentShown): void {
    const shown = kept.channel.fold.showAbsent(fixed.rosterFrameChangesMax);
    if (!shown) return;
    for (const roster of ['live', 'signaling'] as const) this.#tell(kept, shown[roster], { roster, record });
    kept.cancelShow = this.#options.clock.after(fixed.absentSliceMs, () => {
      this.#absentSlice(kept, record);
      this.settle();
    });
  }

  #tell(kept: Kept, changes: readonly PersonChange[], source: ChangeSource): void {
    kept.channel.tell(changes);
    if (!kept.roster) return;
    kept.roster.absorb(changes, source);
    this.#touched.add(kept.roster);
  }

  #rosterOf(key: ChannelKey): ChannelRoster {
    const kept = this.#of(key);
    kept.rosterUsedMs = this.#options.clock.steadyMs();
    if (kept.roster) return kept.roster;
    const roster: ChannelRoster = new ChannelRoster({
      ...this.#options,
      limits: this.#limits,
      key,
      fold: kept.channel.fold,
      stream: this.#options.random.id(12),
      onRingSize: (delta) => {
        this.#ringChars += delta;
        if (delta > 0 && this.#ringChars > this.#limits.signalingRosterRingCharsTotalMax)
          roster.shed(this.#limits.signalingRosterRingCharsMax / 4);
      },
    });
    kept.roster = roster;
    this.#rosters += 1;
    return roster;
  }

  #of(key: ChannelKey): Kept {
    const { log, clock, settingsOf, isBound } = this.#options;
    const name = idOf(key);
    const usedMs = clock.steadyMs();
    const kept = this.#kept.get(name);
    if (kept) {
      kept.usedMs = usedMs;
      return kept;
    }
    const { app } = key;
    const live = key.kind === 'message' && isBound(app) ? log.channel(liveKey(app, key.name)) : undefined;
    const fold = new PresenceFold({
      live,
      signaling: log.channel(key),
      name: this.#options.random.id(12),
    });
    const channel = new PresenceChannel({
      ...this.#options,
      limits: this.#limits,
      key,
      fold,
      settings: settingsOf(app),
    });
    const made: Kept = { channel, position: log.lastPosition, usedMs, rosterUsedMs: 0 };
    this.#kept.set(name, made);
    return made;
  }

  /** Runs when everything that is durable now has been absorbed: at once, unless the reader is behind. */
  #whenCaughtUp(run: () => void): void {
    const position = this.#options.log.lastPosition;
    if (position <= this.#position) run();
    else this.#waiting.push({ position, run });
  }
}
