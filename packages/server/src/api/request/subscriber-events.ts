import { type ChannelEvent, HousecountError } from '@housecount/protocol';
import { isSame } from '../../channel/channel.ts';
import { isEvent } from '../../channel/decision.ts';
import type { Clock } from '../../clock.ts';
import { limits as defaults, type LimitsOf } from '../../limits.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { ChannelKey } from '../../signaling/names/channel-key.ts';

export type SubscriberEventLimits = LimitsOf<'subscriberEventsScanMax' | 'subscriberWaitersMax'>;

interface Found {
  readonly events: readonly ChannelEvent[];
  /** The last position that was looked at. */
  readonly through: number;
  /** True when there may be more now. */
  readonly more: boolean;
}

/** Events of signaling channels, read from the log itself. */
export class SubscriberEvents {
  readonly #log: Feed & Pick<LogRetention, 'firstPosition'>;
  readonly #clock: Clock;
  readonly #limits: SubscriberEventLimits;
  #waiting = 0;

  constructor(
    log: Feed & Pick<LogRetention, 'firstPosition'>,
    clock: Clock,
    limits: SubscriberEventLimits = defaults,
  ) {
    this.#log = log;
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Events of the channel among what the log holds after a position. If there are none, waits this long for one.
   * @throws HousecountError no_longer_kept; too_many_connections if limits.subscriberWaitersMax wait.
   */
  async after(
    key: ChannelKey,
    options: {
      readonly after: number;
      readonly size: number;
      readonly waitMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Found> {
    const { waitMs, signal, size } = options;
    const untilMs = this.#clock.steadyMs() + waitMs;
    const found = await this.#read(key, options);
    if (found.events.length > 0 || found.more || waitMs === 0) return found;
    if (this.#waiting >= this.#limits.subscriberWaitersMax)
      throw new HousecountError(
        'too_many_connections',
        `As many requests wait for events of subscribers as may. That is ${this.#limits.subscriberWaitersMax}.`,
      );
    const deadline = new AbortController();
    const cancel = this.#clock.after(Math.max(0, untilMs - this.#clock.steadyMs()), () => deadline.abort());
    this.#waiting += 1;
    try {
      return await this.#follow(key, {
        after: found.through,
        size,
        through: Number.POSITIVE_INFINITY,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
    } finally {
      this.#waiting -= 1;
      cancel();
    }
  }

  /** Reads the events that there are now, in a bounded part of the log. */
  async #read(
    key: ChannelKey,
    { after, size, signal }: { readonly after: number; readonly size: number; readonly signal: AbortSignal },
  ): Promise<Found> {
    const last = this.#log.lastPosition;
    if (after > last || after + 1 < (await this.#log.firstPosition())) throw gone();
    const through = Math.min(last, after + this.#limits.subscriberEventsScanMax);
    if (after === through) return { events: [], through, more: false };
    return this.#follow(key, { after, size, through, signal });
  }

  /** Follows the log to a position, or `size` events, or, without an end, to some events or the signal. */
  async #follow(
    key: ChannelKey,
    {
      after,
      size,
      through,
      signal,
    }: {
      readonly after: number;
      readonly size: number;
      readonly through: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Found> {
    const events: ChannelEvent[] = [];
    let cursor = after;
    for await (const batch of this.#log.follow(after, signal)) {
      for (const { position, record } of batch) {
        // The records in between have been deleted since.
        if (position !== cursor + 1) throw gone();
        cursor = position;
        // A change without a seq is told to nobody as an event.
        if (record.type === 'channel' && isSame(record.key, key) && isEvent(record.change))
          events.push(record.change);
        if (position >= through || events.length >= size) break;
      }
      if (
        cursor >= through ||
        events.length >= size ||
        (through === Number.POSITIVE_INFINITY && events.length > 0)
      )
        break;
    }
    return { events, through: cursor, more: cursor < this.#log.lastPosition };
  }
}

const gone = () =>
  new HousecountError('no_longer_kept', 'Ask who subscribes now, and go on with the cursor of that.');
