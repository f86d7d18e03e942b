import type { Socket } from '../../../net/socket/socket.ts';

/** A session that watches the presence of a channel. */
export interface Watcher {
  readonly userId: string;
  /** The socket that its frames go to. */
  readonly socket: Socket;
  send(text: string): void;
  /** From now on also receives what is published on the channel's topic. */
  goLive(): void;
  leaveLive(): void;
}

/** A watcher and its snapshot: it knows everything that happened before that. */
export interface Watching {
  readonly watcher: Watcher;
  /** Grows with each snapshot and each leave that is held back, so that the two are in order. */
  readonly since: number;
  /** The number of changes in the interval that its snapshot had already; undefined once it is told with all others. */
  intervalFrom?: number;
}

/** The watchers of one channel that have a snapshot, and which of them are told apart from the others. */
export class Watchers {
  readonly #watching = new Map<Watcher, Watching>();
  #since = 0;
  #apart = 0;

  get size(): number {
    return this.#watching.size;
  }

  /** The number of watchers that are told apart, because the interval began before their snapshot. */
  get apart(): number {
    return this.#apart;
  }

  all(): Iterable<Watching> {
    return this.#watching.values();
  }

  /** The next place in the order of snapshots and leaves. */
  next(): number {
    this.#since += 1;
    return this.#since;
  }

  /** One that is new is given a snapshot now, after `intervalFrom` changes of an interval, of which all others are told as one; 0: none. */
  add(watcher: Watcher, intervalFrom: number): void {
    const since = this.next();
    this.#watching.set(watcher, { watcher, since, ...(intervalFrom > 0 && { intervalFrom }) });
    if (intervalFrom > 0) this.#apart += 1;
    else watcher.goLive();
  }

  delete(watcher: Watcher): void {
    const watching = this.#watching.get(watcher);
    if (!watching) return;
    this.#watching.delete(watcher);
    if (watching.intervalFrom === undefined) watcher.leaveLive();
    else this.#apart -= 1;
  }

  /** One that was told with all others is told apart, after `intervalFrom` changes of the interval. */
  setApart(watching: Watching, intervalFrom: number): void {
    watching.intervalFrom = intervalFrom;
    watching.watcher.leaveLive();
    this.#apart += 1;
  }

  /** One that was told apart is told with all others from now on. */
  unite(watching: Watching): void {
    delete watching.intervalFrom;
    watching.watcher.goLive();
    this.#apart -= 1;
  }

  clear(): void {
    for (const { watcher, intervalFrom } of this.#watching.values())
      if (intervalFrom === undefined) watcher.leaveLive();
    this.#watching.clear();
    this.#apart = 0;
  }
}
