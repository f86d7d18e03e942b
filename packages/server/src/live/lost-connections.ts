import type { Evidence } from '@housecount/protocol';
import { liveKey } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';

export interface LostConnection {
  readonly app: string;
  readonly channel: string;
  readonly connectionId: string;
  /** The attachment that the socket was. */
  readonly attachment: number;
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
  readonly #underWay = new Set<LostConnection>();

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

  /** Tells the log that the connection is silent from now on. Of an attachment before one that is known as lost it would be no news. */
  add(connection: LostConnection): void {
    const { connectionId, attachment } = connection;
    if ((this.#lost.get(connectionId)?.attachment ?? 0) > attachment) return;
    this.#lost.set(connectionId, connection);
    void this.#report(connection);
  }

  /** The client is back: it is not to be reported again. */
  take(connectionId: string): void {
    this.#lost.delete(connectionId);
  }

  retry(): void {
    for (const connection of this.#lost.values()) void this.#report(connection);
  }

  async #report(connection: LostConnection): Promise<void> {
    const { app, channel, connectionId, attachment, heardMs, evidence } = connection;
    const { log, clock, logger } = this.#options;
    if (this.#underWay.has(connection)) return;
    this.#underWay.add(connection);
    try {
      const silentMs = clock.steadyMs() - heardMs;
      const command = { type: 'silent', connectionId, attachment, silentMs, evidence } as const;
      const outcome = await log.submit(liveKey(app, channel), command);
      const told = outcome.ok || outcome.code === 'not_joined';
      if (told && this.#lost.get(connectionId) === connection) this.#lost.delete(connectionId);
    } catch (cause) {
      logger.warn('a lost connection could not be logged; trying again', {
        connectionId,
        cause: String(cause),
      });
    } finally {
      this.#underWay.delete(connection);
    }
  }
}
