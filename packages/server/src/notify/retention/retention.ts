import type { ChannelEvent } from '@housecount/protocol';
import type { Feed } from '../../log/contract/feed.ts';
import { timeOf } from '../../log/record/record.ts';
import { eventOf } from '../notice/channel-events.ts';
import { type Cursor, DeliveryWindow } from '../progress/delivery-window.ts';

/** Bounds of what may wait for an endpoint. */
export interface Retention {
  /** No longer than this, milliseconds. */
  readonly ms: number;
  /** Events further back than this many bytes of the log, counted in whole files of it, are set aside, … */
  readonly bytes: number;
  /** … of each app its newest bytes, up to so many. */
  readonly bytesPerApp: number;
  /** Interval at which endpoints are checked for that, milliseconds. */
  readonly checkMs: number;
}

/** Retention.checkMs in the product. Chosen: short against hours. */
export const retentionCheckMs = 10 * 60_000;

/** The bound of retention at one moment: events that lie beyond it are let go. */
export interface Beyond {
  /** Events before this, epoch milliseconds … */
  readonly beforeMs: number;
  /** … and those up to this position of the log. */
  readonly position: number;
}

type Followed = Feed;

/** True if the oldest event that waits at this cursor is beyond retention. */
export async function isBeyond(
  log: Followed,
  cursor: Cursor,
  beyond: Beyond,
  signal: AbortSignal,
): Promise<boolean> {
  const after = new DeliveryWindow(cursor).readAfter;
  if (after >= log.lastPosition) return false;
  if (after < beyond.position) return true;
  for await (const [first] of log.follow(after, signal))
    return first !== undefined && timeOf(first.record) < beyond.beforeMs;
  return false;
}

/**
 * Tells `onLost` of every event that waits at the cursor and lies beyond retention, in order; resolves with the position
 * up to which all is then told, which is not all when the signal aborts. Fails with what the log fails with.
 */
export async function eachBeyond(
  log: Followed,
  cursor: Cursor,
  beyond: Beyond,
  onLost: (event: ChannelEvent) => void,
  signal: AbortSignal,
): Promise<number> {
  const open = new Set(cursor.open);
  let through = new DeliveryWindow(cursor).readAfter;
  if (through >= log.lastPosition) return through;
  for await (const batch of log.follow(through, signal)) {
    for (const { position, record } of batch) {
      // Not all positions need be there: what is between two of them is nobody's.
      if (position > beyond.position && timeOf(record) >= beyond.beforeMs)
        return Math.max(through, beyond.position);
      through = position;
      const event = eventOf(record);
      if (event && (position > cursor.through || open.has(position))) onLost(event);
    }
    if (through >= log.lastPosition) return through;
  }
  return through;
}

/** The cursor when everything up to `through` is done with. */
export function passed(cursor: Cursor, through: number): Cursor {
  return {
    through: Math.max(cursor.through, through),
    open: cursor.open.filter((position) => position > through),
  };
}
