import type { Socket } from '../../net/socket/socket.ts';

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
export interface Watching {
  readonly watcher: Watcher;
  /** Grows with each snapshot and each leave that is held back, so that the two are in order. */
  readonly since: number;
  /** Length of the window when it was given a snapshot in it; undefined once it is told with all others. */
  windowFrom?: number;
}

/** The watchers of one channel that have a snapshot, and which of them are told apart from the others. */
export class Watchers {
  readonly #watching = new Map<Watcher, Watching>();
  #since = 0;
  #apart = 0;

  get size(): number {
    return this.#watching.size;
  }

  /** Those who are told apart, by a window that began before their snapshot. */
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

  /** One that is new is given a snapshot now, after `windowFrom` changes of a window that all others are told as one; 0: none. */
  add(watcher: Watcher, windowFrom: number): void {
    const since = this.next();
    this.#watching.set(watcher, { watcher, since, ...(windowFrom > 0 && { windowFrom }) });
    if (windowFrom > 0) this.#apart += 1;
    else watcher.goLive();
  }

  delete(watcher: Watcher): void {
    const watching = this.#watching.get(watcher);
    if (!watching) return;
    this.#watching.delete(watcher);
    if (watching.windowFrom === undefined) watcher.leaveLive();
    else this.#apart -= 1;
  }

  /** One that was told with all others is told apart, after `windowFrom` changes of the window. */
  setApart(watching: Watching, windowFrom: number): void {
    watching.windowFrom = windowFrom;
    watching.watcher.leaveLive();
    this.#apart += 1;
  }

  /** One that was told apart is told with all others from now on. */
  unite(watching: Watching): void {
    delete watching.windowFrom;
    watching.watcher.goLive();
    this.#apart -= 1;
  }

  clear(): void {
    for (const { watcher, windowFrom } of this.#watching.values())
      if (windowFrom === undefined) watcher.leaveLive();
    this.#watching.clear();
    this.#apart = 0;
  }
}
