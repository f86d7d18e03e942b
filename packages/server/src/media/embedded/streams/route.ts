import type { Player } from './player.ts';
import type { Publisher } from './publisher.ts';

/** One publisher's name in one room: who sends under it, and who plays it. */
export class Route {
  /** Connected ones, oldest first: the newest is played. A publisher that comes back overlaps with its old session. */
  readonly #publishers: Publisher[] = [];
  readonly #players = new Set<Player>();

  get source(): Publisher | undefined {
    return this.#publishers.at(-1);
  }

  get empty(): boolean {
    return this.#publishers.length === 0 && this.#players.size === 0;
  }

  addPublisher(publisher: Publisher, nowMs: number): void {
    this.#publishers.push(publisher);
    this.#attachAll(nowMs);
  }

  removePublisher(publisher: Publisher, nowMs: number): void {
    const at = this.#publishers.indexOf(publisher);
    if (at < 0) return;
    const played = publisher === this.source;
    this.#publishers.splice(at, 1);
    if (played) this.#attachAll(nowMs);
  }

  addPlayer(player: Player, nowMs: number): void {
    this.#players.add(player);
    player.attach(this.source, nowMs);
  }

  removePlayer(player: Player, nowMs: number): void {
    if (this.#players.delete(player)) player.attach(undefined, nowMs);
  }

  #attachAll(nowMs: number): void {
    for (const player of this.#players) player.attach(this.source, nowMs);
  }
}
