import type { Evidence } from '@housecount/protocol';
import { liveKey } from '../channel/channel.ts';
import { type Clock, stampOf } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';

export interface LostConnection {
  readonly app: string;
  readonly channel: string;
  readonly connectionId: string;
  /** When it was last heard, by the clock that only runs. */
  readonly heardMs: number;
  readonly evidence: Evidence;
}

/**
 * Members whose socket is gone and whom the log still believes live. Told to the log at once; if that fails, again at every
 * sweep until it succeeds, because a forgotten one would be counted for ever. Never more than the members.
 */
export class LostConnections {
  readonly #options: {
    readonly log: Pick<Commands, 'submit'>;
    readonly clock: Clock;
    readonly logger: Logger;
  };
  readonly #lost = new Map<string, LostConnection>();
  readonly #underWay = new Set<string>();

  constructor(options: {
    readonly log: Pick<Commands, 'submit'>;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#options = options;
  }

  get size(): number {
    return this.#lost.size;
  }

  /** Tells the log that the connection is silent from now on. */
  add(connection: LostConnection): void {
    this.#lost.set(connection.connectionId, connection);
    void this.#report(connection);
  }

  /** The client is coming back: it is not to be reported again. */
  take(connectionId: string): LostConnection | undefined {
    const connection = this.#lost.get(connectionId);
    this.#lost.delete(connectionId);
    return connection;
  }

  retry(): void {
    for (const connection of this.#lost.values()) void this.#report(connection);
  }

  async #report(connection: LostConnection): Promise<void> {
    const { app, channel, connectionId, heardMs, evidence } = connection;
    const { log, clock, logger } = this.#options;
    if (this.#underWay.has(connectionId)) return;
    this.#underWay.add(connectionId);
    try {
      const lastHeardMs = stampOf(clock, heardMs);
      const command = { type: 'silent', connectionId, lastHeardMs, evidence } as const;
      const outcome = await log.submit(liveKey(app, channel), command);
      const told = outcome.ok || outcome.code === 'not_joined';
      if (told && this.#lost.get(connectionId) === connection) this.#lost.delete(connectionId);
    } catch (cause) {
      logger.warn('a lost connection could not be logged; trying again', {
        connectionId,
        cause: String(cause),
      });
    } finally {
      this.#underWay.delete(connectionId);
    }
  }
}
