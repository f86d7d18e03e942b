import type { Feed } from '../../log/contract/feed.ts';
import type { LogEntry } from '../../log/record/record.ts';
import { eventOf } from '../notice/channel-events.ts';
import type { SetAside } from './set-aside.ts';

/** Bytes of all apps together that are in memory at one time, until they are written. Chosen. */
const pendingBytesMax = 4 * 1024 * 1024;

/** The events of one app that are to be set aside. */
export interface Wanted {
  readonly aside: SetAside;
  /** The position after which they begin. */
  readonly after: number;
}

/**
 * Sets aside the events of several apps up to `to`, in one reading of the log, until it is done or one of the apps has
 * more than its share. All events: which of them an endpoint is sent, its settings say when it reads them. Durable when it
 * resolves. Fails with what the log or the disk fails with.
 */
export async function setAside(options: {
  readonly log: Pick<Feed, 'follow'>;
  /** The wanted events of each app. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly to: number;
  readonly shareBytes: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { log, to, shareBytes, signal } = options;
  const apps = new Map(Array.from(options.wanted, ([app, one]) => [app, new Pending(one)]));
  const all = [...apps.values()];
  let reached = Math.min(...all.map(({ after }) => after));
  if (reached >= to) return;
  const isOver = () => all.some(({ aside }) => aside.bytes > shareBytes);
  for await (const batch of log.follow(reached, signal)) {
    for (const entry of batch) {
      if (entry.position > to) break;
      reached = entry.position;
      const event = eventOf(entry.record);
      const pending = event && apps.get(event.app);
      if (pending && reached > pending.after) pending.add(entry);
    }
    const isFull = all.reduce((sum, { bytes }) => sum + bytes, 0) >= pendingBytesMax;
    for (const pending of all)
      if (isFull || pending.bytes >= pending.aside.chunkBytes) await pending.write(reached);
    if (reached >= to || isOver()) break;
  }
  for (const pending of all) await pending.write(reached);
}

/** Events of one app that are to be set aside and not yet written. */
class Pending {
  readonly aside: SetAside;
  #after: number;
  #entries: LogEntry[] = [];
  #bytes = 0;

  constructor({ aside, after }: Wanted) {
    this.aside = aside;
    this.#after = after;
  }

  /** Written up to here. */
  get after(): number {
    return this.#after;
  }

  /** Approximate size of what is pending, bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#bytes += JSON.stringify(entry).length;
  }

  /** Everything up to `through` has been added. */
  async write(through: number): Promise<void> {
    if (through <= this.#after) return;
    await this.aside.append(this.#entries, { after: this.#after, through });
    this.#entries = [];
    this.#bytes = 0;
    this.#after = through;
  }
}
