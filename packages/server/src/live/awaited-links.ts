import { liveKey } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';

/** A member whose page has said that a link comes. */
export interface AwaitingMember {
  readonly app: string;
  readonly channel: string;
  readonly connectionId: string;
}

/** Where presence has no debounce, a link is awaited for this long, milliseconds. Chosen: a proof takes one answer of the server. */
const noDebounceMs = 1_000;
/** Wait before a log that did not take it is asked again, milliseconds. */
const againMs = 1_000;

/** The time for which the app waits for a link, milliseconds: whoever joins is told of over signaling one debounce later at most. */
export const linkWaitMs = ({ signaling }: { readonly signaling: { readonly debounceMs: number } }): number =>
  signaling.debounceMs || noDebounceMs;

export interface AwaitedLinksNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Members of which a link is awaited. Nobody waits for ever: who is not linked in time is known as nobody but itself. The time runs on
 * without the socket, and over a resume, so that nobody stays unseen by resuming; what a crash loses begins anew when the client is
 * back, and who does not come back leaves. Never more than joined, or came back after a restart, in one such time.
 */
export class AwaitedLinks {
  readonly #needs: AwaitedLinksNeeds;
  readonly #cancels = new Map<string, () => void>();
  #isOver = false;

  constructor(needs: AwaitedLinksNeeds) {
    this.#needs = needs;
  }

  get size(): number {
    return this.#cancels.size;
  }

  /** A link of the member is awaited for `waitMs` milliseconds from now on, unless it is already. */
  add(member: AwaitingMember, waitMs: number): void {
    const { connectionId } = member;
    if (this.#isOver || this.#cancels.has(connectionId)) return;
    const cancel = this.#needs.clock.after(waitMs, () => {
      this.#cancels.delete(connectionId);
      void this.#giveUp(member);
    });
    this.#cancels.set(connectionId, cancel);
  }

  /** The log has it: nothing is awaited any more. */
  take(connectionId: string): void {
    this.#cancels.get(connectionId)?.();
    this.#cancels.delete(connectionId);
  }

  /** Forgets them all, and takes no more: the next process has their clients wait anew. */
  stop(): void {
    this.#isOver = true;
    for (const connectionId of [...this.#cancels.keys()]) this.take(connectionId);
  }

  async #giveUp(member: AwaitingMember): Promise<void> {
    const { app, channel, connectionId } = member;
    const { log, logger } = this.#needs;
    try {
      const outcome = await log.submit(liveKey(app, channel), { type: 'link', connectionId });
      // not_joined: it has left. Anything else is the log's trouble of the moment.
      if (!outcome.ok && outcome.code !== 'not_joined') this.add(member, againMs);
    } catch (cause) {
      logger.warn('a member that no link came for could not be made known over signaling; trying again', {
        connectionId,
        cause: String(cause),
      });
      this.add(member, againMs);
    }
  }
}
