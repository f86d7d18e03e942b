import { HousecountError, type RosterViewRequest, type ServerFrame } from '@housecount/protocol';
import { toException } from '../errors.ts';
import type { LiveLink } from '../link/live-link.ts';
import { log } from '../log.ts';
import { type Roster, type RosterHandlers, RosterView } from './roster.ts';
import { type PartHandlers, RosterPart, type RosterWindow, type WindowRange } from './roster-part.ts';

/**
 * Feeds the page's views of the roster over a link that comes and goes: the whole roster, a window, or the counts.
 * One subscription serves all three, the largest that was requested: the whole roster includes the counts. Nothing is
 * requested from the server before the page asks.
 */
export class RosterFollower {
  readonly #view: RosterView;
  readonly #part: RosterPart;
  /** The whole roster is followed, or asked for. */
  #following = false;
  /** The window that is followed, or asked for. */
  #range: WindowRange | undefined;
  /** The window that the server said yes to last. */
  #granted: WindowRange | undefined;
  #counting = false;
  /** Callers that wait for each of the three; a refusal of one is not reported to those of another. */
  readonly #waitingForAll: Waiting = new Set();
  readonly #waitingForWindow: Waiting = new Set();
  readonly #waitingForCounts: Waiting = new Set();

  constructor(
    private readonly link: LiveLink,
    handlers: Omit<RosterHandlers, 'hole'> & Omit<PartHandlers, 'hole'>,
  ) {
    this.#view = new RosterView({ ...handlers, hole: () => this.#subscribe() });
    this.#part = new RosterPart({ ...handlers, hole: () => this.#following || this.#subscribePart() });
  }

  /** Follows the whole roster from now on; later calls have no further effect, but to try again after a refusal. */
  follow(): void {
    if (this.#following) return;
    this.#following = true;
    this.#subscribe();
  }

  /** Follows the counts from now on, if nothing that has them is followed already. */
  followCounts(): void {
    if (this.#counting) return;
    this.#counting = true;
    if (this.#following) this.#cut();
    else if (!this.#range) this.#subscribePart();
  }

  /** The view, once it is complete. Rejects with the server's refusal: some apps show the roster to hosts only. */
  async view(): Promise<Roster> {
    this.follow();
    await unlessRefused(this.#view.whenReady(), this.#waitingForAll);
    return this.#view;
  }

  /** The window, once it shows `range`; one asked for later moves it. Rejects with the server's refusal. */
  async window(range: WindowRange): Promise<RosterWindow> {
    const { shown, forget } = this.#part.whenShown(range);
    this.#range = range;
    try {
      if (this.#following) this.#cut();
      else await this.#request(range);
      await unlessRefused(shown, this.#waitingForWindow);
    } finally {
      forget();
    }
    return this.#part;
  }

  /** The number of audience, once it is known. Follows the counts from then on, if nothing that has them is followed. */
  async audienceCount(): Promise<number> {
    this.followCounts();
    await unlessRefused(this.#part.whenCounted(), this.#waitingForCounts);
    return this.#part.audienceCount;
  }

  /** The link has a new socket: goes on after what is known, where the server still can. */
  resume(): void {
    if (this.#following) {
      this.#view.restart();
      this.#subscribe(this.#view.cursor);
    } else if (this.#range || this.#counting) this.#subscribePart();
  }

  /** True if the frame was about the roster. */
  take(frame: ServerFrame): boolean {
    switch (frame.type) {
      case 'roster-count':
        this.#part.takeCounts(frame);
        return true;
      case 'roster-window':
        this.#part.takeWindow(frame);
        return true;
      case 'roster-window-changes':
        this.#part.takeChanges(frame);
        return true;
      case 'roster-snapshot':
        this.#view.takeSnapshot(frame);
        break;
      case 'roster-changes':
        this.#view.takeChanges(frame);
        break;
      case 'roster-interrupted':
        this.#view.takeInterrupted(frame);
        break;
      case 'roster-linked':
        this.#view.takeLinked(frame);
        break;
      default:
        return false;
    }
    this.#cut();
    return true;
  }

  /** The session has ended: whoever still waits is told. */
  end(error: unknown): void {
    this.#following = false;
    this.#range = undefined;
    this.#counting = false;
    refuse(this.#waitingForAll, error);
    refuse(this.#waitingForWindow, error);
    refuse(this.#waitingForCounts, error);
  }

  /** Brings window and counts to where the whole roster is, if they are wanted. */
  #cut(): void {
    if (this.#view.isReady && (this.#range || this.#counting)) this.#part.cutFrom(this.#view, this.#range);
  }

  /** Asks for the whole roster. */
  #subscribe(cursor?: { sid: string; after: number }): void {
    this.link.request({ type: 'subscribe-roster', ...cursor }).catch((error: unknown) => {
      if (error instanceof HousecountError) log.warn('the server does not show the roster', error.code);
      this.#following = false;
      refuse(this.#waitingForAll, error);
      // The window and the counts may have relied on the whole roster: subscribe to them alone.
      if (this.#range || this.#counting) this.#subscribePart();
    });
  }

  /** Asks for this window. Where it is refused the server goes on with what it had. */
  async #request(range: WindowRange): Promise<void> {
    try {
      await this.link.request({ type: 'subscribe-roster', view: range });
      this.#granted = range;
    } catch (error) {
      if (this.#range === range) this.#range = this.#granted;
      // The counts were left to this window, perhaps.
      if (!this.#range && this.#counting && !this.#following) this.#subscribePart();
      throw toException(error);
    }
  }

  /** Asks again for the window, or else for the counts. */
  #subscribePart(): void {
    const range = this.#range;
    const view: RosterViewRequest = range ?? { count: true };
    this.link.request({ type: 'subscribe-roster', view }).then(
      () => {
        this.#granted = range;
      },
      (error: unknown) => {
        if (error instanceof HousecountError)
          log.warn('the server does not show this of the roster', error.code);
        if (this.#range !== range) return;
        this.#granted = undefined;
        this.#range = undefined;
        if (!range) this.#counting = false;
        refuse(range ? this.#waitingForWindow : this.#waitingForCounts, error);
        if (this.#counting && !this.#following) this.#subscribePart();
      },
    );
  }
}

/** Callbacks that are told of a refusal. */
type Waiting = Set<(error: unknown) => void>;

/** Resolves as `promise`, or rejects with what is put into `waiting` meanwhile. */
async function unlessRefused(promise: Promise<void>, waiting: Waiting): Promise<void> {
  let onRefusal: (error: unknown) => void = () => undefined;
  const refusal = new Promise<never>((_, reject) => {
    onRefusal = (error) => reject(toException(error));
  });
  waiting.add(onRefusal);
  try {
    await Promise.race([promise, refusal]);
  } finally {
    waiting.delete(onRefusal);
  }
}

function refuse(waiting: Waiting, error: unknown): void {
  for (const onRefusal of waiting) onRefusal(error);
}
