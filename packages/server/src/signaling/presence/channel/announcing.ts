import type { SignalingPresenceEvent } from '@housecount/protocol';
import { same } from '../person.ts';
import type { PresenceChange } from '../presence-fold.ts';
import { type HeldLeave, HeldLeaves } from './held-leaves.ts';
import type { PresenceWay, WayNeeds } from './presence-way.ts';
import type { Watcher, Watching } from './watchers.ts';

/**
 * The way of small channels: each watcher is told of each of the others at once. Leaves are held back for the debounce: who is
 * back by then was never away. Who goes on as part of another user is not: the two are never there side by side.
 */
export class Announcing implements PresenceWay {
  readonly mode = 'announce';
  readonly untold = 0;
  readonly #needs: WayNeeds;
  readonly #held = new HeldLeaves();
  #cancelHeld: (() => void) | undefined;

  constructor(needs: WayNeeds) {
    this.#needs = needs;
  }

  tell(changes: readonly PresenceChange[]): void {
    let isToldOfStates = false;
    for (const change of changes) {
      if (change.type === 'join' || change.type === 'states') this.#endFormer(change.userId);
      if (change.type === 'join') isToldOfStates = this.#joined(change.userId);
      else if (change.type === 'states') {
        if (!isToldOfStates) this.#announceStates(change.userId);
      } else this.#gone(change);
    }
  }

  /** Everything but the leaves that are held back is told already. */
  flush(): void {}

  end(): void {
    this.takeHeld();
  }

  /** The leaves that are held back, which are the caller's from now on. */
  takeHeld(): readonly HeldLeave[] {
    this.#cancelHeld?.();
    this.#cancelHeld = undefined;
    return this.#held.takeAll();
  }

  /** A member that was shown as somebody whose leave is held back is part of this user now: it is never there as both. */
  #endFormer(userId: string): void {
    if (this.#held.size === 0) return;
    for (const held of this.#held.takeFormer(userId, this.#needs.fold.membersOf(userId)))
      this.#announceGone(held);
  }

  /** True if who needs to know has been told of the states too. */
  #joined(userId: string): boolean {
    const held = this.#held.take(userId);
    if (!held) {
      this.#announce({ type: 'REMOTE_JOIN', userId });
      return false;
    }
    // Those whose snapshot was without them never saw them leave.
    const isNew = ({ since }: Watching) => since > held.since;
    this.#announce({ type: 'REMOTE_JOIN', userId }, isNew);
    const states = this.#needs.fold.statesOf(userId);
    if (!same(states, {})) this.#announceStates(userId, isNew);
    if (!same(states, held.states)) this.#announceStates(userId, (watching) => !isNew(watching));
    return true;
  }

  #gone({
    type,
    userId,
    states,
    members = [],
    into,
  }: Extract<PresenceChange, { type: 'leave' | 'timeout' }>): void {
    const { clock, settings, watchers } = this.#needs;
    const dueMs = clock.steadyMs() + settings.debounceMs;
    const held = { type, userId, states, members, dueMs, since: watchers.next() };
    if (settings.debounceMs === 0 || into !== undefined) {
      this.#announceGone(held);
      return;
    }
    this.#held.add(held);
    this.#releaseLater();
  }

  #releaseLater(): void {
    const { oldest } = this.#held;
    if (!oldest || this.#cancelHeld) return;
    const { clock } = this.#needs;
    this.#cancelHeld = clock.after(oldest.dueMs - clock.steadyMs(), () => {
      this.#cancelHeld = undefined;
      this.#releaseHeld(clock.steadyMs());
      this.#releaseLater();
    });
  }

  #releaseHeld(byMs: number): void {
    for (let held = this.#held.oldest; held && held.dueMs <= byMs; held = this.#held.oldest) {
      this.#held.take(held.userId);
      this.#announceGone(held);
    }
  }

  #announceGone({ type, userId, since }: HeldLeave): void {
    this.#announce(
      { type: type === 'leave' ? 'REMOTE_LEAVE' : 'REMOTE_TIMEOUT', userId },
      (watching) => watching.since < since,
    );
  }

  #announceStates(userId: string, whom?: (watching: Watching) => boolean): void {
    const states = this.#needs.fold.statesOf(userId);
    this.#announce({ type: 'REMOTE_STATE_CHANGED', userId, states }, whom);
  }

  /** Tells the others, nobody of themselves: with one publication where all of them are to know, so that frames are merged. */
  #announce(
    event: Extract<SignalingPresenceEvent, { userId: string }>,
    whom: (watching: Watching) => boolean = () => true,
  ): void {
    const { watchers, frames } = this.#needs;
    let self: Watcher | undefined;
    let others = 0;
    let told = 0;
    for (const watching of watchers.all()) {
      if (watching.watcher.userId === event.userId) self = watching.watcher;
      else {
        others += 1;
        if (whom(watching)) told += 1;
      }
    }
    if (told === 0) return;
    const text = frames.text(event);
    if (told === others) frames.publish(text, self?.socket);
    else
      for (const watching of watchers.all())
        if (watching.watcher !== self && whom(watching)) watching.watcher.send(text);
  }
}
