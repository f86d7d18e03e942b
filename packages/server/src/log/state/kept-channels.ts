import {
  type Channel,
  type ChannelKey,
  type ChannelKind,
  emptyChannel,
  hasKept,
  isCounted,
  noneDeparted,
} from '../../channel/channel.ts';
import { ChannelMap } from '../../channel/channel-map.ts';
import { DueQueue } from '../due/due-queue.ts';
import type { Usage } from './usage.ts';

/**
 * The channels of which there is anything to remember. One that nobody is in is forgotten once all that is left of it lies in the past, by the
 * time of records alone: so every fold of them forgets the same, at the same place.
 */
export class KeptChannels {
  readonly #usage: Pick<Usage, 'isRemembered'>;
  readonly #channels = new ChannelMap<Channel>();
  /** Closed channels, by when what they remember lies in the past. */
  readonly #idle = new DueQueue();

  constructor(usage: Pick<Usage, 'isRemembered'>) {
    this.#usage = usage;
  }

  get(key: ChannelKey): Channel {
    return this.#channels.get(key) ?? emptyChannel(key);
  }

  /** The channel as it is once the log has come to `atMs`. */
  getBy(key: ChannelKey, atMs: number): Channel {
    const channel = this.get(key);
    if (channel.sid !== undefined || (this.#idle.dueMs(key) ?? Number.POSITIVE_INFINITY) > atMs)
      return channel;
    return hasKept(channel) ? { ...channel, departed: noneDeparted } : emptyChannel(key);
  }

  /** As they are now, in no order. */
  all(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** Those of an app and a kind, by name. */
  of(app: string, kind: ChannelKind): ReadonlyMap<string, Channel> {
    return this.#channels.of(app, kind);
  }

  put(channel: Channel): void {
    const { key } = channel;
    const known = this.#channels.get(key);
    this.#channels.set(key, channel);
    if (channel.sid === undefined || known?.sid === undefined) this.#idle.set(key, idleFromMs(channel));
    const isNow = isCounted(channel);
    if (isNow !== (known !== undefined && isCounted(known))) this.#usage.isRemembered(channel, isNow);
  }

  /** The log has come to `atMs`: forgets what is in the past by now; metadata and locks stay. */
  reached(atMs: number): void {
    if ((this.#idle.nextMs() ?? Number.POSITIVE_INFINITY) > atMs) return;
    for (const key of this.#idle.take(atMs)) {
      const channel = this.get(key);
      if (hasKept(channel)) this.#channels.set(key, { ...channel, departed: noneDeparted });
      else if (this.#channels.delete(key) && isCounted(channel)) this.#usage.isRemembered(channel, false);
    }
  }

  /** The number of an app's channels of signaling of which nothing is left to remember by `nowMs`, and which the next record forgets. */
  idle(app: string, nowMs: number): number {
    let idle = 0;
    for (const key of this.#idle.dueBy(nowMs))
      if (key.app === app && key.kind !== 'live' && key.kind !== 'user' && !hasKept(this.get(key))) idle += 1;
    return idle;
  }
}

/**
 * From when on the clock alone keeps what a closed channel counts (clientSeqs, revisions) above what it was, so that it need not be remembered,
 * epoch milliseconds; undefined: it is open, or remembers for good what is left.
 */
function idleFromMs(channel: Channel): number | undefined {
  const { sid, departed, metadata, lastAtMs } = channel;
  if (sid !== undefined || (hasKept(channel) && departed.size === 0)) return undefined;
  let latest = hasKept(channel) ? 0 : Math.max(lastAtMs, metadata.majorRevision);
  for (const clientSeq of departed.values()) latest = Math.max(latest, clientSeq);
  return latest + 1;
}
