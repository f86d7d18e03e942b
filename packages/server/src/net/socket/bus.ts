import type { Broadcast, Socket } from './socket.ts';

/**
 * The bus of the server's sockets: what is published on it reaches those of every listener that has joined it. It is built
 * before there is a listener; until then there is no socket, so nobody misses what is published.
 */
export class SocketBus implements Broadcast {
  readonly #listeners = new Set<Broadcast>();

  /** The listener carries what is published from now on. Returns the end of it. */
  join(listener: Broadcast): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(topic: string, text: string, except?: Socket): void {
    for (const listener of this.#listeners) listener.publish(topic, text, except);
  }
}
