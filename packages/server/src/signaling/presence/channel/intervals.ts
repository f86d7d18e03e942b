import { fixed } from '../../../fixed-limits.ts';
import type { PresenceChange } from '../presence-fold.ts';
import { lengthOf } from '../presence-frames.ts';
import type { HeldLeave } from './held-leaves.ts';
import { netEffect } from './net-effect.ts';
import type { PresenceWay, WayNeeds } from './presence-way.ts';

/**
 * The way of large channels: what happens in an interval is told to all together, as its net effect. A newcomer in the
 * middle of one is told the effect of what came after its snapshot.
 */
export class Intervals implements PresenceWay {
  readonly mode = 'interval';
  readonly #needs: WayNeeds;
  /** When intervals began, by the clock that only runs: their ends count from there. */
  readonly #fromMs: number;
  /** Changes since everybody was last told. */
  #changes: PresenceChange[];
  #length = 0;
  #cancelFlush: (() => void) | undefined;

  /** Leaves that were held back go into the first interval: who is back by its end was never away. */
  constructor(needs: WayNeeds, held: readonly HeldLeave[]) {
    this.#needs = needs;
    this.#fromMs = needs.clock.steadyMs();
    this.#changes = held.map(({ type, userId, states }) => ({ type, userId, states }));
    if (held.length === 0) return;
    for (const watching of needs.watchers.all()) {
      // A watcher is not told of leaves that came before its snapshot: it never saw those users.
      const unseen = held.filter(({ since }) => since < watching.since).length;
      if (unseen > 0) needs.watchers.setApart(watching, unseen);
    }
  }

  get untold(): number {
    return this.#changes.length;
  }

  tell(changes: readonly PresenceChange[]): void {
    // Joins and leaves go first: one record may change the states of everybody there, and be told in more than one part.
    const inOrder = changes.toSorted(
      (one, other) => Number(one.type === 'states') - Number(other.type === 'states'),
    );
    const { fold } = this.#needs;
    for (const [at, change] of inOrder.entries()) {
      this.#changes.push(change);
      this.#length += lengthOf(change.userId, change.type === 'states' ? fold.statesOf(change.userId) : {});
      const next = inOrder[at + 1];
      // Who comes and who goes with one record is told in one part: the people are as they are after all of it.
      if (next && next.type !== 'states') continue;
      const isFull =
        this.#changes.length >= this.#needs.limits.signalingWindowChangesMax ||
        this.#length >= fixed.signalingFrameLengthMax;
      if (isFull) this.flush();
    }
    if (this.#changes.length > 0) this.#flushLater();
  }

  /** Tells everybody the interval's net effect, newcomers that of the part after their snapshot. */
  flush(): void {
    this.end();
    const { fold, watchers, frames } = this.#needs;
    const changes = this.#changes;
    const texts = new Map<number, string | undefined>();
    const textFrom = (from: number): string | undefined => {
      if (texts.has(from)) return texts.get(from);
      const event = netEffect(changes, from, fold);
      const text = event && frames.text(event);
      texts.set(from, text);
      return text;
    };
    const all = textFrom(0);
    if (all !== undefined && watchers.size > watchers.apart) frames.publish(all);
    for (const watching of watchers.all()) {
      if (watching.intervalFrom === undefined) continue;
      const text = textFrom(watching.intervalFrom);
      if (text !== undefined) watching.watcher.send(text);
      watchers.unite(watching);
    }
    this.#length = 0;
    this.#changes = [];
  }

  end(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
  }

  #flushLater(): void {
    if (this.#cancelFlush) return;
    const { clock, settings } = this.#needs;
    const sinceMs = clock.steadyMs() - this.#fromMs;
    const dueMs = (Math.floor(sinceMs / settings.intervalMs) + 1) * settings.intervalMs;
    this.#cancelFlush = clock.after(dueMs - sinceMs, () => this.flush());
  }
}
