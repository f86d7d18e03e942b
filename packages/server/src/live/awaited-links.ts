import { type Channel, liveKey, type OpenChannel } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';

/** Somebody whose page has said that a link comes: by their account, or else by their uid. */
export interface Awaiting {
  readonly app: string;
  readonly channel: string;
  readonly account?: string | undefined;
  readonly uid?: number | undefined;
}

/** A member of whom a link is awaited. */
export interface AwaitingMember extends Awaiting {
  readonly connectionId: string;
}

/** Where presence has no debounce, a link is awaited for this long, milliseconds. Chosen: a proof takes one answer of the server. */
const noDebounceMs = 1_000;
/** Part of the debounce that is left when a link is no longer awaited: who was there already, and is in anew, is told of before its leave would be. */
const spareShare = 1 / 8;
/** Wait before a log that did not take it is asked again, milliseconds. */
const againMs = 1_000;
/** Time after a link that was awaited in vain in which none of the same member is awaited again, milliseconds. */
const vainMs = 60_000;

/** The time for which the app waits for a link, milliseconds: whoever joins is told of over signaling one debounce later at most. */
export const linkWaitMs = ({ signaling }: { readonly signaling: { readonly debounceMs: number } }): number =>
  signaling.debounceMs * (1 - spareShare) || noDebounceMs;

export interface AwaitedLinksNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Pick<Clock, 'after' | 'steadyMs'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Members of whom a link is awaited. Nobody waits for ever: who is not linked in time is known as nobody but itself. The time runs on
 * without the socket, over a resume, and over a join that replaces the member, so that nobody stays unseen by coming again and
 * again; a restart begins it anew for all. Never more than joined in one such time, or were there at a restart.
 */
export class AwaitedLinks {
  readonly #needs: AwaitedLinksNeeds;
  readonly #cancels = new Map<string, () => void>();
  /** Until when a link is, or was, awaited of those of whom none has come, by who they are; the earliest first. */
  readonly #untilMs = new Map<string, number>();
  #isOver = false;

  constructor(needs: AwaitedLinksNeeds) {
    this.#needs = needs;
  }

  get size(): number {
    return this.#cancels.size;
  }

  /** May a link of them be awaited? Not again so soon after one that did not come. */
  mayAwait(who: Awaiting): boolean {
    const untilMs = this.#untilMs.get(keyOf(who));
    const nowMs = this.#needs.clock.steadyMs();
    return untilMs === undefined || nowMs < untilMs || nowMs >= untilMs + vainMs;
  }

  /** A link of the member is awaited for `waitMs` milliseconds from now on, unless it is already. */
  add(member: AwaitingMember, waitMs: number): void {
    if (this.#isOver || this.#cancels.has(member.connectionId)) return;
    this.#ask(member, this.#until(member, waitMs) - this.#needs.clock.steadyMs());
  }

  /** The log has it: nothing is awaited any more. */
  take(member: AwaitingMember): void {
    this.#cancel(member.connectionId);
    this.#untilMs.delete(keyOf(member));
  }

  /** Forgets them all, and takes no more: the next process begins anew. */
  stop(): void {
    this.#isOver = true;
    for (const connectionId of [...this.#cancels.keys()]) this.#cancel(connectionId);
    this.#untilMs.clear();
  }

  #until(member: AwaitingMember, waitMs: number): number {
    const key = keyOf(member);
    const nowMs = this.#needs.clock.steadyMs();
    const known = this.#untilMs.get(key);
    if (known !== undefined && nowMs < known) return known;
    for (const [old, untilMs] of this.#untilMs) {
      if (nowMs < untilMs + vainMs && this.#untilMs.size < fixed.awaitedLinksMax) break;
      this.#untilMs.delete(old);
    }
    this.#untilMs.delete(key);
    this.#untilMs.set(key, nowMs + waitMs);
    return nowMs + waitMs;
  }

  #ask(member: AwaitingMember, waitMs: number): void {
    if (this.#isOver) return;
    const { connectionId } = member;
    const cancel = this.#needs.clock.after(waitMs, () => {
      this.#cancels.delete(connectionId);
      void this.#giveUp(member);
    });
    this.#cancels.set(connectionId, cancel);
  }

  #cancel(connectionId: string): void {
    this.#cancels.get(connectionId)?.();
    this.#cancels.delete(connectionId);
  }

  async #giveUp(member: AwaitingMember): Promise<void> {
    const { app, channel, connectionId } = member;
    const { log, logger } = this.#needs;
    try {
      const outcome = await log.submit(liveKey(app, channel), { type: 'link', connectionId });
      // not_joined: it has left. Anything else is the log's trouble of the moment.
      if (!outcome.ok && outcome.code !== 'not_joined') this.#ask(member, againMs);
    } catch (cause) {
      logger.warn('a member that no link came for could not be made known over signaling; trying again', {
        connectionId,
        cause: String(cause),
      });
      this.#ask(member, againMs);
    }
  }
}

const keyOf = ({ app, channel, account, uid }: Awaiting): string =>
  JSON.stringify([app, channel, account ?? uid]);

/** Those of whom a link was awaited when the server ended: nobody has waited for them since. */
export function* awaitedAtStart(log: Pick<Channels, 'everyChannel'>): Generator<AwaitingMember> {
  for (const { key, roster } of log.everyChannel().filter(isLive))
    for (const { uid, account, connectionId, linkAwaited } of roster)
      if (linkAwaited) yield { app: key.app, channel: key.name, account, uid, connectionId };
}

const isLive = (channel: Channel): channel is OpenChannel =>
  channel.key.kind === 'live' && channel.sid !== undefined;
