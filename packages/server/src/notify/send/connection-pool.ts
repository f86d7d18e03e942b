import type { Clock } from '../../clock.ts';
import type { HttpConnection } from './http-connection.ts';

/** Receivers close idle connections after 5 s at the shortest in common use (Node's default): be gone before. */
export const idleConnectionMs = 4_000;
/** Idle connections of all receivers together; one more is closed instead of kept. */
export const idleConnectionsMax = 1_024;
const sweepMs = 1_000;

interface Idle {
  readonly connection: HttpConnection;
  readonly sinceMs: number;
}

/** Connections that wait for their next exchange, by target. The newest goes first, so that the surplus ages out. */
export class ConnectionPool {
  readonly #clock: Clock;
  readonly #idle = new Map<string, Idle[]>();
  #count = 0;
  #cancelSweep: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string): HttpConnection | undefined {
    const idle = this.#idle.get(key)?.pop();
    if (!idle) return undefined;
    this.#count -= 1;
    idle.connection.onClose = () => {};
    return idle.connection;
  }

  /** Keeps a connection whose exchange is over, or closes it. */
  give(key: string, connection: HttpConnection): void {
    if (this.#closed || !connection.reusable || this.#count >= idleConnectionsMax) {
      connection.destroy();
      return;
    }
    const idle: Idle = { connection, sinceMs: this.#clock.steadyMs() };
    const list = this.#idle.get(key);
    if (list) list.push(idle);
    else this.#idle.set(key, [idle]);
    this.#count += 1;
    connection.onClose = () => this.#drop(key, idle);
    this.#cancelSweep ??= this.#clock.after(sweepMs, () => this.#sweep());
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep?.();
    for (const { connection } of [...this.#idle.values()].flat()) connection.destroy();
  }

  #drop(key: string, idle: Idle): void {
    const list = this.#idle.get(key);
    const index = list?.indexOf(idle) ?? -1;
    if (!list || index < 0) return;
    list.splice(index, 1);
    this.#count -= 1;
    if (list.length === 0) this.#idle.delete(key);
  }

  #sweep(): void {
    const deadline = this.#clock.steadyMs() - idleConnectionMs;
    for (const [key, list] of this.#idle) {
      for (const idle of list.filter(({ sinceMs }) => sinceMs <= deadline)) {
        this.#drop(key, idle);
        idle.connection.destroy();
      }
      if (list.length === 0) this.#idle.delete(key);
    }
    this.#cancelSweep =
      this.#count > 0 && !this.#closed ? this.#clock.after(sweepMs, () => this.#sweep()) : undefined;
  }
}
