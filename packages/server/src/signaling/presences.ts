import type { Clock, Random } from '../clock.ts';
import type { Broadcast } from '../edge/socket.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log/contract.ts';
import { isChannelRecord, type LogEntry } from '../log/record.ts';
import { signalingKey } from '../log/world.ts';
import type { ChannelKey } from './channel-key.ts';
import { PresenceChannel, type PresenceSettings, type Watcher } from './presence-channel.ts';
import { PresenceFold } from './presence-fold.ts';

export interface PresencesOptions {
  readonly log: Pick<Log, 'channel' | 'signalingChannel' | 'lastPosition'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly broadcast: Broadcast;
  readonly settingsOf: (app: string) => PresenceSettings;
  /** Is the MESSAGE channel of a name bound to the live channel of that name? */
  readonly isBound: (app: string) => boolean;
}

interface Kept {
  readonly channel: PresenceChannel;
  /** Records up to here are in the fold already. */
  readonly position: number;
  usedMs: number;
}

/**
 * Who is in each signaling channel that somebody watches or asks about: made of the log's state when first needed, from
 * then on the fold of its records.
 */
export class Presences {
  readonly #options: PresencesOptions;
  readonly #kept = new Map<string, Kept>();
  /** Last position that was absorbed. */
  #position: number;
  /** What waits for a position, in order of position. At most one for each request and subscription under way. */
  #waiting: { readonly position: number; readonly run: () => void }[] = [];

  constructor(options: PresencesOptions) {
    this.#options = options;
    this.#position = options.log.lastPosition;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Tells the watcher who is there and what changes; it sees what is durable by now. Returns the end of it. */
  watch(key: ChannelKey, watcher: Watcher): () => void {
    let attached: PresenceChannel | undefined;
    let isOver = false;
    this.#whenCaughtUp(() => {
      if (isOver) return;
      attached = this.#of(key);
      attached.attach(watcher);
    });
    return () => {
      isOver = true;
      attached?.detach(watcher);
    };
  }

  /** How many are told of each single change in the channel. */
  announcedTo(key: ChannelKey): number {
    const channel = this.#kept.get(signalingKey(key))?.channel;
    return channel?.mode === 'announce' ? channel.watchers : 0;
  }

  /** Who is there, what is durable by now included. Not to be kept over a turn. */
  async fold(key: ChannelKey): Promise<PresenceFold> {
    const { log } = this.#options;
    // Nobody can fill memory with channels that are not there.
    if (!log.channel(key.app, key.channel) && !log.signalingChannel(key)) return new PresenceFold({});
    await this.caughtUp();
    return this.#of(key).fold;
  }

  /** Resolves when all that is durable by now has been absorbed. */
  caughtUp(): Promise<void> {
    return new Promise((resolve) => this.#whenCaughtUp(resolve));
  }

  absorb({ position, record }: LogEntry): void {
    this.#position = position;
    if (record.type === 'signaling') {
      const kept = this.#kept.get(signalingKey(record));
      if (kept && position > kept.position)
        kept.channel.tell(kept.channel.fold.absorbSignaling(record.change));
    } else if (isChannelRecord(record) && this.#options.isBound(record.app)) {
      const { app, channel } = record;
      const kept = this.#kept.get(signalingKey({ app, channelType: 'MESSAGE', channel }));
      if (kept && position > kept.position) kept.channel.tell(kept.channel.fold.absorbLive(record));
    }
    while (this.#waiting[0] && this.#waiting[0].position <= position) this.#waiting.shift()?.run();
  }

  /** Forgets channels that nobody has watched or asked about for `signalingFoldIdleMs`. */
  tidy(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [name, kept] of this.#kept) {
      if (kept.channel.watchers > 0) kept.usedMs = nowMs;
      if (nowMs - kept.usedMs < limits.signalingFoldIdleMs) continue;
      kept.channel.stop();
      this.#kept.delete(name);
    }
  }

  /** Nothing is told any more; who waits is let go. */
  stop(): void {
    for (const { channel } of this.#kept.values()) channel.stop();
    this.#kept.clear();
    for (const { run } of this.#waiting.splice(0)) run();
  }

  #of(key: ChannelKey): PresenceChannel {
    const { log, clock, settingsOf, isBound } = this.#options;
    const name = signalingKey(key);
    const usedMs = clock.nowMs();
    const kept = this.#kept.get(name);
    if (kept) {
      kept.usedMs = usedMs;
      return kept.channel;
    }
    const { app } = key;
    const live = key.channelType === 'MESSAGE' && isBound(app) ? log.channel(app, key.channel) : undefined;
    const fold = new PresenceFold({
      live,
      signaling: log.signalingChannel(key),
      name: this.#options.random.id(12),
    });
    const channel = new PresenceChannel({ ...this.#options, key, fold, settings: settingsOf(app) });
    this.#kept.set(name, { channel, position: log.lastPosition, usedMs });
    return channel;
  }

  /** Runs when everything that is durable now has been absorbed: at once, unless the reader is behind. */
  #whenCaughtUp(run: () => void): void {
    const position = this.#options.log.lastPosition;
    if (position <= this.#position) run();
    else this.#waiting.push({ position, run });
  }
}
