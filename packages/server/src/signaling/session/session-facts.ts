import type { Evidence } from '@housecount/protocol';
import type { ChannelKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import type { Asked, Commands } from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';

export interface FactNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Reports a session's facts to the log, which takes them sooner or later, or the process is about to end. */
export class SessionFacts {
  readonly #needs: FactNeeds;
  readonly #connectionId: string;

  constructor(connectionId: string, needs: FactNeeds) {
    this.#connectionId = connectionId;
    this.#needs = needs;
  }

  /** Nothing was heard of this attachment since `heardMs`, by the clock that only runs. */
  silent(key: ChannelKey, evidence: Evidence, heardMs: number, attachment: number | undefined): void {
    const silentMs = this.#needs.clock.steadyMs() - heardMs;
    void this.#submit(key, { type: 'silent', ...this.#who(attachment), silentMs, evidence });
  }

  heard(key: ChannelKey, attachment: number | undefined): void {
    void this.#submit(key, { type: 'heard', ...this.#who(attachment) });
  }

  /** The session as a whole leaves, whichever attachment it has. Resolves when it is durable, or failed. */
  left(key: ChannelKey, evidence: Evidence): Promise<void> {
    return this.#submit(key, { type: 'leave', connectionId: this.#connectionId, evidence });
  }

  #who(attachment: number | undefined) {
    return { connectionId: this.#connectionId, ...(attachment !== undefined && { attachment }) };
  }

  async #submit(key: ChannelKey, fact: Asked): Promise<void> {
    try {
      await this.#needs.log.submit(key, fact);
    } catch (cause) {
      this.#needs.logger.warn('what became of a session could not be logged', {
        session: this.#connectionId,
        fact: fact.type,
        cause: String(cause),
      });
    }
  }
}
