import { liveKey } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';

export interface PartingConnection {
  readonly app: string;
  readonly channel: string;
  readonly connectionId: string;
  /** The attachment that said goodbye. */
  readonly attachment: number;
}

/**
 * Connections that said goodbye unless they resume in a moment: a page that was closed, or is being reloaded. The log knows
 * them as silent already, so whatever is lost here (a crash, a stop, a log that fails) ends with their lease. Never more
 * than the members.
 */
export class Partings {
  readonly #options: {
    readonly log: Pick<Commands, 'submit'>;
    readonly clock: Clock;
    readonly logger: Logger;
  };
  readonly #cancels = new Map<string, () => void>();

  constructor(options: {
    readonly log: Pick<Commands, 'submit'>;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#options = options;
  }

  get size(): number {
    return this.#cancels.size;
  }

  /** The member leaves after `graceMs` milliseconds, unless `take` comes before. */
  add(connection: PartingConnection, graceMs: number): void {
    const { connectionId } = connection;
    this.take(connectionId);
    const cancel = this.#options.clock.after(graceMs, () => {
      this.#cancels.delete(connectionId);
      void this.#leave(connection);
    });
    this.#cancels.set(connectionId, cancel);
  }

  /** The client is back: it does not leave. */
  take(connectionId: string): void {
    this.#cancels.get(connectionId)?.();
    this.#cancels.delete(connectionId);
  }

  /** Forgets them all; their leases go on. */
  stop(): void {
    for (const connectionId of [...this.#cancels.keys()]) this.take(connectionId);
  }

  async #leave({ app, channel, connectionId, attachment }: PartingConnection): Promise<void> {
    const { log, logger } = this.#options;
    try {
      const command = { type: 'leave', connectionId, attachment, evidence: 'bye' } as const;
      await log.submit(liveKey(app, channel), command);
    } catch (cause) {
      logger.warn('a goodbye could not be logged; the member leaves when its lease ends', {
        connectionId,
        cause: String(cause),
      });
    }
  }
}
